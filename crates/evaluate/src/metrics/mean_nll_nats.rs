//! The mean loss of a token in nats: the logarithm of the perplexity.

use super::{Direction, Metric};
use crate::form::Form;

pub(super) const METRIC: Metric = Metric {
    name: "mean_nll_nats",
    unit: "nats",
    direction: Direction::Lower,
    forms: &[Form::Perplexity],
    score: |said| super::loss_over(said, "n_tokens", |nats| nats),
};

#[cfg(test)]
mod tests {
    use super::super::perplexity::tests::of_losses;
    use super::*;

    #[test]
    fn it_is_over_tokens_and_not_over_texts() {
        let said = of_losses(&[(3.0, 3, 9, 2), (5.0, 1, 1, 1)]);
        let score = (METRIC.score)(&said).expect("a score");
        assert_eq!(score.value(&[1, 1]), 2.0);
    }
}
