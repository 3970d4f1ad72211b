//! Whether a text belongs to a grammar, and to which of its classes: the truth that labels are held against.

use super::{Grammar, LONGEST_TEXT, Symbol};

/// What a grammar says of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// The text can be derived, under these labels, in the order of the file.
    Member {
        /// One label; more where the text is ambiguous.
        labels: Vec<String>,
    },
    /// The text cannot be derived.
    NotMember,
}

impl Truth {
    /// Whether the text can be derived under `label`.
    pub fn allows(&self, label: &str) -> bool {
        matches!(self, Self::Member { labels } if labels.iter().any(|known| known == label))
    }
}

impl Grammar {
    /// The classes that derive `text`; white space between words does not matter, case does.
    pub fn classify(&self, text: &str) -> Truth {
        let labels = self.derivations(text).into_iter().map(|(label, _)| label);
        let mut labels: Vec<String> = labels.map(str::to_owned).collect();
        labels.dedup();
        if labels.is_empty() {
            Truth::NotMember
        } else {
            Truth::Member { labels }
        }
    }

    /// The labels and templates that derive `text`, in the order of the file.
    pub fn templates_of(&self, text: &str) -> Vec<(String, String)> {
        let each = self.derivations(text).into_iter();
        each.map(|(label, template)| (label.to_owned(), format!("{label}/{}", template + 1)))
            .collect()
    }

    fn derivations(&self, text: &str) -> Vec<(&str, usize)> {
        let Some(words) = self.read(text).filter(|words| words.len() <= LONGEST_TEXT) else {
            return Vec::new();
        };
        let mut chart = Chart::new(self, &words);
        let whole = 1u128 << words.len();
        let mut found = Vec::new();
        for class in &self.classes {
            for &index in self.starts[class.rule].before(words.first().copied()) {
                let symbols = &self.rules[class.rule].alternatives[index as usize];
                if chart.after(symbols, 0) & whole != 0 {
                    found.push((class.label.as_str(), index as usize));
                }
            }
        }
        found
    }
}

/// Where in a text each rule can end, worked out once for each start; a set of places is a bit mask.
pub(super) struct Chart<'a> {
    grammar: &'a Grammar,
    words: &'a [u32],
    /// By start, then rule; all bits set where not yet known, which no true set has.
    ends: Vec<u128>,
}

impl<'a> Chart<'a> {
    /// A chart over at most [`LONGEST_TEXT`] words.
    pub(super) fn new(grammar: &'a Grammar, words: &'a [u32]) -> Self {
        let ends = vec![u128::MAX; grammar.rules.len() * (words.len() + 1)];
        Self {
            grammar,
            words,
            ends,
        }
    }

    /// Where a text of `rule` that starts at `start` can end.
    pub(super) fn ends(&mut self, rule: usize, start: usize) -> u128 {
        let cell = start * self.grammar.rules.len() + rule;
        if self.ends[cell] != u128::MAX {
            return self.ends[cell];
        }
        let grammar = self.grammar;
        let mut ends = 0;
        for &index in grammar.starts[rule].before(self.words.get(start).copied()) {
            ends |= self.after(&grammar.rules[rule].alternatives[index as usize], start);
        }
        self.ends[cell] = ends;
        ends
    }

    /// Where a sequence that starts at `start` can end.
    fn after(&mut self, symbols: &[Symbol], start: usize) -> u128 {
        let mut places = 1u128 << start;
        for symbol in symbols {
            let mut next = 0;
            for place in bits(places) {
                next |= match *symbol {
                    Symbol::Word(word) if self.words.get(place) == Some(&word) => 2 << place,
                    Symbol::Word(_) => 0,
                    Symbol::Rule(rule) => self.ends(rule, place),
                };
            }
            if next == 0 {
                return 0;
            }
            places = next;
        }
        places
    }
}

/// The places of a set, in ascending order.
pub(super) fn bits(mut places: u128) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (places != 0).then(|| places.trailing_zeros() as usize)?;
        places &= places - 1;
        Some(place)
    })
}
