//! How many of the reference's rare words the set still has: tail coverage.
//!
//! # Definition
//!
//! The share of the reference's rare kinds of tokens that occur in the set at all. Rare are the
//! kinds that occur least often, counted from the rarest up until they make up a tenth of the
//! reference's tokens; kinds that occur equally often are rare together.
//!
//! # Range
//!
//! 0 to 1, lower is farther. A set of few tokens cannot have many of them: compare at equal numbers
//! of tokens, beside the value between two halves of the reference.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! That tails go first when models learn from models: Shumailov et al. 2024 (Nature). The measure is
//! ours.

use crate::{Compare, Direction, Figure, MeasureError, Measured, Param, Preset, Shift};

/// What share of the reference's tokens the rare kinds make up.
const TAIL: f64 = 0.1;

pub(super) static TAIL_COVERAGE: Shift = Shift {
    name: "tail_coverage",
    family: "tail_coverage",
    unit: "share",
    direction: Direction::LowerIsFarther,
    about: "share of the reference's rare words that the set has",
    params: &[Param::integer("n", 1), Param::real("tail", TAIL)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compare::Tokens(|tokens, _| {
        let [reference, other] = tokens.counts(1);
        tail_coverage(&reference, &other)
    }),
};

fn tail_coverage(reference: &[u64], other: &[u64]) -> Measured {
    let total: u64 = reference.iter().sum();
    MeasureError::check("tokens", 1, total.min(other.iter().sum()) as usize)?;
    let mut counts: Vec<u64> = reference
        .iter()
        .copied()
        .filter(|count| *count > 0)
        .collect();
    counts.sort_unstable();
    let mut mass = 0.0;
    let reached = counts.iter().find(|count| {
        mass += **count as f64;
        mass >= TAIL * total as f64
    });
    let most = reached.copied().unwrap_or(u64::MAX);
    let (mut rare, mut there) = (0u64, 0u64);
    for (count, of_other) in reference.iter().zip(other) {
        if *count > 0 && *count <= most {
            rare += 1;
            there += u64::from(*of_other > 0);
        }
    }
    let value = there as f64 / rare as f64;
    Ok(Figure::from(value).with(Param::integer("rare_kinds", rare)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // 20 tokens, a tenth is 2: the kinds that occur once (two of them) reach it. One is there.
        let figure = tail_coverage(&[10, 8, 1, 1, 0], &[5, 5, 0, 2, 9]).expect("tokens");
        assert_eq!(figure.value, 0.5);
        assert_eq!(figure.details, [Param::integer("rare_kinds", 2)]);
    }

    #[test]
    fn kinds_that_occur_equally_often_are_rare_together() {
        // A tenth of 10 is reached by the first kind that occurs twice; all five do.
        let figure = tail_coverage(&[2; 5], &[1, 0, 0, 0, 0]).expect("tokens");
        assert_eq!(figure.value, 0.2);
    }

    #[test]
    fn a_set_covers_its_own_tail() {
        assert_eq!(
            tail_coverage(&[9, 2, 1], &[9, 2, 1]).expect("tokens").value,
            1.0
        );
        assert!(tail_coverage(&[1], &[0]).is_err());
    }
}
