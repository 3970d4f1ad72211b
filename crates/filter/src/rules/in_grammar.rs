//! Drops texts that a grammar does not derive, or derives only under another label.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dataset::{ContentHash, Input, InputNode};
use rayon::prelude::*;
use serde::{Serialize, Serializer};
use text::grammar::{Grammar, Truth};

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// The grammar says what a text may be and to which class it belongs.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct InGrammar {
    /// Drop texts that this grammar does not derive, or derives only under another label
    #[arg(long, value_name = "FILE")]
    #[serde(serialize_with = "as_name")]
    in_grammar: Option<PathBuf>,
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
fn as_name<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_deref().map(name).serialize(serializer)
}

impl Rule for InGrammar {
    fn name(&self) -> &'static str {
        "in-grammar"
    }

    fn options(&self) -> &'static [&'static str] {
        &["in_grammar"]
    }

    fn asked(&self) -> bool {
        self.in_grammar.is_some()
    }

    fn prepare<'a>(&'a self, files: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        let path = self
            .in_grammar
            .as_deref()
            .context("the rule is asked for with a file")?;
        let grammar = dataset::read_text(path)?;
        files.inputs.push(input(path, &grammar));
        let grammar =
            Grammar::parse(&grammar).with_context(|| format!("{} is no grammar", name(path)))?;
        Ok(Judge::Rows(Box::new(grammar)))
    }
}

impl JudgeRows for Grammar {
    /// A row without a label needs only to be derived.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let rows = rows.texts.par_iter().zip(&rows.labels);
        let verdicts = rows.map(|(text, label)| {
            let truth = self.classify(text);
            let right = label.map_or(truth != Truth::NotMember, |label| truth.allows(label));
            (!right).then(Rejection::default)
        });
        Ok(verdicts.collect())
    }
}

fn input(path: &Path, text: &str) -> Input {
    let hash = ContentHash::of_bytes(text.as_bytes());
    let node = InputNode {
        role: "grammar".to_owned(),
        name: name(path),
        hash,
        rows: 0,
        revision: None,
    };
    Input {
        node,
        provenance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kept, labelled};
    use super::*;

    #[test]
    fn a_text_outside_the_grammar_or_under_another_label_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("world.grammar");
        std::fs::write(&path, "class good\n  a <thing> works .\nclass bad\n  a <thing> broke .\nrule thing\n  lamp | rake\n").expect("written");
        let rule = InGrammar {
            in_grammar: Some(path),
        };
        let rows = [
            ("a lamp works.", Some("good")),
            ("a lamp works.", Some("bad")),
            ("a rake broke.", None),
            ("a spoon broke.", None),
        ];
        assert_eq!(kept(&labelled(&rule, &rows)), [true, false, true, false]);
    }
}
