//! All texts that a slot can stand for, with their probabilities.

use std::collections::BTreeMap;

use super::error::{GrammarError, Problem};
use super::knobs::Knobs;
use super::{Grammar, Symbol};

/// The most texts that a slot's rule may derive.
const WIDEST_SLOT: usize = 10_000;

/// Texts, as words, and their probabilities.
pub(super) type List = BTreeMap<Vec<u32>, f64>;

/// The texts of rules, each rule listed once.
pub(super) struct Lists<'a> {
    grammar: &'a Grammar,
    knobs: Knobs,
    known: BTreeMap<usize, Option<List>>,
}

impl<'a> Lists<'a> {
    pub(super) fn new(grammar: &'a Grammar, knobs: Knobs) -> Self {
        let known = BTreeMap::new();
        Self {
            grammar,
            knobs,
            known,
        }
    }

    /// The texts of `rule`; `None` if there are too many.
    pub(super) fn of(&mut self, rule: usize) -> Option<&List> {
        if !self.known.contains_key(&rule) {
            let list = self.listed(rule);
            self.known.insert(rule, list);
        }
        self.known[&rule].as_ref()
    }

    fn listed(&mut self, rule: usize) -> Option<List> {
        let rule = &self.grammar.rules[rule];
        let probabilities = self.knobs.probabilities(&rule.name, &rule.weights);
        let mut all = List::new();
        for (symbols, probability) in rule.alternatives.iter().zip(probabilities) {
            for (text, p) in self.of_sequence(symbols)? {
                *all.entry(text).or_insert(0.0) += p * probability;
            }
            if all.len() > WIDEST_SLOT {
                return None;
            }
        }
        Some(all)
    }

    fn of_sequence(&mut self, symbols: &[Symbol]) -> Option<List> {
        let mut texts = List::from([(Vec::new(), 1.0)]);
        for symbol in symbols {
            texts = match *symbol {
                Symbol::Word(word) => joined(&texts, &List::from([(vec![word], 1.0)]))?,
                Symbol::Rule(rule) => joined(&texts, self.of(rule)?)?,
            };
        }
        Some(texts)
    }
}

/// Every head followed by every tail.
fn joined(heads: &List, tails: &List) -> Option<List> {
    if heads.len().saturating_mul(tails.len()) > WIDEST_SLOT {
        return None;
    }
    let mut all = List::new();
    for (head, p) in heads {
        for (tail, q) in tails {
            *all.entry([head.as_slice(), tail].concat()).or_insert(0.0) += p * q;
        }
    }
    Some(all)
}

/// Refuses slots whose texts cannot be listed, or are too few.
pub(super) fn check(grammar: &Grammar) -> Result<(), GrammarError> {
    let mut lists = Lists::new(grammar, Knobs::HUMAN);
    for page in &grammar.pages {
        for slot in &page.slots {
            let rule = grammar.rules[slot.rule].name.clone();
            let slots = page
                .slots
                .iter()
                .filter(|other| other.rule == slot.rule)
                .count();
            let problem = match lists.of(slot.rule).map(BTreeMap::len) {
                None => Problem::SlotTooWide {
                    rule,
                    most: WIDEST_SLOT,
                },
                Some(values) if values < slots => Problem::SlotTooNarrow {
                    rule,
                    slots,
                    values,
                },
                Some(_) => continue,
            };
            let (place, block) = (page.place, page.name.clone());
            return Err(GrammarError::Block {
                place,
                block,
                problem,
            });
        }
    }
    Ok(())
}
