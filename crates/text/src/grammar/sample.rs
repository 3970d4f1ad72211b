//! Texts from a grammar, drawn with given knobs.

use numeric::Stream;

use super::error::GrammarError;
use super::knobs::Knobs;
use super::{Grammar, Symbol};

/// How many texts are drawn in search of one about a topic.
const TRIES: usize = 1000;

/// A text and what is true of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// The text.
    pub text: String,
    /// The class it was derived from.
    pub label: String,
    /// The alternative of the class it was derived by, such as `complaint/3`, counted from 1.
    pub template: String,
    /// The first topic it speaks of, if any.
    pub topic: Option<String>,
}

/// A grammar with its knobs set: draws texts without weighing alternatives anew each time.
#[derive(Clone, Debug)]
pub struct Sampler<'a> {
    pub(super) grammar: &'a Grammar,
    /// Running sums of each rule's probabilities.
    running: Vec<Vec<f64>>,
    classes: Vec<f64>,
    pub(super) pages: super::qa::PageTables,
}

/// A text being derived.
struct Draft {
    words: Vec<u32>,
    topic: Option<usize>,
    /// The only topic allowed.
    wanted: Option<usize>,
}

impl Grammar {
    /// The sampler with these knobs.
    pub fn sampler(&self, knobs: Knobs) -> Sampler<'_> {
        let rules = self.rules.iter();
        let running =
            rules.map(|rule| running_sums(&knobs.probabilities(&rule.name, &rule.weights)));
        let classes: Vec<f64> = self.classes.iter().map(|class| class.weight).collect();
        Sampler {
            grammar: self,
            running: running.collect(),
            classes: running_sums(&classes),
            pages: super::qa::PageTables::new(self, knobs),
        }
    }

    /// One text; whoever needs many keeps a [`Sampler`].
    pub fn sample(
        &self,
        label: Option<&str>,
        knobs: Knobs,
        stream: &mut Stream,
    ) -> Result<Derivation, GrammarError> {
        self.sampler(knobs).sample(label, stream)
    }
}

impl Sampler<'_> {
    /// A text of the class `label`, or of a class drawn by weight.
    pub fn sample(
        &self,
        label: Option<&str>,
        stream: &mut Stream,
    ) -> Result<Derivation, GrammarError> {
        let class = self.class(label, stream)?;
        Ok(self.derive(class, None, stream))
    }

    /// A text of the class `label`, or of any, that speaks of `topic` and of no other.
    pub fn sample_about(
        &self,
        label: Option<&str>,
        topic: &str,
        stream: &mut Stream,
    ) -> Result<Derivation, GrammarError> {
        let known = self.grammar.topics();
        let Some(wanted) = known.iter().position(|name| name == topic) else {
            let (name, known) = (topic.to_owned(), known.join(", "));
            return Err(GrammarError::UnknownTopic { name, known });
        };
        for _ in 0..TRIES {
            let class = self.class(label, stream)?;
            let derivation = self.derive(class, Some(wanted), stream);
            if derivation.topic.is_some() {
                return Ok(derivation);
            }
        }
        Err(GrammarError::TopicNotReached {
            label: label.unwrap_or("any class").to_owned(),
            topic: topic.to_owned(),
            tries: TRIES,
        })
    }

    fn class(&self, label: Option<&str>, stream: &mut Stream) -> Result<usize, GrammarError> {
        match label {
            Some(label) => self.grammar.class_index(label),
            None if self.classes.is_empty() => self.grammar.class_index("any"),
            None => Ok(draw(&self.classes, stream)),
        }
    }

    fn derive(&self, class: usize, wanted: Option<usize>, stream: &mut Stream) -> Derivation {
        let class = &self.grammar.classes[class];
        let mut draft = Draft {
            words: Vec::new(),
            topic: None,
            wanted,
        };
        let template = self.expand(class.rule, &mut draft, stream);
        Derivation {
            text: self.grammar.write(&draft.words),
            label: class.label.clone(),
            template: format!("{}/{}", class.label, template + 1),
            topic: draft.topic.map(|topic| self.grammar.topic_name(topic)),
        }
    }

    /// Appends a text of `rule` and returns the alternative that made it.
    fn expand(&self, rule: usize, draft: &mut Draft, stream: &mut Stream) -> usize {
        let mut chosen = draw(&self.running[rule], stream);
        if self.grammar.topic == Some(rule) {
            chosen = draft.wanted.unwrap_or(chosen);
            draft.topic.get_or_insert(chosen);
        }
        for symbol in &self.grammar.rules[rule].alternatives[chosen] {
            match *symbol {
                Symbol::Word(word) => draft.words.push(word),
                Symbol::Rule(rule) => {
                    self.expand(rule, draft, stream);
                }
            }
        }
        chosen
    }

    /// The words of a text of `symbol`.
    pub(super) fn words_of(&self, symbol: Symbol, stream: &mut Stream) -> Vec<u32> {
        let mut draft = Draft {
            words: Vec::new(),
            topic: None,
            wanted: None,
        };
        match symbol {
            Symbol::Word(word) => draft.words.push(word),
            Symbol::Rule(rule) => {
                self.expand(rule, &mut draft, stream);
            }
        }
        draft.words
    }
}

/// The sums of the first 1, 2, … weights.
pub(super) fn running_sums(weights: &[f64]) -> Vec<f64> {
    let add = |total: &mut f64, weight: &f64| {
        *total += weight;
        Some(*total)
    };
    weights.iter().scan(0.0, add).collect()
}

/// An index drawn in proportion to the weights whose running sums these are; one of weight 0 never is.
pub(super) fn draw(running: &[f64], stream: &mut Stream) -> usize {
    let total = running.last().copied().unwrap_or(0.0);
    let at = stream.unit() * total;
    let found = running.partition_point(|sum| *sum <= at);
    found.min(running.partition_point(|sum| *sum < total))
}
