//! What was measured on what, and which runs led to it, from the provenance of the results.

use std::collections::{BTreeMap, BTreeSet};

use dataset::results::ResultRow;
use dataset::{Input, Node};
use serde_json::Value;

use crate::tables::{Cell, Table, number, text};

/// How many hex digits tell two hashes apart for people.
const DIGITS: usize = 12;
/// Characters of an argument that are shown.
const LONGEST_ARGUMENT: usize = 300;

/// The files that were read.
pub(crate) fn of_inputs(inputs: &[Input]) -> Table {
    let mut table = Table::new(&[
        ("file", false),
        ("rows", true),
        ("content hash", false),
        ("made by", false),
    ]);
    table.rows = inputs
        .iter()
        .map(|input| {
            let made = input
                .provenance
                .as_ref()
                .and_then(|provenance| provenance.made_by());
            let made = made.map_or_else(
                || "unknown origin".to_owned(),
                |node| format!("{} ({})", node.stage, node.tool),
            );
            vec![
                text(&input.node.name),
                number(input.node.rows.to_string()),
                text(input.node.hash.short()),
                text(made),
            ]
        })
        .collect();
    table
}

/// Every run on the way to the results, by stage: what the study cost in rows.
pub(crate) fn of_runs(inputs: &[Input]) -> Table {
    let mut runs: Vec<&Node> = Vec::new();
    for node in nodes(inputs) {
        if !runs.contains(&node) {
            runs.push(node);
        }
    }
    let mut stages: BTreeMap<(&str, &str), Work> = BTreeMap::new();
    for node in runs {
        stages
            .entry((&node.stage, &node.tool))
            .or_default()
            .add(node);
    }
    let mut table = Table::new(&[
        ("stage", false),
        ("runs", true),
        ("seeds", false),
        ("rows read", true),
        ("rows made", true),
        ("dropped", false),
        ("tool", false),
    ]);
    let stages = stages.into_iter();
    table.rows = stages
        .map(|((stage, tool), work)| work.row(stage, tool))
        .collect();
    table
}

/// What the runs of a stage did together.
#[derive(Default)]
struct Work<'a> {
    runs: usize,
    seeds: BTreeSet<u64>,
    read: u64,
    made: u64,
    drops: BTreeMap<&'a str, u64>,
}

impl<'a> Work<'a> {
    fn add(&mut self, node: &'a Node) {
        self.runs += 1;
        self.seeds.extend(node.seed);
        self.read += node.inputs.iter().map(|input| input.rows).sum::<u64>();
        self.made += node.rows.rows_out().unwrap_or(0);
        for (reason, rows) in &node.drops {
            *self.drops.entry(reason).or_default() += rows;
        }
    }

    fn row(self, stage: &str, tool: &str) -> Vec<Cell> {
        let seeds: Vec<String> = self.seeds.iter().map(u64::to_string).collect();
        let drops = self.drops.iter();
        let drops: Vec<String> = drops.map(|(why, rows)| format!("{rows} {why}")).collect();
        vec![
            text(stage),
            number(self.runs.to_string()),
            text(seeds.join(", ")),
            number(self.read.to_string()),
            number(self.made.to_string()),
            text(drops.join(", ")),
            text(tool),
        ]
    }
}

/// The arguments of a run by name; long ones are cut.
pub(crate) fn told_arguments(node: &Node) -> Vec<(String, String)> {
    let told = |value: &Value| match value {
        Value::String(text) => cli::short(text, LONGEST_ARGUMENT),
        other => cli::short(&other.to_string(), LONGEST_ARGUMENT),
    };
    let arguments = node.arguments.iter();
    arguments
        .map(|(name, value)| (name.clone(), told(value)))
        .collect()
}

fn nodes(inputs: &[Input]) -> impl Iterator<Item = &Node> {
    inputs
        .iter()
        .filter_map(|input| input.provenance.as_ref())
        .flat_map(|provenance| provenance.nodes.values().flatten())
}

/// What was scored, against what, and by which measures.
pub(crate) fn of_subjects(rows: &[ResultRow], inputs: &[Input]) -> Table {
    let names = names(inputs);
    let told = |hash: Option<&str>| match hash {
        None => String::new(),
        Some(hash) => match names.get(hash) {
            Some(name) => format!("{name}, {}", beginning(hash)),
            None => beginning(hash),
        },
    };
    let mut scored: BTreeMap<(String, Option<i64>, String, String), BTreeSet<&str>> =
        BTreeMap::new();
    for row in rows {
        let arm = row.arm.clone().unwrap_or_default();
        let key = (
            arm,
            row.seed,
            told(row.subject.as_deref()),
            told(row.reference.as_deref()),
        );
        scored.entry(key).or_default().insert(&row.metric);
    }
    let mut table = Table::new(&[
        ("arm", false),
        ("seed", true),
        ("scored", false),
        ("against", false),
        ("by", false),
    ]);
    table.rows = scored
        .into_iter()
        .map(|((arm, seed, subject, reference), measures)| {
            let seed = seed.map(|seed| seed.to_string()).unwrap_or_default();
            let measures = measures.into_iter().collect::<Vec<_>>().join(", ");
            vec![
                text(arm),
                number(seed),
                text(subject),
                text(reference),
                text(measures),
            ]
        })
        .collect();
    table
}

/// The file names of everything that was read on the way, by content hash.
fn names(inputs: &[Input]) -> BTreeMap<String, &str> {
    let read = nodes(inputs).flat_map(|node| &node.inputs);
    read.map(|input| (input.hash.to_string(), input.name.as_str()))
        .collect()
}

fn beginning(hash: &str) -> String {
    hash.chars().take(DIGITS).collect()
}
