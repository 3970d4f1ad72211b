//! What holds of all rules: their files, their options, their order.

use std::collections::BTreeSet;

use clap::Args as _;

use super::*;

#[test]
fn every_file_is_a_rule() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
    let files = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name());
    let files: BTreeSet<_> = files
        .map(|name| name.to_string_lossy().replace(".rs", "").replace('_', "-"))
        .filter(|name| name != "testing" && name != "tests")
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
