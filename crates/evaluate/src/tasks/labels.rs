//! The grammar of a made world: whether each text belongs to it, and its label to the text.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{Float64Array, StringArray};
use dataset::{ContentHash, Input, InputNode, columns};
use rayon::prelude::*;
use text::grammar::{Grammar, Truth};

use super::{Judged, labels};
use crate::args::Args;
use crate::form::Form;
use crate::predictions::{Said, flags, texts};
use crate::test_set::TestSet;

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
        if let Some(task) = &args.task {
            anyhow::bail!("a grammar judges labels, and cannot do {task}");
        }
        let whose = format!("the grammar {}", self.input.node.name);
        let labels = labels(test, args, &self.grammar.labels(), &whose)?;
        let texts = test.texts(&args.column)?;
        let derived = derived(&self.grammar, &texts, &labels);
        Ok(Judged {
            said: said(&labels, &derived),
            drops: BTreeMap::new(),
            kind: "grammar".to_owned(),
            subject: test.hash(),
            reference: self.input.node.hash.to_string(),
            seed: None,
            input: self.input,
            metrics: None,
            texts: texts.iter().map(|text| (*text).to_owned()).collect(),
            told: serde_json::Value::Null,
            inputs: Vec::new(),
        })
    }
}

/// A grammar is certain, so no probability is told.
fn said(labels: &[&str], derived: &[Option<String>]) -> Said {
    let rows = labels.iter().zip(derived);
    let right = rows.map(|(label, derived)| derived.as_deref() == Some(*label));
    let classes = StringArray::from_iter(derived.iter().map(Option::as_deref));
    let columns = vec![
        (columns::LABEL.name, texts(labels.iter().copied())),
        ("predicted", Arc::new(classes) as _),
        (
            "probability",
            Arc::new(Float64Array::new_null(labels.len())),
        ),
        ("correct", flags(right)),
    ];
    Said {
        rows: (0..labels.len()).collect(),
        task: Form::Labels.name().to_owned(),
        form: Form::Labels,
        condition: None,
        columns,
    }
}

/// The class that derives each text, the row's own where there are several; `None` outside the grammar.
fn derived(grammar: &Grammar, texts: &[&str], labels: &[&str]) -> Vec<Option<String>> {
    let rows = texts.par_iter().zip(labels);
    let derived = rows.map(|(text, label)| match grammar.classify(text) {
        Truth::NotMember => None,
        truth if truth.allows(label) => Some((*label).to_owned()),
        Truth::Member { labels } => labels.into_iter().next(),
    });
    derived.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ambiguous_text_is_right_under_each_of_its_classes() {
        let grammar = "class a\n  it is odd\n  it is new\nclass b\n  it is odd\n";
        let grammar = Grammar::parse(grammar).expect("a grammar");
        let texts = ["it is odd", "it is odd", "it is new", "it is old"];
        let derived = derived(&grammar, &texts, &["a", "b", "b", "a"]);
        let derived: Vec<_> = derived.iter().map(Option::as_deref).collect();
        assert_eq!(derived, [Some("a"), Some("b"), Some("a"), None]);
    }
}
