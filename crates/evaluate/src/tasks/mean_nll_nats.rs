//! The mean loss of a token in nats: the logarithm of the perplexity.

use super::{Figure, LOWER, Measure, Task};
use crate::interval::Resampling;
use crate::judges::Losses;

pub(super) const TASK: Task = Task {
    name: "mean_nll_nats",
    unit: "nats",
    direction: LOWER,
    measure: Measure::Losses(measure),
};

fn measure(losses: &Losses, resampling: &Resampling) -> Figure {
    Figure::new(losses.rate(&losses.tokens, resampling, |nats| nats))
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::judges::{Context, losses_of};

    #[test]
    fn it_is_over_tokens_and_not_over_texts() {
        let losses = losses_of(&[(3.0, 3, 9), (5.0, 1, 1)], Context::FirstOfText);
        let resampling = Resampling::new(&[0, 1], Seed::new(1));
        let estimate = measure(&losses, &resampling).estimate.expect("a figure");
        assert_eq!((estimate.value, estimate.n), (2.0, 2));
    }
}
