//! How many kinds of n-grams occur once, twice, …: all that measures of vocabulary look at.

use crate::NGrams;

/// The frequency spectrum: how many kinds occur how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spectrum {
    /// (i, Vᵢ): so many kinds occur i times; i ascending, Vᵢ at least 1.
    classes: Vec<(u64, u64)>,
}

impl Spectrum {
    /// The spectrum of these n-grams.
    pub fn new(ngrams: NGrams<'_>) -> Self {
        let mut counts = ngrams.counts();
        counts.sort_unstable();
        let runs = counts.chunk_by(|a, b| a == b);
        Self {
            classes: runs.map(|run| (run[0], run.len() as u64)).collect(),
        }
    }

    /// (i, Vᵢ): so many kinds occur i times; i ascending, Vᵢ at least 1.
    pub fn classes(&self) -> &[(u64, u64)] {
        &self.classes
    }

    /// How many kinds there are: V.
    pub fn kinds(&self) -> u64 {
        self.classes.iter().map(|(_, kinds)| kinds).sum()
    }

    /// How many occurrences there are: N.
    pub fn total(&self) -> u64 {
        self.classes
            .iter()
            .map(|(count, kinds)| count * kinds)
            .sum()
    }

    /// How many kinds occur exactly once: V₁.
    pub fn once(&self) -> u64 {
        self.classes
            .first()
            .filter(|(count, _)| *count == 1)
            .map_or(0, |(_, kinds)| *kinds)
    }

    /// The sum over all kinds of `term`, a function of how often a kind occurs.
    pub fn sum(&self, mut term: impl FnMut(u64) -> f64) -> f64 {
        let terms = self.classes.iter();
        numeric::sum(terms.map(|(count, kinds)| *kinds as f64 * term(*count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TokenIds, Tokenizer};

    #[test]
    fn kinds_are_counted_by_how_often_they_occur() {
        // a 3 times, b twice, c and d once.
        let tokens = TokenIds::new(&["a b a", "c b a d"], Tokenizer::Whitespace);
        let spectrum = Spectrum::new(tokens.ngrams(1));
        assert_eq!(spectrum.classes(), [(1, 2), (2, 1), (3, 1)]);
        assert_eq!(
            (spectrum.kinds(), spectrum.total(), spectrum.once()),
            (4, 7, 2)
        );
        assert_eq!(spectrum.sum(|count| (count * count) as f64), 15.0);
    }

    #[test]
    fn nothing_has_an_empty_spectrum() {
        let tokens = TokenIds::new(&["", ""], Tokenizer::Whitespace);
        let spectrum = Spectrum::new(tokens.ngrams(1));
        assert_eq!(
            (spectrum.kinds(), spectrum.total(), spectrum.once()),
            (0, 0, 0)
        );
    }
}
