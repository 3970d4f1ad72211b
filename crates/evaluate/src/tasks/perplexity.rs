//! How many equally likely tokens the decoder wavers between, on average.

use super::{Figure, LOWER, Measure, Task};
use crate::interval::Resampling;
use crate::judges::Losses;

/// Of all tokens of all texts together, so that a long text counts for more than a short one.
pub(super) const TASK: Task = Task {
    name: "perplexity",
    unit: "perplexity",
    direction: LOWER,
    measure: Measure::Losses(measure),
};

fn measure(losses: &Losses, resampling: &Resampling) -> Figure {
    Figure::new(losses.rate(&losses.tokens, resampling, f64::exp))
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::judges::{Context, losses_of};

    #[test]
    fn it_is_the_exponential_of_the_mean_over_tokens() {
        // 3 tokens at ln 2 and 1 at ln 32: (3 + 5) · ln 2 over 4 tokens is ln 4.
        let texts = [(3.0 * 2f64.ln(), 3, 9), (32f64.ln(), 1, 1)];
        let losses = losses_of(&texts, Context::FirstOfText);
        let resampling = Resampling::new(&[0, 1], Seed::new(1));
        let estimate = measure(&losses, &resampling).estimate.expect("a figure");
        let interval = estimate.interval.expect("an interval");
        assert!((estimate.value - 4.0).abs() < 1e-12);
        // Two rows drawn with replacement: both the first, both the second, or one of each.
        assert!((interval.low - 2.0).abs() < 1e-12 && (interval.high - 32.0).abs() < 1e-12);
    }
}
