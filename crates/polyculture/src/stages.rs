//! The stages by name, in the order in which a study runs them.

/// One stage.
pub(crate) struct Stage {
    /// Its name, and that of its binary.
    pub(crate) name: &'static str,
    /// What it does, in one line.
    pub(crate) about: &'static str,
}

const fn stage(name: &'static str, about: &'static str) -> Stage {
    Stage { name, about }
}

/// Every stage.
pub(crate) const STAGES: &[Stage] = &[
    stage(
        "ingest",
        "read what people have and give every row an id; split it by group",
    ),
    stage(
        "generate",
        "make texts from seed rows with a language model, at a chosen diversity",
    ),
    stage("embed", "add a vector to every row"),
    stage(
        "score-diversity",
        "measure how varied a set is, and how far it is from another",
    ),
    stage(
        "filter",
        "drop duplicates, test rows and rows out of bounds, each with its reason",
    ),
    stage(
        "mix",
        "choose a training set of human and synthetic rows in a given proportion",
    ),
    stage("train", "train a model on a set"),
    stage("evaluate", "score a model on a test set"),
    stage(
        "report",
        "put all figures of a study on one page, with pictures",
    ),
    stage(
        "show",
        "print a set as JSON lines, its columns, or where its rows come from",
    ),
];

/// The names, as a message lists them.
pub(crate) fn names() -> String {
    STAGES
        .iter()
        .map(|stage| stage.name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The text of `polyculture --help`.
pub(crate) fn help() -> String {
    let lines = STAGES
        .iter()
        .map(|stage| format!("  {:<16} {}\n", stage.name, stage.about));
    format!("{HEAD}{}{FOOT}", lines.collect::<String>())
}

const HEAD: &str = "\
How varied should generated training data be, and how much of it should be mixed in?

Usage: polyculture STAGE [ARGUMENT…]

The stages, in the order of a study:
";

const FOOT: &str = "
The flow:
  ingest ─┬───────────── human rows ─────────────┬─ mix ─ train ─ evaluate ─┬─ report
          └─ generate ─ filter ─ synthetic rows ─┤                          │
                                                 └─ embed ─ score-diversity ┘

Stages hand on Parquet files, or an Arrow stream where a file is called `-`.

Options:
  -h, --help       this text; `polyculture STAGE --help` for one stage
  -V, --version    the version
";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_binary_of_the_workspace_is_a_stage() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let entries = std::fs::read_dir(crates)
            .expect("the workspace")
            .map(|entry| entry.expect("a folder").path());
        let binaries: BTreeSet<String> = entries
            .filter(|path| path.join("src/main.rs").is_file())
            .map(|path| {
                path.file_name()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name != "polyculture")
            .collect();
        let listed: BTreeSet<String> = STAGES.iter().map(|stage| stage.name.to_owned()).collect();
        assert_eq!(listed, binaries);
    }

    #[test]
    fn the_help_fits_a_terminal() {
        let widest = help().lines().map(|line| line.chars().count()).max();
        assert!(widest.is_some_and(|width| width <= 90), "{widest:?}");
    }
}
