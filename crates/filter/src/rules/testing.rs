//! What the tests of all rules share.

use std::collections::BTreeSet;

use clap::Args as _;
use dataset::Reading;

use super::*;
use crate::judgement::Judgement;
use crate::judging::testing::set;
use crate::judging::{Like, Verdict};
use crate::priority::Priority;

/// Verdicts on rows without a label.
pub(crate) fn judged(rule: &dyn Rule, texts: &[&str]) -> Vec<Verdict> {
    labelled(
        rule,
        &texts.iter().map(|text| (*text, None)).collect::<Vec<_>>(),
    )
}

/// Verdicts on rows of (text, label).
pub(crate) fn labelled(rule: &dyn Rule, rows: &[(&str, Option<&str>)]) -> Vec<Verdict> {
    let judgement = judgement(&[rule], rows, &Priority::default());
    (0..rows.len())
        .map(|row| judgement.reason(row).cloned())
        .collect()
}

/// What becomes of rows of (text, label).
pub(crate) fn judgement(
    rules: &[&dyn Rule],
    rows: &[(&str, Option<&str>)],
    priority: &Priority,
) -> Judgement {
    let mut files = Files::new("text", Reading::default(), usize::MAX);
    let (folder, source) = set(rows);
    let judged = Judgement::of(rules, &[source], &mut files, priority, &[]);
    drop(folder);
    judged.expect("verdicts").0
}

/// Which rows were kept.
pub(crate) fn kept(verdicts: &[Verdict]) -> Vec<bool> {
    verdicts.iter().map(Option::is_none).collect()
}

/// What a row is told that it is like.
pub(crate) fn like(verdict: &Verdict) -> Option<usize> {
    match verdict.as_ref()?.like {
        Like::Row(row) => Some(row as usize),
        _ => None,
    }
}

/// The score of a dropped row.
pub(crate) fn score(verdict: &Verdict) -> Option<f64> {
    verdict.as_ref()?.score
}

#[test]
fn every_file_is_a_rule() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    let files = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name());
    let files: BTreeSet<_> = files
        .map(|name| name.to_string_lossy().replace(".rs", "").replace('_', "-"))
        .filter(|name| name != "testing")
        .collect();
    let rules = RuleArgs::default();
    let mut names: BTreeSet<String> = rules.known().iter().map(|&name| name.to_owned()).collect();
    names.extend(rules.judging().iter().map(|rule| rule.name().to_owned()));
    assert_eq!(files, names);
}

#[test]
fn every_option_is_that_of_one_rule() {
    let command = Options::augment_args(clap::Command::new("filter"));
    let mut known: Vec<String> = command
        .get_arguments()
        .map(|option| option.get_id().to_string())
        .collect();
    let options = Options::default();
    let mut named: Vec<String> = options
        .all()
        .iter()
        .flat_map(|rule| rule.options().iter().map(|&option| option.to_owned()))
        .collect();
    known.sort();
    named.sort();
    assert_eq!(known, named);
}

#[test]
fn rules_judge_in_the_order_of_the_command_line_and_the_limit_last() {
    let command = RuleArgs::augment_args(clap::Command::new("filter"));
    let line = "filter --limit 3 --near-duplicate 0.7 --exact-duplicate --max-words 9 --shingle words:2 --min-words 1";
    let matches = command
        .try_get_matches_from(line.split_whitespace())
        .expect("options");
    let rules = RuleArgs::from_arg_matches(&matches).expect("rules");
    assert_eq!(
        rules.rules,
        ["near-duplicate", "exact-duplicate", "length", "limit"]
    );
}
