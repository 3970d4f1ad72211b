//! Whether an answer is the right one: a context is read back into its slots.

use super::qa::{Page, Piece};
use super::recognise::{Chart, bits};
use super::{Grammar, LONGEST_TEXT, Symbol};

/// After how many steps a context counts as read.
const MOST_READING_STEPS: usize = 1_000_000;

/// What a grammar says of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QaTruth {
    /// It is the answer.
    Right,
    /// The context and the question can be derived, and these are the answers.
    Wrong {
        /// The right answers; more than one where the question can be read in several ways.
        expected: Vec<String>,
    },
    /// The context cannot be derived, or the question not with it.
    NotMember,
}

impl Grammar {
    /// Whether `answer` answers `question` by what `context` says.
    pub fn classify_qa(&self, context: &str, question: &str, answer: &str) -> QaTruth {
        let (Some(context), Some(question)) = (self.read(context), self.read(question)) else {
            return QaTruth::NotMember;
        };
        if context.len().max(question.len()) > LONGEST_TEXT {
            return QaTruth::NotMember;
        }
        let answer = self
            .read(answer)
            .filter(|answer| answer.len() <= LONGEST_TEXT);
        let mut expected: Option<Vec<String>> = None;
        for page in &self.pages {
            for bound in Reading::new(self, page, &context).bindings() {
                let bound: Vec<&[u32]> = bound.iter().map(Vec::as_slice).collect();
                for ask in &page.asks {
                    if !fits(self, &ask.question, &bound, &question) {
                        continue;
                    }
                    if answer
                        .as_ref()
                        .is_some_and(|answer| fits(self, &ask.answer, &bound, answer))
                    {
                        return QaTruth::Right;
                    }
                    expected
                        .get_or_insert_default()
                        .extend(self.only(&ask.answer, &bound));
                }
            }
        }
        expected.map_or(QaTruth::NotMember, |mut expected| {
            expected.sort();
            expected.dedup();
            QaTruth::Wrong { expected }
        })
    }

    /// The text of a phrase that slots and words alone make.
    fn only(&self, phrase: &[Piece], bound: &[&[u32]]) -> Option<String> {
        let mut words = Vec::new();
        for piece in phrase {
            match *piece {
                Piece::Free(Symbol::Word(word)) => words.push(word),
                Piece::Free(Symbol::Rule(_)) => return None,
                Piece::Slot(slot) => words.extend(bound[slot]),
            }
        }
        Some(self.write(&words))
    }
}

/// Whether `words` are a text of `phrase` with every slot bound.
fn fits(grammar: &Grammar, phrase: &[Piece], bound: &[&[u32]], words: &[u32]) -> bool {
    let mut chart = Chart::new(grammar, words);
    let mut places = 1u128;
    for piece in phrase {
        let mut next = 0;
        for place in bits(places) {
            next |= match *piece {
                Piece::Free(Symbol::Rule(rule)) => chart.ends(rule, place),
                Piece::Free(Symbol::Word(word)) => after(&words[place..], &[word], place),
                Piece::Slot(slot) => after(&words[place..], bound[slot], place),
            };
        }
        places = next;
    }
    places & 1 << words.len() != 0
}

/// The place after `value` if `words`, which start at `place`, start with it; else no place.
fn after(words: &[u32], value: &[u32], place: usize) -> u128 {
    u128::from(words.starts_with(value)) << (place + value.len()).min(LONGEST_TEXT)
}

/// A context being read: all ways to bind the slots of a page to its words.
struct Reading<'a> {
    page: &'a Page,
    words: &'a [u32],
    chart: Chart<'a>,
    found: Vec<Vec<Vec<u32>>>,
    /// How many more steps may be taken: the ways to read a contrived context can be too many to try.
    steps_left: usize,
}

impl<'a> Reading<'a> {
    fn new(grammar: &'a Grammar, page: &'a Page, words: &'a [u32]) -> Self {
        let chart = Chart::new(grammar, words);
        let found = Vec::new();
        let steps_left = MOST_READING_STEPS;
        Self {
            page,
            words,
            chart,
            found,
            steps_left,
        }
    }

    fn bindings(mut self) -> Vec<Vec<Vec<u32>>> {
        let nothing = vec![None; self.page.slots.len()];
        self.go(0, 0, &nothing);
        self.found
    }

    /// Reads the pieces from `piece` on at `place`.
    fn go(&mut self, piece: usize, place: usize, bound: &[Option<&'a [u32]>]) {
        let Some(steps_left) = self.steps_left.checked_sub(1) else {
            return;
        };
        self.steps_left = steps_left;
        let page = self.page;
        let Some(next) = page.context.get(piece) else {
            if place == self.words.len() {
                let all = bound.iter().flatten().map(|value| value.to_vec());
                self.found.push(all.collect());
            }
            return;
        };
        let (ends, slot) = match *next {
            Piece::Free(Symbol::Word(word)) => {
                let here = self.words.get(place) == Some(&word);
                (u128::from(here) << (place + 1), None)
            }
            Piece::Free(Symbol::Rule(rule)) => (self.chart.ends(rule, place), None),
            Piece::Slot(slot) => (self.chart.ends(page.slots[slot].rule, place), Some(slot)),
        };
        for end in bits(ends) {
            let Some(slot) = slot else {
                self.go(piece + 1, end, bound);
                continue;
            };
            let value = &self.words[place..end];
            if self.may_bind(slot, value, bound) {
                let mut bound = bound.to_vec();
                bound[slot] = Some(value);
                self.go(piece + 1, end, &bound);
            }
        }
    }

    /// A slot keeps its value, and shares it with no other slot of its rule.
    fn may_bind(&self, slot: usize, value: &[u32], bound: &[Option<&[u32]>]) -> bool {
        if let Some(known) = bound[slot] {
            return known == value;
        }
        let rule = self.page.slots[slot].rule;
        let rivals = self.page.slots.iter().zip(bound);
        rivals
            .filter(|(other, _)| other.rule == rule)
            .all(|(_, other)| *other != Some(value))
    }
}
