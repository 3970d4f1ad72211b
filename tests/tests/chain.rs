//! The smallest whole study, run by Make: its results, the account of its rows, and what is made anew.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use dataset::{Directory, DirectorySource, MANIFEST, Provenance, Reading, Source, Table};
use suite::{Scratch, binaries, contents, root};

/// The study, made once for all tests of this file, and what Make said of it.
struct Study {
    scratch: Scratch,
    first: Output,
}

impl Study {
    fn get() -> &'static Self {
        static STUDY: OnceLock<Study> = OnceLock::new();
        STUDY.get_or_init(|| {
            let scratch = Scratch::new();
            let first = make(&scratch, &[]);
            Self { scratch, first }
        })
    }

    /// The study, which must have succeeded.
    fn made() -> &'static Path {
        let study = Self::get();
        let told = String::from_utf8_lossy(&study.first.stderr);
        assert!(study.first.status.success(), "the study failed:\n{told}");
        study.scratch.path()
    }
}

fn make(out: &Scratch, arguments: &[&str]) -> Output {
    let mut command = Command::new("make");
    command
        .args(["--no-print-directory", "-f", "pipelines/smoke.mk"])
        .args(arguments);
    command
        .arg(format!("BIN={}", binaries().display()))
        .arg(format!("OUT={}", out.path().display()));
    // A make that runs this test must not hand its flags or its jobs on.
    let command = command
        .env_remove("MAKEFLAGS")
        .env_remove("MFLAGS")
        .env_remove("MAKELEVEL");
    command.current_dir(root()).output().expect("make runs")
}

/// The paths of all files of the study with the name or the ending `name`.
fn files(name: &str) -> Vec<PathBuf> {
    let folder = Study::made();
    let names = contents(folder)
        .into_keys()
        .filter(|path| path.ends_with(name));
    names.map(|path| folder.join(path)).collect()
}

/// The provenance of a set, which is read whole and so checked against it.
fn of_set(path: &Path) -> Provenance {
    let source = Source::Path(path.to_owned());
    let rows = dataset::open(&source, &Reading::default()).expect("a set of the study opens");
    let mut inputs = rows
        .into_inputs("input")
        .expect("a set of the study is whole");
    let input = inputs.swap_remove(0);
    let provenance = input.provenance.expect("a set of the study has provenance");
    let promised = provenance.made_by().and_then(|run| run.rows.rows_out());
    assert!(
        promised.is_none_or(|rows| rows == input.node.rows),
        "{}: {promised:?}",
        path.display()
    );
    provenance
}

fn of_model(manifest: &Path) -> Provenance {
    let folder = manifest
        .parent()
        .expect("a manifest lies in a directory")
        .to_owned();
    let directory =
        Directory::open(&DirectorySource::Path(folder)).expect("a model of the study opens");
    for name in directory.files().expect("listed") {
        directory
            .require(&name)
            .expect("every file is as the manifest says");
    }
    directory
        .provenance()
        .expect("a model of the study has provenance")
        .clone()
}

#[test]
fn it_ends_with_a_report_and_all_results() {
    let folder = Study::made();
    let page = std::fs::read_to_string(folder.join("report.html")).expect("the page");
    assert!(
        page.contains("<svg") && page.contains("</html>"),
        "the page has no picture or no end"
    );
    let results = of_set(&folder.join("results.parquet"));
    assert_eq!(results.made_by().expect("a run").stage, "report");
    let unfinished: Vec<_> = contents(folder)
        .into_keys()
        .filter(|name| name.contains(".partial"))
        .collect();
    assert!(unfinished.is_empty(), "{unfinished:?}");
}

#[test]
fn every_row_of_every_set_and_model_is_accounted_for() {
    let sets = files(".parquet");
    let models = files(MANIFEST);
    assert!(
        sets.len() > 20 && models.len() >= 5,
        "{} sets, {} models",
        sets.len(),
        models.len()
    );
    let histories = sets
        .iter()
        .map(|path| of_set(path))
        .chain(models.iter().map(|path| of_model(path)));
    for node in histories.flat_map(|history| history.nodes.into_values().flatten()) {
        node.rows.check(&node.stage).expect("the equation holds");
        let dropped: u64 = node.drops.values().sum();
        let (before, after) = (
            node.inputs.iter().map(|input| input.rows).sum::<u64>(),
            node.rows.rows_out(),
        );
        let reads_sets = before > 0 && node.stage != "generate" && node.stage != "mix";
        assert!(
            !reads_sets || after.is_none_or(|rows| rows + dropped <= before),
            "{}: {}",
            node.stage,
            node.rows
        );
    }
}

#[test]
fn a_mix_names_every_stage_that_led_to_it() {
    let mix = files("0.5_1/mix.parquet").swap_remove(0);
    let history = of_set(&mix);
    let stages: BTreeSet<&str> = history
        .nodes
        .values()
        .flatten()
        .map(|run| run.stage.as_str())
        .collect();
    assert_eq!(
        stages,
        BTreeSet::from(["embed", "filter", "generate", "ingest", "mix"])
    );
    let shown = Study::get()
        .scratch
        .must(&format!("show -q --provenance '{}'", mix.display()));
    for stage in stages {
        assert!(
            shown.contains(&format!("{stage} (polyculture ")),
            "no {stage} in\n{shown}"
        );
    }
}

fn texts(path: &Path) -> BTreeSet<String> {
    let source = Source::Path(path.to_owned());
    let table =
        Table::read(&source, &Reading::default(), "input", &[]).expect("a set of the study");
    let texts = table.texts("text").expect("a set of texts");
    texts.into_iter().map(str::to_owned).collect()
}

/// Two sets drawn with one seed are one set, whose synthetic share would mean nothing.
#[test]
fn the_synthetic_sets_are_not_the_human_one_drawn_again() {
    let folder = Study::made();
    let human = texts(&folder.join("human.parquet"));
    for made in files(".parquet")
        .iter()
        .filter(|path| path.parent() == Some(&folder.join("generated")))
    {
        let made = texts(made);
        let both = made.intersection(&human).count();
        assert!(
            both * 20 < made.len(),
            "{both} of {} texts are human",
            made.len()
        );
    }
}

#[test]
fn no_output_names_the_folder_it_was_made_in() {
    let folder = Study::made();
    let own = folder.to_string_lossy();
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&*own);
    let telling: Vec<_> = contents(folder)
        .into_iter()
        .filter(|(_, bytes)| told(bytes))
        .map(|(name, _)| name)
        .collect();
    assert!(telling.is_empty(), "{telling:?}");
}

#[test]
fn what_is_made_is_not_made_again_and_a_touched_set_only_renews_what_follows_from_it() {
    let folder = Study::made();
    let out = &Study::get().scratch;
    // `make -q` also fails for a phony goal, so the page is asked for.
    let page = folder.join("report.html").display().to_string();
    assert_eq!(
        make(out, &["-q", &page]).status.code(),
        Some(0),
        "something is made again"
    );

    out.must("touch sets/1_1.parquet");
    let planned = String::from_utf8_lossy(&make(out, &["-n", &page]).stdout).into_owned();
    let renewed = targets(&planned, folder);
    let arms = ["0.5", "1"].map(|proportion| format!("arms/1_{proportion}_1"));
    let expected: BTreeSet<String> = arms
        .iter()
        .flat_map(|arm| {
            [
                "mix.parquet",
                "model",
                "evaluation.parquet",
                "diversity.parquet",
            ]
            .map(|file| format!("{arm}/{file}"))
        })
        .chain(["scores/1_1.parquet", "truth/1_1.parquet", "report.html"].map(str::to_owned))
        .collect();
    assert_eq!(renewed, expected, "{planned}");
}

/// What the recipes of a plan write: the words after `-o`, without the folder of the study.
fn targets(plan: &str, folder: &Path) -> BTreeSet<String> {
    let words: Vec<&str> = plan.split_whitespace().collect();
    let written = words
        .windows(2)
        .filter(|pair| pair[0] == "-o")
        .map(|pair| Path::new(pair[1]));
    written
        .map(|path| {
            path.strip_prefix(folder)
                .unwrap_or(path)
                .display()
                .to_string()
        })
        .collect()
}
