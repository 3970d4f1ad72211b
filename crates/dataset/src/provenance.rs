//! Where rows come from: a flat map from the content hash of a set to the runs that made it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::ContentHash;
use crate::equation::RowEquation;
use crate::error::{Error, Result};

/// The key under which provenance lies in a Parquet footer, and the name of the trailer's column.
pub(crate) const KEY: &str = "polyculture";

/// The layout of the JSON; a reader refuses a newer one.
const VERSION: u32 = 1;

/// What is known of where a set and all its ancestors come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    version: u32,
    /// The content hash of the set that carries this.
    pub of: ContentHash,
    /// For each set on the way here, the runs that made it, oldest first.
    ///
    /// There is more than one where a stage left the rows as they were.
    pub nodes: BTreeMap<ContentHash, Vec<Node>>,
}

/// One run of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The tool and its version.
    pub tool: String,
    /// The stage that ran.
    pub stage: String,
    /// Its arguments by name; files by their names alone, and never a secret.
    pub arguments: BTreeMap<String, Value>,
    /// The seed, where something was drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// What it read.
    pub inputs: Vec<InputNode>,
    /// What became of the rows.
    pub rows: RowEquation,
    /// How many rows were dropped, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drops: BTreeMap<String, u64>,
}

/// A set or a model that a run read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputNode {
    /// What it was read as, such as `input`, `reference` or `model`.
    pub role: String,
    /// The name of the file or directory, without its folder.
    pub name: String,
    /// Its content hash.
    pub hash: ContentHash,
    /// How many rows it has; 0 for a model.
    pub rows: u64,
    /// The commit it was downloaded at, if it came from a hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// A set or model that was read, and its history: what a run's node is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What was read.
    pub node: InputNode,
    /// Its history; `None` for a file that some other tool wrote.
    pub provenance: Option<Provenance>,
}

/// A run, before its output and its inputs are known by hash.
#[derive(Clone, Debug)]
pub struct Run {
    /// The stage.
    pub stage: &'static str,
    /// Its arguments by name.
    pub arguments: BTreeMap<String, Value>,
    /// The seed, where something was drawn.
    pub seed: Option<u64>,
    /// What it read.
    pub inputs: Vec<Input>,
    /// What became of the rows.
    pub rows: RowEquation,
    /// How many rows were dropped, by reason.
    pub drops: BTreeMap<String, u64>,
}

impl Provenance {
    /// The provenance of the set `of`, which `run` made.
    pub fn new(of: ContentHash, run: &Run) -> Self {
        let mut nodes: BTreeMap<ContentHash, Vec<Node>> = BTreeMap::new();
        for history in run
            .inputs
            .iter()
            .filter_map(|input| input.provenance.as_ref())
        {
            for (hash, runs) in &history.nodes {
                let known = nodes.entry(*hash).or_default();
                for made in runs {
                    if !known.contains(made) {
                        known.push(made.clone());
                    }
                }
            }
        }
        let made = Node {
            tool: concat!("polyculture ", env!("CARGO_PKG_VERSION")).to_owned(),
            stage: run.stage.to_owned(),
            arguments: run.arguments.clone(),
            seed: run.seed,
            inputs: run.inputs.iter().map(|input| input.node.clone()).collect(),
            rows: run.rows.clone(),
            drops: run.drops.clone(),
        };
        nodes.entry(of).or_default().push(made);
        Self {
            version: VERSION,
            of,
            nodes,
        }
    }

    /// Reads the JSON of a footer, a trailer or a manifest; `name` is the file's.
    pub fn parse(name: &str, json: &str) -> Result<Self> {
        let broken =
            |cause| Error::new(format!("{name}: its provenance cannot be read")).caused_by(cause);
        let value: Value = serde_json::from_str(json).map_err(broken)?;
        if let Some(version) = value.get("version").and_then(Value::as_u64)
            && version > u64::from(VERSION)
        {
            return Err(Error::new(format!(
                "{name}: its provenance has version {version}, but this polyculture reads up to {VERSION}"
            ))
            .with_hint("use a newer polyculture"));
        }
        serde_json::from_value(value).map_err(broken)
    }

    /// The JSON that [`parse`](Self::parse) reads.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|cause| Error::new("the provenance cannot be written").caused_by(cause))
    }

    /// The run that made this set, if any is recorded.
    pub fn made_by(&self) -> Option<&Node> {
        self.nodes.get(&self.of).and_then(|runs| runs.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(name: &str) -> ContentHash {
        ContentHash::of_bytes(name.as_bytes())
    }

    fn run(stage: &'static str, inputs: Vec<Input>) -> Run {
        Run {
            stage,
            arguments: BTreeMap::from([("seed".to_owned(), Value::from(7))]),
            seed: Some(7),
            inputs,
            rows: RowEquation::Same { rows_in: 2, out: 2 },
            drops: BTreeMap::new(),
        }
    }

    fn input(name: &str, provenance: Option<Provenance>) -> Input {
        let node = InputNode {
            role: "input".to_owned(),
            name: name.to_owned(),
            hash: hash(name),
            rows: 2,
            revision: None,
        };
        Input { node, provenance }
    }

    #[test]
    fn every_ancestor_of_a_mix_is_there() {
        let human = Provenance::new(hash("human"), &run("ingest", vec![input("h.csv", None)]));
        let made = Provenance::new(hash("made"), &run("generate", vec![]));
        let inputs = vec![input("human", Some(human)), input("made", Some(made))];
        let mix = Provenance::new(hash("mix"), &run("mix", inputs));
        assert_eq!(mix.nodes.len(), 3);
        let made_by = mix.made_by().expect("the mix's own run");
        assert_eq!(made_by.stage, "mix");
        assert_eq!(
            mix.nodes[&made_by.inputs[0].hash][0].inputs[0].name,
            "h.csv"
        );
    }

    #[test]
    fn a_run_that_left_the_rows_alone_does_not_hide_the_one_before() {
        let first = Provenance::new(hash("set"), &run("ingest", vec![]));
        let second = Provenance::new(hash("set"), &run("filter", vec![input("set", Some(first))]));
        let stages: Vec<_> = second.nodes[&hash("set")]
            .iter()
            .map(|n| n.stage.as_str())
            .collect();
        assert_eq!(stages, ["ingest", "filter"]);
    }

    #[test]
    fn it_comes_back_from_its_json() {
        let provenance = Provenance::new(hash("set"), &run("ingest", vec![input("a", None)]));
        let json = provenance.to_json().expect("JSON");
        assert_eq!(
            Provenance::parse("set.parquet", &json).expect("own JSON"),
            provenance
        );
    }

    #[test]
    fn what_cannot_be_read_names_the_file() {
        let error = Provenance::parse("set.parquet", "{").expect_err("broken");
        assert!(error.to_string().starts_with("set.parquet"), "{error}");
        let error = Provenance::parse("set.parquet", r#"{"version": 99}"#).expect_err("newer");
        assert!(error.to_string().contains("99"), "{error}");
    }
}
