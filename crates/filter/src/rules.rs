//! The rules by which rows are dropped, one file each; a rule judges what the rules before it kept.

mod against;
mod exact_duplicate;
mod in_grammar;
mod length;
mod limit;
mod near_duplicate;
mod null_text;

use dataset::{Input, Reading};
use serde::Serialize;

/// The options of every rule.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub struct RuleArgs {
    /// Bounds on the length.
    #[command(flatten)]
    #[serde(flatten)]
    length: length::Length,
    /// Membership of a grammar.
    #[command(flatten)]
    #[serde(flatten)]
    in_grammar: in_grammar::InGrammar,
    /// Overlap with test sets.
    #[command(flatten)]
    #[serde(flatten)]
    against: against::Against,
    /// The same text again.
    #[command(flatten)]
    #[serde(flatten)]
    exact_duplicate: exact_duplicate::ExactDuplicate,
    /// Nearly the same text again.
    #[command(flatten)]
    #[serde(flatten)]
    near_duplicate: near_duplicate::NearDuplicate,
    /// A number of rows that is enough.
    #[command(flatten)]
    #[serde(flatten)]
    pub(crate) limit: limit::Limit,
}

impl RuleArgs {
    /// Every rule with options, in the order in which they judge: what needs one row first, what
    /// needs all last.
    pub(crate) fn all(&self) -> [&dyn Rule; 6] {
        [
            &self.length,
            &self.in_grammar,
            &self.against,
            &self.exact_duplicate,
            &self.near_duplicate,
            &self.limit,
        ]
    }

    /// The rules that the command line asks for.
    pub(crate) fn asked(&self) -> Vec<&dyn Rule> {
        self.all().into_iter().filter(|rule| rule.asked()).collect()
    }

    /// Those, after the one that always judges: the others need a text.
    pub(crate) fn judging(&self) -> Vec<&dyn Rule> {
        let first: &dyn Rule = &null_text::NullText;
        std::iter::once(first).chain(self.asked()).collect()
    }
}

/// A reason to drop rows.
pub(crate) trait Rule {
    /// Its name in the closing line, the provenance and the column `reject_rule`.
    fn name(&self) -> &'static str;

    /// Whether the command line asks for it.
    fn asked(&self) -> bool;

    /// A verdict a row, in the order of `rows`.
    fn judge(&self, rows: &Candidates<'_>, files: &mut Files<'_>) -> anyhow::Result<Vec<Verdict>>;
}

/// Why a row is dropped; `None` keeps it.
pub(crate) type Verdict = Option<Rejection>;

/// What is told of a row that is dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rejection {
    /// The figure on which the rule decided, if it is one.
    pub(crate) score: Option<f64>,
    /// The id of the row that it was too like, if any.
    pub(crate) like: Option<String>,
}

/// The rows that a rule judges.
#[derive(Clone, Debug)]
pub(crate) struct Candidates<'a> {
    pub(crate) ids: Vec<&'a str>,
    /// A text a row; empty where it is null.
    pub(crate) texts: Vec<&'a str>,
    /// Whether the text of a row is null.
    pub(crate) null: Vec<bool>,
    /// A label a row; none where the set has no such column, or the row no label.
    pub(crate) labels: Vec<Option<&'a str>>,
}

impl<'a> Candidates<'a> {
    /// The rows at these places.
    pub(crate) fn at(&self, rows: &[usize]) -> Self {
        let pick = |values: &[&'a str]| rows.iter().map(|row| values[*row]).collect();
        let labels = rows.iter().map(|row| self.labels[*row]).collect();
        Self {
            ids: pick(&self.ids),
            texts: pick(&self.texts),
            null: rows.iter().map(|row| self.null[*row]).collect(),
            labels,
        }
    }
}

/// How a rule reads the files it compares with, and which ones were read.
#[derive(Debug)]
pub(crate) struct Files<'a> {
    /// The column that is judged.
    pub(crate) column: &'a str,
    /// How sets are read.
    pub(crate) reading: Reading,
    /// What was read, for the provenance.
    pub(crate) inputs: Vec<Input>,
}

#[cfg(test)]
pub(crate) mod testing {
    //! What the tests of all rules share.

    use super::*;

    /// Rows with the ids "0", "1", …, and no label.
    pub(crate) fn judged(rule: &dyn Rule, texts: &[&str]) -> Vec<Verdict> {
        labelled(
            rule,
            &texts.iter().map(|text| (*text, None)).collect::<Vec<_>>(),
        )
    }

    /// Rows of (text, label) with the ids "0", "1", ….
    pub(crate) fn labelled(rule: &dyn Rule, rows: &[(&str, Option<&str>)]) -> Vec<Verdict> {
        let ids: Vec<String> = (0..rows.len()).map(|row| row.to_string()).collect();
        let (texts, labels): (Vec<_>, Vec<_>) = rows.iter().copied().unzip();
        let rows = Candidates {
            ids: ids.iter().map(String::as_str).collect(),
            null: vec![false; texts.len()],
            texts,
            labels,
        };
        let mut files = Files {
            column: "text",
            reading: Reading::default(),
            inputs: Vec::new(),
        };
        rule.judge(&rows, &mut files).expect("verdicts")
    }

    /// Which rows were kept.
    pub(crate) fn kept(verdicts: &[Verdict]) -> Vec<bool> {
        verdicts.iter().map(Option::is_none).collect()
    }

    #[test]
    fn every_file_is_a_rule() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/rules");
        let files = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("a file").file_name());
        let mut files: Vec<_> = files
            .map(|name| name.to_string_lossy().replace(".rs", "").replace('_', "-"))
            .collect();
        let rules = RuleArgs::default();
        let mut names: Vec<_> = rules.all().iter().map(|rule| rule.name()).collect();
        names.extend(rules.judging().iter().map(|rule| rule.name()));
        files.sort();
        names.sort_unstable();
        assert_eq!(files, names);
    }
}
