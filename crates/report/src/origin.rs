//! What was measured on what, and which runs led to it, from the provenance of the results.

use std::collections::{BTreeMap, BTreeSet};

use dataset::results::ResultRow;
use dataset::{Input, Node};

use crate::tables::{Table, number, text};

/// How many hex digits tell two hashes apart for people.
const DIGITS: usize = 12;

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

/// Every run on the way to the results, counted by stage.
pub(crate) fn of_runs(inputs: &[Input]) -> Table {
    let mut runs: Vec<&Node> = Vec::new();
    for node in nodes(inputs) {
        if !runs.contains(&node) {
            runs.push(node);
        }
    }
    let mut stages: BTreeMap<(&str, &str), (usize, BTreeSet<u64>)> = BTreeMap::new();
    for node in runs {
        let (count, seeds) = stages.entry((&node.stage, &node.tool)).or_default();
        *count += 1;
        seeds.extend(node.seed);
    }
    let mut table = Table::new(&[
        ("stage", false),
        ("runs", true),
        ("seeds", false),
        ("tool", false),
    ]);
    table.rows = stages
        .into_iter()
        .map(|((stage, tool), (count, seeds))| {
            let seeds = seeds
                .iter()
                .map(u64::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            vec![
                text(stage),
                number(count.to_string()),
                text(seeds),
                text(tool),
            ]
        })
        .collect();
    table
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
