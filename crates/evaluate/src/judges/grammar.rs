//! The grammar of a made world: whether each text belongs to it, and its label to the text.

use std::path::Path;

use anyhow::Context as _;
use dataset::{ContentHash, Input, InputNode};
use rayon::prelude::*;
use text::grammar::{Grammar, Truth};

use super::{Evidence, Judged, labels, texts};
use crate::Args;
use crate::test_set::TestSet;

/// What a grammar says of each row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Truths {
    /// The label that each row has.
    pub(crate) labels: Vec<String>,
    /// The class that derives the text, the row's own where there are several; `None` outside the
    /// grammar.
    pub(crate) derived: Vec<Option<String>>,
}

impl Truths {
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether each row has a label under which the grammar derives its text.
    pub(crate) fn right(&self) -> impl Iterator<Item = bool> {
        let rows = self.labels.iter().zip(&self.derived);
        rows.map(|(label, derived)| derived.as_ref() == Some(label))
    }
}

/// A grammar that was read.
pub(crate) struct Oracle {
    grammar: Grammar,
    input: Input,
}

impl Oracle {
    /// Reads the grammar at `path`.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = dataset::read_text(path)?;
        let grammar = Grammar::parse(&text).with_context(|| format!("{name} is no grammar"))?;
        let node = InputNode {
            role: "grammar".to_owned(),
            name: name.into_owned(),
            hash: ContentHash::of_bytes(text.as_bytes()),
            rows: 0,
            revision: None,
        };
        let input = Input {
            node,
            provenance: None,
        };
        Ok(Self { grammar, input })
    }

    /// Holds the labels of the rows against the grammar: what is scored is the set.
    pub(crate) fn judge(self, args: &Args, test: &TestSet) -> anyhow::Result<Judged> {
        let whose = format!("the grammar {}", self.input.node.name);
        let labels = labels(test, args, &self.grammar.labels(), &whose)?;
        let truths = truths(&self.grammar, &texts(test, args)?, &labels);
        Ok(Judged {
            evidence: Evidence::Truths(truths),
            kind: "grammar".to_owned(),
            subject: test.hash().to_string(),
            reference: self.input.node.hash.to_string(),
            input: self.input,
        })
    }
}

fn truths(grammar: &Grammar, texts: &[&str], labels: &[&str]) -> Truths {
    let rows = texts.par_iter().zip(labels);
    let derived = rows.map(|(text, label)| match grammar.classify(text) {
        Truth::NotMember => None,
        truth if truth.allows(label) => Some((*label).to_owned()),
        Truth::Member { labels } => labels.into_iter().next(),
    });
    Truths {
        derived: derived.collect(),
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ambiguous_text_is_right_under_each_of_its_classes() {
        let grammar = "class a\n  it is odd\n  it is new\nclass b\n  it is odd\n";
        let grammar = Grammar::parse(grammar).expect("a grammar");
        let texts = ["it is odd", "it is odd", "it is new", "it is old"];
        let truths = truths(&grammar, &texts, &["a", "b", "b", "a"]);
        assert_eq!(
            truths.right().collect::<Vec<_>>(),
            [true, true, false, false]
        );
        let derived: Vec<_> = truths.derived.iter().map(Option::as_deref).collect();
        assert_eq!(derived, [Some("a"), Some("b"), Some("a"), None]);
    }
}
