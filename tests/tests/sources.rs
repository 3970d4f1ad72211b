//! What the pages promise of files: who touches what, and what a recipe may hold.

use std::fs;
use std::path::{Path, PathBuf};

use suite::root;

use crate::architecture::{FRONT_DOOR, NOUNS, Names, VERBS, in_backticks, rows_of_table, set};

/// The crates that know no files, no clock and no machine.
const PURE: &[&str] = &["diversity", "numeric", "text"];

/// All Rust files of `folder`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The product's own files, with the name of their crate.
fn product() -> Vec<(String, PathBuf)> {
    let crates = &(&set(NOUNS) | &set(VERBS)) | &set(&[FRONT_DOOR]);
    let files = crates.into_iter().flat_map(|own| {
        let files = rust_files(&root().join("crates").join(&own).join("src"));
        files.into_iter().map(move |path| (own.clone(), path))
    });
    files.filter(|(_, path)| !is_of_tests(path)).collect()
}

fn is_of_tests(path: &Path) -> bool {
    let mut parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy());
    parts.any(|part| matches!(&*part, "tests" | "tests.rs"))
}

/// The code of a file, without its tests and comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("a Rust file is text");
    let lines: Vec<&str> = text.lines().collect();
    let is_tests = |pair: &[&str]| {
        pair[0] == "#[cfg(test)]" && pair[1].contains("mod ") && pair[1].ends_with('{')
    };
    let end = lines.windows(2).position(is_tests).unwrap_or(lines.len());
    let product = lines[..end]
        .iter()
        .filter(|line| !line.trim_start().starts_with("//"));
    product.copied().collect::<Vec<_>>().join("\n")
}

/// Fails where a file of the crates that `wanted` names holds one of `words`.
fn forbid(words: &[&str], wanted: impl Fn(&str) -> bool) {
    let mut found = Vec::new();
    for (_, path) in product().into_iter().filter(|(own, _)| wanted(own)) {
        let code = code(&path);
        let held = words.iter().filter(|word| code.contains(**word));
        found.extend(held.map(|word| format!("{} holds {word}", path.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_says_what_it_is_in_its_first_line() {
    let folders = ["crates", "tests", "benches"].map(|name| root().join(name));
    let files = folders
        .iter()
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| rust_files(folder));
    let silent: Vec<_> = files.filter(|path| !starts_with_a_sentence(path)).collect();
    assert!(silent.is_empty(), "without a first sentence: {silent:?}");
}

fn starts_with_a_sentence(path: &Path) -> bool {
    let text = fs::read_to_string(path).expect("a Rust file is text");
    text.lines()
        .next()
        .is_some_and(|line| line.starts_with("//! ") && line.len() > 12)
}

#[test]
fn only_dataset_touches_files() {
    let words = [
        "std::fs",
        "File::open",
        "File::create",
        "OpenOptions",
        "from_file(",
        "read_to_string(\"",
    ];
    forbid(&words, |own| own != "dataset");
}

#[test]
fn only_cli_prints_and_ends_the_program() {
    let words = [
        "println!(",
        "print!(",
        "eprintln!(",
        "eprint!(",
        "dbg!(",
        "process::exit",
        "stderr()",
    ];
    forbid(&words, |own| own != "cli");
}

#[test]
fn only_relation_and_model_know_their_engines() {
    forbid(&["polars::", "polars_"], |own| own != "relation");
    forbid(&["candle_core", "candle_nn"], |own| own != "model");
    forbid(&["parquet::", "arrow::ipc", "hf_hub"], |own| {
        own != "dataset"
    });
}

#[test]
fn what_is_pure_knows_no_file_clock_or_machine() {
    let words = [
        "std::fs",
        "std::net",
        "std::time",
        "std::process",
        "std::env",
        "stdin(",
        "stdout(",
        "Instant",
        "arrow::",
    ];
    forbid(&words, |own| PURE.contains(&own));
}

#[test]
fn no_work_is_split_and_nothing_drawn_by_what_the_machine_is() {
    let words = [
        "available_parallelism",
        "num_cpus",
        "hostname",
        "thread_rng",
        "from_entropy",
    ];
    forbid(&words, |_| true);
}

#[test]
fn the_readme_says_of_each_crate_what_the_crate_says() {
    let Ok(page) = fs::read_to_string(root().join("README.md")) else {
        return;
    };
    let mut missing = set(NOUNS)
        .into_iter()
        .chain(set(VERBS))
        .chain(set(&[FRONT_DOOR]))
        .collect::<Names>();
    for row in rows_of_table(&page, "| crate | what |") {
        let mut cells = row.trim_matches('|').splitn(2, '|').map(str::trim);
        let (name, what) = (
            cells.next().unwrap_or_default(),
            cells.next().unwrap_or_default(),
        );
        let name = in_backticks(name).swap_remove(0);
        let library = root().join("crates").join(&name).join("src/lib.rs");
        let library = fs::read_to_string(library).expect("a crate of the table is there");
        let first = library
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("//! ");
        assert_eq!(what, first, "README.md on `{name}`");
        missing.remove(&name);
    }
    assert!(missing.is_empty(), "README.md says nothing of {missing:?}");
}

#[test]
fn no_recipe_reads_commands_or_names_from_data() {
    for name in ["Makefile", "pipelines/study.mk", "pipelines/smoke.mk"] {
        let text = fs::read_to_string(root().join(name)).expect("a makefile");
        let recipes = recipes(&text);
        for word in ["$$(", "`", "xargs", "eval ", "$(file"] {
            let found = recipes.iter().find(|line| line.contains(word));
            assert!(found.is_none(), "{name} holds {word}: {found:?}");
        }
        for word in ["$(file <", "$(shell cat", "$(shell ls", "$(shell find"] {
            assert!(!text.contains(word), "{name} holds {word}");
        }
    }
}

/// The recipe lines as Make hands them on: in a `define` a dollar is doubled once more.
fn recipes(makefile: &str) -> Vec<String> {
    let mut defines = false;
    let mut recipes = Vec::new();
    for line in makefile.lines() {
        defines = line.starts_with("define ") || (defines && line != "endef");
        if line.starts_with('\t') {
            recipes.push(if defines {
                line.replace("$$", "$")
            } else {
                line.to_owned()
            });
        }
    }
    recipes
}

#[test]
fn a_recipe_that_fails_leaves_no_target() {
    for name in ["Makefile", "pipelines/study.mk"] {
        let text = fs::read_to_string(root().join(name)).expect("a makefile");
        assert!(text.contains("\n.DELETE_ON_ERROR:\n"), "{name}");
        assert!(
            text.contains("\n.SHELLFLAGS := -eu -o pipefail -c\n"),
            "{name}"
        );
    }
}
