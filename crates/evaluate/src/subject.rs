//! What is evaluated, as it stands on the command line: a model directory, a grammar, or a baseline.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use dataset::DirectorySource;
use serde::{Serialize, Serializer};

/// What marks the name of a grammar's file.
const GRAMMAR: &str = "grammar:";
/// What marks the name of a baseline.
const BASELINE: &str = "baseline:";

/// What is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A model, by its directory.
    Model(DirectorySource),
    /// `grammar:FILE`: the labels of the set itself, by what the grammar derives.
    Grammar(PathBuf),
    /// `baseline:NAME`: what needs no model.
    Baseline(Baseline),
}

/// What needs no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// Every text is of the most frequent class.
    Majority,
    /// Logistic regression of words.
    Tfidf,
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Majority => "baseline:majority",
            Self::Tfidf => "baseline:tfidf",
        })
    }
}

impl FromStr for Subject {
    type Err = dataset::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match (text.strip_prefix(GRAMMAR), text.strip_prefix(BASELINE)) {
            (Some(""), _) => Err(dataset::Error::new("`grammar:` names no file")),
            (Some(file), _) => Ok(Self::Grammar(PathBuf::from(file))),
            (None, Some("majority")) => Ok(Self::Baseline(Baseline::Majority)),
            (None, Some("tfidf")) => Ok(Self::Baseline(Baseline::Tfidf)),
            (None, Some(other)) => Err(dataset::Error::new(format!(
                "no baseline is called `{other}`; known are majority, tfidf"
            ))),
            (None, None) => Ok(Self::Model(text.parse()?)),
        }
    }
}

impl fmt::Display for Subject {
    /// The name for messages and provenance, without the folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(source) => source.fmt(f),
            Self::Grammar(path) => {
                let name = path.file_name().unwrap_or_default();
                write!(f, "{GRAMMAR}{}", name.to_string_lossy())
            }
            Self::Baseline(baseline) => baseline.fmt(f),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grammar_and_a_baseline_are_told_from_a_model_and_folders_are_left_out() {
        let told = |text: &str| text.parse::<Subject>().expect("a subject");
        let grammar = told("grammar:data/world.grammar");
        assert_eq!(grammar, Subject::Grammar("data/world.grammar".into()));
        assert_eq!(grammar.to_string(), "grammar:world.grammar");
        assert_eq!(told("out/model").to_string(), "model");
        assert_eq!(told("baseline:tfidf"), Subject::Baseline(Baseline::Tfidf));
        assert_eq!(told("baseline:majority").to_string(), "baseline:majority");
        assert!("grammar:".parse::<Subject>().is_err());
        let error = "baseline:best".parse::<Subject>().expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "no baseline is called `best`; known are majority, tfidf"
        );
    }
}
