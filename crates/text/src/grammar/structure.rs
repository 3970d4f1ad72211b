//! How the rules of a grammar hang together: an order from the leaves up, sizes, and what a rule can start with.

use std::collections::{BTreeSet, HashMap};

use super::error::Problem;
use super::{Rule, Symbol};

/// How deep rules may be nested.
const DEEPEST: usize = 200;

/// Which alternatives of a rule can derive a text that starts with a given word.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts {
    by_word: HashMap<u32, Vec<u32>>,
    empty: Vec<u32>,
}

impl Starts {
    /// The alternatives to try before this word; without one, those that can be empty.
    pub(super) fn before(&self, word: Option<u32>) -> &[u32] {
        word.and_then(|word| self.by_word.get(&word))
            .unwrap_or(&self.empty)
    }
}

/// A search from the roots down.
struct Walk<'a> {
    rules: &'a [Rule],
    path: Vec<usize>,
    done: Vec<bool>,
    order: Vec<usize>,
}

/// The rules that `roots` reach, each after the rules it uses; or the rule at fault.
pub(super) fn leaves_first(
    rules: &[Rule],
    roots: &[usize],
) -> Result<Vec<usize>, (usize, Problem)> {
    let mut walk = Walk {
        rules,
        path: Vec::new(),
        done: vec![false; rules.len()],
        order: Vec::new(),
    };
    for root in roots {
        walk.visit(*root)?;
    }
    let mut depths = vec![0; rules.len()];
    for &rule in &walk.order {
        let below = references(&rules[rule]).map(|below| depths[below]).max();
        depths[rule] = below.unwrap_or(0) + 1;
        if depths[rule] > DEEPEST {
            return Err((rule, Problem::TooDeep(DEEPEST)));
        }
    }
    Ok(walk.order)
}

impl Walk<'_> {
    fn visit(&mut self, rule: usize) -> Result<(), (usize, Problem)> {
        if let Some(start) = self.path.iter().position(|above| *above == rule) {
            let circle = self.path[start..].iter().chain([&rule]);
            let names: Vec<&str> = circle.map(|rule| self.rules[*rule].name.as_str()).collect();
            return Err((rule, Problem::Recursive(names.join(" -> "))));
        }
        if self.done[rule] {
            return Ok(());
        }
        if self.path.len() == DEEPEST {
            return Err((rule, Problem::TooDeep(DEEPEST)));
        }
        self.path.push(rule);
        let rules = self.rules;
        for below in references(&rules[rule]) {
            self.visit(below)?;
        }
        self.path.pop();
        self.done[rule] = true;
        self.order.push(rule);
        Ok(())
    }
}

/// The rules that a rule's alternatives name.
fn references(rule: &Rule) -> impl Iterator<Item = usize> + '_ {
    let symbols = rule.alternatives.iter().flatten();
    symbols.filter_map(|symbol| match symbol {
        Symbol::Rule(rule) => Some(*rule),
        Symbol::Word(_) => None,
    })
}

/// The most that one text of a rule can take.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Size {
    /// Words, marks included.
    pub(super) words: usize,
    /// Rules expanded on the way; texts of no words have these too.
    pub(super) steps: usize,
}

/// The sizes of all rules, given an order from the leaves up.
pub(super) fn sizes(rules: &[Rule], order: &[usize]) -> Vec<Size> {
    let mut sizes = vec![Size::default(); rules.len()];
    for &rule in order {
        let mut largest = Size::default();
        for symbols in &rules[rule].alternatives {
            let size = size_of(symbols, &sizes);
            largest.words = largest.words.max(size.words);
            largest.steps = largest.steps.max(size.steps.saturating_add(1));
        }
        sizes[rule] = largest;
    }
    sizes
}

/// The size of a sequence.
pub(super) fn size_of(symbols: &[Symbol], sizes: &[Size]) -> Size {
    symbols.iter().fold(Size::default(), |total, symbol| {
        let size = match symbol {
            Symbol::Word(_) => Size { words: 1, steps: 0 },
            Symbol::Rule(rule) => sizes[*rule],
        };
        Size {
            words: total.words.saturating_add(size.words),
            steps: total.steps.saturating_add(size.steps),
        }
    })
}

/// What each rule can start with, given an order from the leaves up.
pub(super) fn starts(rules: &[Rule], order: &[usize]) -> Vec<Starts> {
    let mut firsts: Vec<(BTreeSet<u32>, bool)> = vec![Default::default(); rules.len()];
    let mut starts = vec![Starts::default(); rules.len()];
    for &rule in order {
        let alternatives = &rules[rule].alternatives;
        let each: Vec<_> = alternatives
            .iter()
            .map(|symbols| first(symbols, &firsts))
            .collect();
        starts[rule] = starts_of(&each);
        for (words, empty) in each {
            firsts[rule].0.extend(words);
            firsts[rule].1 |= empty;
        }
    }
    starts
}

/// The words a sequence can start with, and whether it can be empty.
fn first(symbols: &[Symbol], firsts: &[(BTreeSet<u32>, bool)]) -> (BTreeSet<u32>, bool) {
    let mut words = BTreeSet::new();
    for symbol in symbols {
        match symbol {
            Symbol::Word(word) => {
                words.insert(*word);
                return (words, false);
            }
            Symbol::Rule(rule) => words.extend(&firsts[*rule].0),
        }
        if let Symbol::Rule(rule) = symbol
            && !firsts[*rule].1
        {
            return (words, false);
        }
    }
    (words, true)
}

/// Turns each alternative's first words into each word's alternatives, in their order.
fn starts_of(alternatives: &[(BTreeSet<u32>, bool)]) -> Starts {
    let mut starts = Starts::default();
    for words in alternatives.iter().map(|(words, _)| words) {
        for word in words {
            starts.by_word.entry(*word).or_default();
        }
    }
    for (index, (words, empty)) in alternatives.iter().enumerate() {
        let words: Vec<u32> = if *empty {
            starts.empty.push(index as u32);
            starts.by_word.keys().copied().collect()
        } else {
            words.iter().copied().collect()
        };
        for word in words {
            starts.by_word.entry(word).or_default().push(index as u32);
        }
    }
    starts
}
