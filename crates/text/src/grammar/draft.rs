//! A grammar file as it was written, before names are resolved.

use super::error::{GrammarError, Place, Problem};

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Class,
    Rule,
    Topic,
    Qa,
}

/// One block of the file.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) place: Place,
    /// How common the class or the qa block is.
    pub(super) weight: f64,
    pub(super) zipf: Option<f64>,
    pub(super) alternatives: Vec<Phrase>,
    pub(super) contexts: Vec<Phrase>,
    pub(super) asks: Vec<(Phrase, Phrase)>,
}

impl Block {
    /// An error at `place` in this block.
    pub(super) fn error(&self, place: Place, problem: Problem) -> GrammarError {
        GrammarError::Block {
            place,
            block: self.name.clone(),
            problem,
        }
    }

    /// The weights of the alternatives: as written, or by Zipf's law.
    pub(super) fn weights(&self) -> Vec<f64> {
        let by_rank = |k: usize, exponent: f64| ((k + 1) as f64).powf(-exponent);
        let each = self.alternatives.iter().enumerate();
        each.map(|(k, phrase)| {
            self.zipf
                .map_or(phrase.weight, |exponent| by_rank(k, exponent))
        })
        .collect()
    }
}

/// A weighted sequence of words and references.
#[derive(Clone, Debug)]
pub(super) struct Phrase {
    pub(super) place: Place,
    pub(super) weight: f64,
    pub(super) parts: Vec<(Place, Part)>,
}

/// A word or a reference to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Word(String),
    Reference { rule: String, slot: Option<String> },
}

impl Phrase {
    /// The phrase as text, for an error.
    pub(super) fn shown(&self) -> String {
        let parts = self.parts.iter().map(|(_, part)| match part {
            Part::Word(word) => word.clone(),
            Part::Reference { rule, slot: None } => format!("<{rule}>"),
            Part::Reference {
                rule,
                slot: Some(slot),
            } => format!("<{rule}:{slot}>"),
        });
        parts.collect::<Vec<_>>().join(" ")
    }
}
