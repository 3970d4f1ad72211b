//! Where every arm comes from, as a tree down to the first inputs, and every run with its arguments and hashes.

use std::collections::{BTreeMap, BTreeSet};

use dataset::results::ResultRow;
use dataset::{ContentHash, Input, Node};
use serde::Serialize;

use crate::origin::told_arguments;

/// Deeper than this a tree is cut.
const DEEPEST: usize = 24;

/// All that is known of where the figures come from.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Ancestry {
    /// A tree an arm and seed.
    trees: Vec<Tree>,
    /// Every run that is named in a tree, by the hash of what it made.
    runs: Vec<Told>,
}

/// Where one arm comes from.
#[derive(Debug, Serialize)]
struct Tree {
    arm: String,
    lines: Vec<Line>,
}

/// A line of a tree: a set or a model, and the run that made it.
#[derive(Debug, Serialize)]
struct Line {
    depth: usize,
    role: String,
    name: String,
    hash: String,
    /// The run that made it; empty where that is not known.
    made: String,
    /// Whether the run is told below, under the hash.
    linked: bool,
}

/// A run in full.
#[derive(Debug, Serialize)]
struct Told {
    hash: String,
    whole_hash: String,
    title: String,
    rows: String,
    drops: String,
    arguments: Vec<(String, String)>,
    inputs: Vec<(String, String)>,
}

/// The last run that made each set.
type Runs<'a> = BTreeMap<ContentHash, &'a Node>;

impl Ancestry {
    /// Where the subjects of `rows` come from, by the provenance of `inputs`.
    pub(crate) fn new(rows: &[ResultRow], inputs: &[Input]) -> Self {
        let runs = runs(inputs);
        let mut subjects: BTreeMap<(String, Option<i64>), BTreeSet<ContentHash>> = BTreeMap::new();
        for row in rows {
            let subject = row.subject.as_deref().and_then(|hash| hash.parse().ok());
            if let Some(subject) = subject {
                let arm = (row.arm.clone().unwrap_or_default(), row.seed);
                subjects.entry(arm).or_default().insert(subject);
            }
        }
        let mut named = BTreeSet::new();
        let trees = subjects.into_iter().filter_map(|((arm, seed), subjects)| {
            let mut lines = Vec::new();
            for subject in tops(&subjects, &runs) {
                draw(subject, ("scored", ""), 0, &runs, &mut lines, &mut named);
            }
            let seed = seed
                .map(|seed| format!(", seed {seed}"))
                .unwrap_or_default();
            let arm = format!("{arm}{seed}");
            (!lines.is_empty()).then_some(Tree { arm, lines })
        });
        let trees = trees.collect();
        let runs = runs.iter().filter(|(hash, _)| named.contains(*hash));
        Self {
            trees,
            runs: runs.map(|(hash, node)| Told::new(*hash, node)).collect(),
        }
    }
}

fn runs(inputs: &[Input]) -> Runs<'_> {
    let mut runs = BTreeMap::new();
    for provenance in inputs.iter().filter_map(|input| input.provenance.as_ref()) {
        for (hash, nodes) in &provenance.nodes {
            // A run that left the rows as they were says less than the one that made them.
            let made = nodes.iter().rev();
            let made = made
                .clone()
                .find(|node| node.inputs.iter().all(|input| input.hash != *hash));
            if let Some(node) = made.or(nodes.last()) {
                runs.entry(*hash).or_insert(node);
            }
        }
    }
    runs
}

/// Those of `subjects` that no other of them was made from.
fn tops(subjects: &BTreeSet<ContentHash>, runs: &Runs<'_>) -> Vec<ContentHash> {
    let read: BTreeSet<ContentHash> = subjects
        .iter()
        .filter_map(|subject| runs.get(subject))
        .flat_map(|node| node.inputs.iter().map(|input| input.hash))
        .collect();
    let tops = subjects.iter().filter(|subject| !read.contains(*subject));
    tops.filter(|subject| runs.contains_key(*subject))
        .copied()
        .collect()
}

fn draw(
    hash: ContentHash,
    (role, name): (&str, &str),
    depth: usize,
    runs: &Runs<'_>,
    lines: &mut Vec<Line>,
    named: &mut BTreeSet<ContentHash>,
) {
    let node = runs.get(&hash);
    let short = hash.short();
    let again = lines.iter().any(|line| line.hash == short);
    lines.push(Line {
        depth,
        role: role.to_owned(),
        name: name.to_owned(),
        hash: short,
        made: node.map(|node| title(node)).unwrap_or_default(),
        linked: node.is_some(),
    });
    let Some(node) = node else { return };
    named.insert(hash);
    if again || depth == DEEPEST {
        return;
    }
    for input in &node.inputs {
        draw(
            input.hash,
            (&input.role, &input.name),
            depth + 1,
            runs,
            lines,
            named,
        );
    }
}

fn title(node: &Node) -> String {
    match node.seed {
        Some(seed) => format!("{}, seed {seed}", node.stage),
        None => node.stage.clone(),
    }
}

impl Told {
    fn new(hash: ContentHash, node: &Node) -> Self {
        let drops = node
            .drops
            .iter()
            .map(|(reason, rows)| format!("{rows} {reason}"));
        let inputs = node.inputs.iter().map(|input| {
            let revision = input.revision.as_ref();
            let revision = revision
                .map(|revision| format!(" at {revision}"))
                .unwrap_or_default();
            let read = format!(
                "{}: {}{revision}, {} rows",
                input.role, input.name, input.rows
            );
            (read, input.hash.short())
        });
        Self {
            hash: hash.short(),
            whole_hash: hash.to_string(),
            title: format!("{} ({})", title(node), node.tool),
            rows: node.rows.to_string(),
            drops: drops.collect::<Vec<_>>().join(", "),
            arguments: told_arguments(node),
            inputs: inputs.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use dataset::{InputNode, Provenance, RowEquation, Run};

    use super::*;

    fn hash(of: &str) -> ContentHash {
        ContentHash::of_bytes(of.as_bytes())
    }

    /// What `stage` made of `inputs`, under the name of a set.
    fn made(name: &str, stage: &'static str, inputs: Vec<Input>) -> Input {
        let run = Run {
            stage,
            arguments: BTreeMap::from([("proportion".to_owned(), 0.5.into())]),
            seed: Some(3),
            inputs,
            rows: RowEquation::Same { rows_in: 2, out: 2 },
            drops: BTreeMap::new(),
        };
        Input {
            node: InputNode {
                role: "input".to_owned(),
                name: format!("{name}.parquet"),
                hash: hash(name),
                rows: 2,
                revision: None,
            },
            provenance: Some(Provenance::new(hash(name), &run)),
        }
    }

    #[test]
    fn an_arm_is_followed_down_to_the_first_set() {
        let first = made("human", "ingest", Vec::new());
        let mix = made("mix", "mix", vec![first]);
        let results = made("results", "evaluate", vec![mix]);
        let row = ResultRow {
            arm: Some("a".to_owned()),
            seed: Some(3),
            subject: Some(hash("mix").to_string()),
            ..ResultRow::default()
        };
        let ancestry = Ancestry::new(&[row], &[results]);
        let lines: Vec<_> = ancestry.trees[0]
            .lines
            .iter()
            .map(|line| (line.depth, line.name.as_str(), line.made.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (0, "", "mix, seed 3"),
                (1, "human.parquet", "ingest, seed 3")
            ]
        );
        assert_eq!(ancestry.trees[0].arm, "a, seed 3");
        assert_eq!(ancestry.runs.len(), 2);
        assert!(
            ancestry
                .runs
                .iter()
                .all(|run| run.arguments[0].0 == "proportion")
        );
    }

    #[test]
    fn what_was_scored_and_has_no_history_has_no_tree() {
        let row = ResultRow {
            subject: Some(hash("x").to_string()),
            ..ResultRow::default()
        };
        let ancestry = Ancestry::new(&[row], &[]);
        assert!(ancestry.trees.is_empty() && ancestry.runs.is_empty());
    }
}
