//! A weighted grammar whose texts have a known class: it writes texts, and says whether a text belongs to it and to which class.
//!
//! The file format, shown whole:
//!
//! ```text
//! # A comment runs to the end of its line.
//! class complaint [2]             # a label, twice as common as a class without a weight
//!   [3] the <item> came late .    # an alternative and its weight; 1 where none is given
//!   i sent the <item> back
//! topic item zipf 1               # the k-th alternative weighs 1 / k^1; each one is a topic
//!   <garden> | <kitchen>          # several alternatives on one line
//! rule garden zipf 1.2
//!   rake | spade | _              # `_` is the empty text
//! rule kitchen
//!   kettle | [0.5] bread knife
//! rule name
//!   ann | bo
//! qa purchase                     # a context, and questions with their answers
//!   context <name:buyer> bought the <item:bought> from <name:seller> .
//!   ask [2] who bought the <item:bought> ? => <name:buyer>
//!   ask who sold it ? => <name:seller>
//! ```
//!
//! A block starts at the left margin and its lines are indented.
//! `<name:buyer>` is a slot: drawn once in a `qa` block, the same wherever it stands, and different
//! from every other slot of the same rule.
//! A rule may not reach itself, so the set of texts is finite.
//! Words are separated by white space; `. , ? ! ; :` at the end of a word are words of their own.

mod compile;
mod draft;
mod error;
mod knobs;
mod measure;
mod parse;
mod qa;
mod qa_truth;
mod recognise;
mod sample;
mod slots;
mod structure;
mod words;

use std::collections::HashMap;

pub use error::{GrammarError, Place, Problem};
pub use knobs::Knobs;
pub use qa::QaDerivation;
pub use qa_truth::QaTruth;
pub use recognise::Truth;
pub use sample::{Derivation, Sampler};

use qa::Page;
use structure::Starts;

/// The longest text in words, punctuation included, that a grammar may derive.
pub const LONGEST_TEXT: usize = 126;

/// A grammar that was read and checked.
#[derive(Clone, Debug)]
pub struct Grammar {
    words: Vec<String>,
    word_ids: HashMap<String, u32>,
    rules: Vec<Rule>,
    classes: Vec<Class>,
    topic: Option<usize>,
    pages: Vec<Page>,
    starts: Vec<Starts>,
}

/// A label and the rule that derives its texts.
#[derive(Clone, Debug)]
struct Class {
    label: String,
    weight: f64,
    rule: usize,
}

/// The alternatives of one name; their weights are positive.
#[derive(Clone, Debug)]
struct Rule {
    name: String,
    place: Place,
    alternatives: Vec<Vec<Symbol>>,
    weights: Vec<f64>,
}

/// What an alternative is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Symbol {
    Word(u32),
    Rule(usize),
}

impl Grammar {
    /// Reads the text of a grammar file and checks it.
    pub fn parse(text: &str) -> Result<Self, GrammarError> {
        compile::compile(&parse::blocks(text)?)
    }

    /// The classes, in the order of the file.
    pub fn labels(&self) -> Vec<&str> {
        self.classes
            .iter()
            .map(|class| class.label.as_str())
            .collect()
    }

    /// The topics, in the order of the file; none where the file has no `topic` block.
    pub fn topics(&self) -> Vec<String> {
        let Some(rule) = self.topic else {
            return Vec::new();
        };
        (0..self.rules[rule].alternatives.len())
            .map(|index| self.topic_name(index))
            .collect()
    }

    /// A topic is called after what its alternative is made of.
    fn topic_name(&self, index: usize) -> String {
        let symbols = self.topic.map(|rule| &self.rules[rule].alternatives[index]);
        let names = symbols.into_iter().flatten().map(|symbol| match *symbol {
            Symbol::Word(word) => self.words[word as usize].as_str(),
            Symbol::Rule(rule) => self.rules[rule].name.as_str(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    /// The place of a label among the classes.
    fn class_index(&self, label: &str) -> Result<usize, GrammarError> {
        let found = self.classes.iter().position(|class| class.label == label);
        found.ok_or_else(|| GrammarError::UnknownLabel {
            name: label.to_owned(),
            known: self.labels().join(", "),
        })
    }

    /// The words of a text by number; `None` if one of them is no word of this grammar.
    fn read(&self, text: &str) -> Option<Vec<u32>> {
        words::split(text)
            .map(|word| self.word_ids.get(word).copied())
            .collect()
    }

    /// The text that these words make.
    fn write(&self, ids: &[u32]) -> String {
        words::join(ids.iter().map(|id| self.words[*id as usize].as_str()))
    }
}

#[cfg(test)]
mod tests;
