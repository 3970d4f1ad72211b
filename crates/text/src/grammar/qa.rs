//! Contexts, questions and answers from a grammar.

use std::collections::BTreeMap;

use numeric::Stream;

use super::error::{GrammarError, Place};
use super::knobs::Knobs;
use super::sample::{Sampler, draw, running_sums};
use super::slots::Lists;
use super::structure::{self, Size};
use super::{Grammar, Symbol};

/// A context, a question about it and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QaDerivation {
    /// What the answer is to be found in.
    pub context: String,
    /// The question.
    pub question: String,
    /// Its answer.
    pub answer: String,
    /// The qa block and the question in it, such as `purchase/2`, counted from 1.
    pub template: String,
}

/// A qa block.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) name: String,
    pub(super) place: Place,
    pub(super) weight: f64,
    pub(super) slots: Vec<Slot>,
    pub(super) context: Vec<Piece>,
    pub(super) asks: Vec<Ask>,
}

/// A question and its answer.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub(super) weight: f64,
    pub(super) question: Vec<Piece>,
    pub(super) answer: Vec<Piece>,
}

/// What is drawn once in a qa block.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) name: String,
    pub(super) rule: usize,
}

/// Part of a context, a question or an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    Free(Symbol),
    Slot(usize),
}

impl Page {
    fn phrases(&self) -> impl Iterator<Item = &[Piece]> {
        let asks = self.asks.iter();
        let asks = asks.flat_map(|ask| [ask.question.as_slice(), ask.answer.as_slice()]);
        std::iter::once(self.context.as_slice()).chain(asks)
    }

    fn symbol(&self, piece: Piece) -> Symbol {
        match piece {
            Piece::Free(symbol) => symbol,
            Piece::Slot(slot) => Symbol::Rule(self.slots[slot].rule),
        }
    }

    /// The rules it names.
    pub(super) fn rules(&self) -> impl Iterator<Item = usize> + '_ {
        let symbols = self.phrases().flatten().map(|piece| self.symbol(*piece));
        symbols.filter_map(|symbol| match symbol {
            Symbol::Rule(rule) => Some(rule),
            Symbol::Word(_) => None,
        })
    }

    /// The most that one of its texts can take.
    pub(super) fn size(&self, sizes: &[Size]) -> Size {
        let mut largest = Size::default();
        for phrase in self.phrases() {
            let symbols: Vec<Symbol> = phrase.iter().map(|piece| self.symbol(*piece)).collect();
            let size = structure::size_of(&symbols, sizes);
            largest.words = largest.words.max(size.words);
            largest.steps = largest.steps.max(size.steps);
        }
        largest
    }
}

/// What the qa blocks are drawn by under given knobs.
#[derive(Clone, Debug)]
pub(super) struct PageTables {
    pages: Vec<f64>,
    asks: Vec<Vec<f64>>,
    /// By rule, the values of slots and their probabilities.
    values: BTreeMap<usize, (Vec<Vec<u32>>, Vec<f64>)>,
}

impl PageTables {
    pub(super) fn new(grammar: &Grammar, knobs: Knobs) -> Self {
        let weights: Vec<f64> = grammar.pages.iter().map(|page| page.weight).collect();
        let asks = grammar.pages.iter().map(|page| {
            let weights: Vec<f64> = page.asks.iter().map(|ask| ask.weight).collect();
            running_sums(&knobs.probabilities(&page.name, &weights))
        });
        let mut lists = Lists::new(grammar, knobs);
        let slots = grammar.pages.iter().flat_map(|page| &page.slots);
        let values = slots.map(|slot| {
            let listed = lists.of(slot.rule).cloned().unwrap_or_default();
            (slot.rule, listed.into_iter().unzip())
        });
        let values = values.collect();
        Self {
            pages: running_sums(&knobs.probabilities("qa", &weights)),
            asks: asks.collect(),
            values,
        }
    }

    /// A value for a slot of `rule` that is not among `taken`.
    fn value(&self, rule: usize, taken: &[Vec<u32>], stream: &mut Stream) -> Vec<u32> {
        let Some((texts, probabilities)) = self.values.get(&rule) else {
            return Vec::new();
        };
        let free = |index: &usize| !taken.contains(&texts[*index]);
        let left: Vec<usize> = (0..texts.len()).filter(free).collect();
        let weights: Vec<f64> = left.iter().map(|index| probabilities[*index]).collect();
        let drawn = stream.weighted(&weights);
        // At diversity 0 all the weight may be taken: the first of the rest stands in.
        left.get(drawn.unwrap_or(0))
            .map_or_else(Vec::new, |index| texts[*index].clone())
    }
}

impl Grammar {
    /// One context, question and answer; whoever needs many keeps a [`Sampler`].
    pub fn sample_qa(
        &self,
        knobs: Knobs,
        stream: &mut Stream,
    ) -> Result<QaDerivation, GrammarError> {
        self.sampler(knobs).sample_qa(stream)
    }
}

impl Sampler<'_> {
    /// A context, a question about it and the answer.
    pub fn sample_qa(&self, stream: &mut Stream) -> Result<QaDerivation, GrammarError> {
        if self.grammar.pages.is_empty() {
            return Err(GrammarError::NoQuestions);
        }
        let index = draw(&self.pages.pages, stream);
        let page = &self.grammar.pages[index];
        let mut bound: Vec<Vec<u32>> = Vec::with_capacity(page.slots.len());
        for slot in &page.slots {
            let rivals = page.slots.iter().zip(&bound);
            let rivals = rivals.filter(|(other, _)| other.rule == slot.rule);
            let taken: Vec<Vec<u32>> = rivals.map(|(_, value)| value.clone()).collect();
            bound.push(self.pages.value(slot.rule, &taken, stream));
        }
        let chosen = draw(&self.pages.asks[index], stream);
        let ask = &page.asks[chosen];
        Ok(QaDerivation {
            context: self.filled(&page.context, &bound, stream),
            question: self.filled(&ask.question, &bound, stream),
            answer: self.filled(&ask.answer, &bound, stream),
            template: format!("{}/{}", page.name, chosen + 1),
        })
    }

    fn filled(&self, phrase: &[Piece], bound: &[Vec<u32>], stream: &mut Stream) -> String {
        let mut words = Vec::new();
        for piece in phrase {
            match *piece {
                Piece::Free(symbol) => words.extend(self.words_of(symbol, stream)),
                Piece::Slot(slot) => words.extend(&bound[slot]),
            }
        }
        self.grammar.write(&words)
    }
}
