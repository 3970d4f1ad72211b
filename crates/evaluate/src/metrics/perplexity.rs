//! How many equally likely tokens the decoder wavers between, on average.
//!
//! Of all tokens of all texts together, so that a long text counts for more than a short one.

use super::{Direction, Metric};
use crate::form::Form;

pub(super) const METRIC: Metric = Metric {
    name: "perplexity",
    unit: "perplexity",
    direction: Direction::Lower,
    forms: &[Form::Perplexity],
    score: |said| super::loss_over(said, "n_tokens", f64::exp),
};

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::predictions::{Predictions, counts, floats, tests::of_columns, tokens};

    /// Predictions of texts with these losses in nats, tokens, bytes and words.
    pub(in crate::metrics) fn of_losses(texts: &[(f64, usize, usize, usize)]) -> Predictions {
        let columns = vec![
            ("nll_nats", floats(texts.iter().map(|text| text.0))),
            ("n_tokens", tokens(texts.iter().map(|text| text.1))),
            ("n_bytes", counts(texts.iter().map(|text| text.2))),
            ("n_words", counts(texts.iter().map(|text| text.3))),
        ];
        of_columns(Form::Perplexity, columns)
    }

    #[test]
    fn it_is_the_exponential_of_the_mean_over_tokens() {
        // 3 tokens at ln 2 and 1 at ln 32: (3 + 5) · ln 2 over 4 tokens is ln 4.
        let said = of_losses(&[(3.0 * 2f64.ln(), 3, 9, 2), (32f64.ln(), 1, 1, 1)]);
        let score = (METRIC.score)(&said).expect("a score");
        assert!((score.value(&[1, 1]) - 4.0).abs() < 1e-12);
        assert!((score.value(&[2, 0]) - 2.0).abs() < 1e-12);
    }
}
