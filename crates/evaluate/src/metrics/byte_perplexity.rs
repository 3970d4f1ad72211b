//! The perplexity of a byte: the exponential of the loss for a byte, as lm-evaluation-harness has it.

use super::{Direction, Metric};
use crate::form::Form;

pub(super) const METRIC: Metric = Metric {
    name: "byte_perplexity",
    unit: "perplexity",
    direction: Direction::Lower,
    forms: &[Form::Perplexity],
    score: |said| super::loss_over(said, "n_bytes", f64::exp),
};

#[cfg(test)]
mod tests {
    use super::super::perplexity::tests::of_losses;
    use super::*;

    #[test]
    fn it_is_two_to_the_bits_of_a_byte() {
        let said = of_losses(&[(3.0, 3, 9, 2), (5.0, 1, 1, 1)]);
        let score = (METRIC.score)(&said).expect("a score");
        assert!((score.value(&[1, 1]) - 0.8f64.exp()).abs() < 1e-12);
    }
}
