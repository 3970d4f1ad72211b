//! A task's file with those that it includes, as one mapping.

use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value};

/// How many files may include one another.
const DEEPEST: usize = 8;
/// What marks a value that is code.
const CODE: &str = "!function";

/// The mapping in the file at `path`: what it includes, and over that what it says itself.
pub(super) fn read(path: &Path) -> anyhow::Result<Map<String, Value>> {
    read_at(path, 0)
}

fn read_at(path: &Path, depth: usize) -> anyhow::Result<Map<String, Value>> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    anyhow::ensure!(
        depth < DEEPEST,
        "{name} is included through more than {DEEPEST} files, perhaps by itself"
    );
    let text = dataset::read_text(path)?;
    let own = parse(&name, &text)?;
    let Some(included) = own.get("include") else {
        return Ok(own);
    };
    let included = included.as_str().with_context(|| {
        format!("{name}: `include` is {included}, but the name of a file is needed")
    })?;
    let beside = path.parent().unwrap_or(Path::new("")).join(included);
    let mut whole = read_at(&beside, depth + 1)?;
    whole.extend(own.into_iter().filter(|(key, _)| key != "include"));
    Ok(whole)
}

fn parse(name: &str, text: &str) -> anyhow::Result<Map<String, Value>> {
    let code = text.lines().position(|line| {
        let line = line.split(" #").next().unwrap_or_default();
        line.contains(CODE) && !line.trim_start().starts_with('#')
    });
    if let Some(line) = code {
        let error = anyhow::anyhow!(
            "{name}: line {} is Python code ({CODE}), which is not run",
            line + 1
        );
        return Err(cli::with_hint(
            error,
            "say it with a template, or prepare the rows first",
        ));
    }
    serde_saphyr::from_str(text).with_context(|| format!("{name} is no YAML mapping"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_goes_over_what_it_includes() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("written");
        };
        write("base.yaml", "task: base\nmetadata:\n  version: 1\n");
        write("own.yaml", "include: base.yaml\ntask: own\n");
        let read = read(&folder.path().join("own.yaml")).expect("a mapping");
        assert_eq!(read["task"], "own");
        assert_eq!(read["metadata"]["version"], 1);
        assert!(!read.contains_key("include"));
    }

    #[test]
    fn circles_code_and_what_is_no_mapping_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |text: &str| {
            let path = folder.path().join("own.yaml");
            std::fs::write(&path, text).expect("written");
            read(&path).expect_err(text).to_string()
        };
        assert!(refused("include: own.yaml\n").contains("more than 8 files"));
        assert!(refused("include: [a]\n").contains("the name of a file is needed"));
        let code = refused("task: x\nprocess_docs: !function utils.go\n");
        assert_eq!(
            code,
            "own.yaml: line 2 is Python code (!function), which is not run"
        );
        assert_eq!(refused("- a\n- b\n"), "own.yaml is no YAML mapping");
        assert_eq!(refused("a: [\n"), "own.yaml is no YAML mapping");
    }
}
