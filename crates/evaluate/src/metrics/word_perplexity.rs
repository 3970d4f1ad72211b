//! The perplexity of a word: the exponential of the loss for a word, as lm-evaluation-harness has it.
//!
//! Words are what runs of white space set apart, and an empty part at either end is one too.

use super::{Direction, Metric};
use crate::form::Form;

pub(super) const METRIC: Metric = Metric {
    name: "word_perplexity",
    unit: "perplexity",
    direction: Direction::Lower,
    forms: &[Form::Perplexity],
    score: |said| super::loss_over(said, "n_words", f64::exp),
};

#[cfg(test)]
mod tests {
    use super::super::perplexity::tests::of_losses;
    use super::*;

    #[test]
    fn it_is_over_words() {
        let said = of_losses(&[(3.0, 3, 9, 2), (5.0, 1, 1, 2)]);
        let score = (METRIC.score)(&said).expect("a score");
        assert!((score.value(&[1, 1]) - 2f64.exp()).abs() < 1e-12);
    }
}
