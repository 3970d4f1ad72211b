//! What is evaluated, as it stands on the command line: a model directory or a grammar.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use dataset::DirectorySource;
use serde::{Serialize, Serializer};

/// What marks the name of a grammar's file.
const GRAMMAR: &str = "grammar:";

/// What is evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A model, by its directory.
    Model(DirectorySource),
    /// `grammar:FILE`: the labels of the set itself, by what the grammar derives.
    Grammar(PathBuf),
}

impl FromStr for Subject {
    type Err = dataset::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(GRAMMAR) {
            Some("") => Err(dataset::Error::new("`grammar:` names no file")),
            Some(file) => Ok(Self::Grammar(PathBuf::from(file))),
            None => Ok(Self::Model(text.parse()?)),
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
    fn a_grammar_is_told_from_a_model_and_folders_are_left_out() {
        let told = |text: &str| text.parse::<Subject>().expect("a subject");
        let grammar = told("grammar:data/world.grammar");
        assert_eq!(grammar, Subject::Grammar("data/world.grammar".into()));
        assert_eq!(grammar.to_string(), "grammar:world.grammar");
        assert_eq!(told("out/model").to_string(), "model");
        assert!("grammar:".parse::<Subject>().is_err());
    }
}
