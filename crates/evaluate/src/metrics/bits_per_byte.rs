//! The loss in bits for a byte of text, which does not depend on how a tokenizer cuts it.

use std::f64::consts::LN_2;

use super::{Direction, Metric};
use crate::form::Form;

pub(super) const METRIC: Metric = Metric {
    name: "bits_per_byte",
    unit: "bits",
    direction: Direction::Lower,
    forms: &[Form::Perplexity],
    score: |said| super::loss_over(said, "n_bytes", |nats| nats / LN_2),
};

#[cfg(test)]
mod tests {
    use super::super::perplexity::tests::of_losses;
    use super::*;

    #[test]
    fn losses_are_told_in_bits_of_a_byte() {
        // 8 · ln 2 nats are 8 bits, over 10 bytes.
        let said = of_losses(&[(3.0 * LN_2, 3, 9, 2), (5.0 * LN_2, 1, 1, 1)]);
        let score = (METRIC.score)(&said).expect("a score");
        assert!((score.value(&[1, 1]) - 0.8).abs() < 1e-12);
    }

    #[test]
    fn it_has_no_value_where_the_first_token_is_not_predicted() {
        use std::sync::Arc;

        use crate::predictions::{floats, tests::of_columns};
        let bytes = Arc::new(arrow::array::Int64Array::from(vec![None]));
        let columns = vec![("nll_nats", floats([1.0])), ("n_bytes", bytes as _)];
        let score = (METRIC.score)(&of_columns(Form::Perplexity, columns));
        assert!(matches!(
            score.expect("a reason"),
            super::super::Score::None(_)
        ));
    }
}
