//! Two sets to be compared: a reference, and the set whose distance from it is asked.

use std::sync::OnceLock;

use numeric::Vectors;
use text::{NGrams, TokenIds};

use crate::{MeasureError, Set, Texts};

/// A reference and another set.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// What is compared with.
    pub reference: Set<'a>,
    /// What is compared.
    pub other: Set<'a>,
    joint: OnceLock<JointTokens>,
}

impl<'a> Pair<'a> {
    /// `other`, to be compared with `reference`.
    pub const fn new(reference: Set<'a>, other: Set<'a>) -> Self {
        Self {
            reference,
            other,
            joint: OnceLock::new(),
        }
    }

    /// The rows at these places of the reference, and at these of the other set.
    #[must_use]
    pub fn select(&self, of_reference: &[usize], of_other: &[usize]) -> Self {
        let selected = Self::new(
            self.reference.select(of_reference),
            self.other.select(of_other),
        );
        if let Some(joint) = self.joint.get() {
            let shifted = of_other.iter().map(|row| joint.split + row);
            let rows: Vec<usize> = of_reference.iter().copied().chain(shifted).collect();
            selected.joint.get_or_init(|| JointTokens {
                tokens: joint.tokens.select(&rows),
                split: of_reference.len(),
            });
        }
        selected
    }

    /// The tokens of both sets under one numbering; `None` where one has no texts.
    pub fn tokens(&self) -> Option<&JointTokens> {
        let (reference, other) = (self.reference.texts()?, self.other.texts()?);
        Some(self.joint.get_or_init(|| JointTokens {
            tokens: reference.followed_by(other).tokens().clone(),
            split: reference.len(),
        }))
    }

    /// The texts of both sets; `None` where one has none.
    pub fn texts(&self) -> Option<(&Texts<'a>, &Texts<'a>)> {
        Some((self.reference.texts()?, self.other.texts()?))
    }

    /// The labels of both sets; `None` where one has none.
    pub fn labels(&self) -> Option<(&[&'a str], &[&'a str])> {
        Some((self.reference.labels()?, self.other.labels()?))
    }

    /// The vectors of both sets, of one dimension; `None` where one has none.
    pub fn vectors(&self) -> Option<Result<(&Vectors, &Vectors), MeasureError>> {
        let (a, b) = (self.reference.vectors()?, self.other.vectors()?);
        let (reference, other) = (a.dim(), b.dim());
        if reference != other {
            return Some(Err(MeasureError::Dimensions { reference, other }));
        }
        Some(Ok((a, b)))
    }
}

/// The tokens of two sets under one numbering: first those of the reference.
#[derive(Clone, Debug)]
pub struct JointTokens {
    /// The tokens of all texts, those of the reference first.
    pub tokens: TokenIds,
    /// How many texts the reference has.
    pub split: usize,
}

impl JointTokens {
    /// How often each n-gram of this `order` occurs in the reference, and in the other set.
    pub fn counts(&self, order: usize) -> [Vec<u64>; 2] {
        let ngrams = NGrams::of_order(&self.tokens, order);
        let mut counts = [vec![0; ngrams.kinds()], vec![0; ngrams.kinds()]];
        for (text, row) in ngrams.rows().iter().enumerate() {
            let counts = &mut counts[usize::from(text >= self.split)];
            row.iter().for_each(|id| counts[*id as usize] += 1);
        }
        counts
    }

    /// How many tokens each text of the reference has, and each of the other set.
    pub fn lengths(&self) -> [Vec<usize>; 2] {
        let mut lengths: Vec<usize> = self.tokens.rows().iter().map(<[u32]>::len).collect();
        let other = lengths.split_off(self.split);
        [lengths, other]
    }
}

#[cfg(test)]
mod tests {
    use text::Tokenizer;

    use super::*;

    fn pair() -> Pair<'static> {
        let set = |texts: &[&'static str]| Set::of_texts(texts, Tokenizer::Unicode);
        Pair::new(set(&["a b", "c"]), set(&["c a", "d"]))
    }

    #[test]
    fn equal_tokens_of_both_sets_have_one_number() {
        let pair = pair();
        let joint = pair.tokens().expect("texts");
        let rows: Vec<_> = joint.tokens.rows().iter().collect();
        assert_eq!(rows, [&[0, 1][..], &[2], &[2, 0], &[3]]);
        assert_eq!(joint.split, 2);
    }

    #[test]
    fn each_set_is_counted_by_itself() {
        let pair = pair();
        let joint = pair.tokens().expect("texts");
        assert_eq!(joint.counts(1), [vec![1, 1, 1, 0], vec![1, 0, 1, 1]]);
        assert_eq!(joint.counts(2), [vec![1, 0], vec![0, 1]]);
        assert_eq!(joint.lengths(), [vec![2, 1], vec![2, 1]]);
    }

    #[test]
    fn a_selection_is_numbered_as_if_it_were_alone() {
        let numbered = pair();
        numbered.tokens().expect("texts");
        let (one, other) = (numbered.select(&[1], &[0]), pair().select(&[1], &[0]));
        let (one, other) = (one.tokens().expect("texts"), other.tokens().expect("texts"));
        assert_eq!((&one.tokens, one.split), (&other.tokens, other.split));
    }

    #[test]
    fn vectors_of_two_dimensions_are_refused() {
        let (one, other) = (
            Vectors::new(vec![1.0; 4], 2).expect("whole rows"),
            Vectors::new(vec![1.0; 3], 3).expect("whole rows"),
        );
        let pair = Pair::new(Set::of_vectors(&one), Set::of_vectors(&other));
        let (reference, other) = (2, 3);
        let refused = Err(MeasureError::Dimensions { reference, other });
        assert_eq!(pair.vectors().expect("vectors"), refused);
        assert!(pair.texts().is_none());
    }
}
