//! The loss in bits for a byte of text, which does not depend on how a tokenizer cuts it.

use std::f64::consts::LN_2;

use super::{Figure, LOWER, Measure, Task};
use crate::interval::Resampling;
use crate::judges::{Context, Losses};

pub(super) const TASK: Task = Task {
    name: "bits_per_byte",
    unit: "bits",
    direction: LOWER,
    measure: Measure::Losses(measure),
};

fn measure(losses: &Losses, resampling: &Resampling) -> Figure {
    let mut figure = Figure::new(losses.rate(&losses.bytes, resampling, |nats| nats / LN_2));
    if losses.context == Context::FirstOfText {
        figure.estimate = Err(
            "the model has no token that begins or ends a text, so the first token of each text \
             is not predicted"
                .to_owned(),
        );
    }
    figure
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::judges::losses_of;

    #[test]
    fn losses_are_told_in_bits_of_a_byte() {
        // 8 · ln 2 nats are 8 bits, over 10 bytes.
        let texts = [(3.0 * LN_2, 3, 9), (5.0 * LN_2, 1, 1)];
        let resampling = Resampling::new(&[0, 1], Seed::new(1));
        let figure = measure(&losses_of(&texts, Context::Token(1)), &resampling);
        assert!((figure.estimate.expect("a figure").value - 0.8).abs() < 1e-12);
        let figure = measure(&losses_of(&texts, Context::FirstOfText), &resampling);
        assert!(figure.estimate.is_err());
    }
}
