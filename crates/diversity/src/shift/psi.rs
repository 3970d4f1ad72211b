//! How far the shares of a few bins have moved: the population stability index.
//!
//! # Definition
//!
//! Σ (q − p) ln(q / p) over the bins, with p the share of the reference in a bin and q that of the
//! set; a share below 0.0001 counts as that much.
//!
//! - `psi_length`: the bins are those between the deciles of the reference's lengths in tokens
//!   (linear interpolation), each from its lower edge on; equal deciles are one edge.
//! - `psi_label`: the bins are the labels of either set. Beside it stands the total variation
//!   distance ½ Σ |q − p|.
//!
//! # Range
//!
//! From 0, higher is farther. By an old rule of thumb below 0.1 is none, 0.1 to 0.25 moderate and
//! above 0.25 a large shift; with few rows it is above that by chance (about (bins − 1) (1/n + 1/m)).
//!
//! # Cost
//!
//! O(tokens) and O(n) time.
//!
//! # Source
//!
//! Jeffreys 1946; as an index with these thresholds Siddiqi 2006, "Credit Risk Scorecards".

use std::collections::BTreeMap;

use numeric::{quantile_sorted, sum};

use crate::{Compare, Direction, Figure, MeasureError, Measured, Param, Preset, Shift};

/// A share below this counts as this.
const FLOOR: f64 = 1e-4;
/// How many bins lengths are put into.
const BINS: u64 = 10;

pub(super) static PSI_LENGTH: Shift = Shift {
    name: "psi_length",
    family: "psi",
    unit: "nats",
    direction: Direction::HigherIsFarther,
    about: "how far the lengths in tokens have moved between the reference's deciles",
    params: &[Param::integer("bins", BINS), Param::real("floor", FLOOR)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compare::Tokens(|tokens, _| {
        let [reference, other] = tokens.lengths();
        psi_length(&reference, &other)
    }),
};

pub(super) static PSI_LABEL: Shift = Shift {
    name: "psi_label",
    family: "psi",
    unit: "nats",
    direction: Direction::HigherIsFarther,
    about: "how far the shares of the labels have moved",
    params: &[Param::real("floor", FLOOR)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compare::Labels(|reference, other, _| psi_label(reference, other)),
};

/// The index over two lists of counts of the same bins.
pub fn psi(reference: &[u64], other: &[u64]) -> Result<f64, MeasureError> {
    let [p, q] = shares(reference, other)?;
    let terms = p.iter().zip(q).map(|(p, q)| {
        let (p, q) = (p.max(FLOOR), q.max(FLOOR));
        (q - p) * (q / p).ln()
    });
    Ok(sum(terms))
}

fn shares(reference: &[u64], other: &[u64]) -> Result<[Vec<f64>; 2], MeasureError> {
    let total = |counts: &[u64]| counts.iter().sum::<u64>();
    let (n, m) = (total(reference), total(other));
    MeasureError::check("rows", 1, n.min(m) as usize)?;
    let of = |counts: &[u64], total: u64| {
        let share = |count: &u64| *count as f64 / total as f64;
        counts.iter().map(share).collect::<Vec<f64>>()
    };
    Ok([of(reference, n), of(other, m)])
}

fn psi_length(reference: &[usize], other: &[usize]) -> Measured {
    MeasureError::check("rows", 1, reference.len().min(other.len()))?;
    let mut sorted: Vec<f64> = reference.iter().map(|length| *length as f64).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let decile = |bin: u64| quantile_sorted(&sorted, bin as f64 / BINS as f64);
    let mut edges: Vec<f64> = (1..BINS).filter_map(decile).collect();
    edges.dedup();
    let counts = |lengths: &[usize]| {
        let mut counts = vec![0; edges.len() + 1];
        for length in lengths {
            counts[edges.partition_point(|edge| *edge <= *length as f64)] += 1;
        }
        counts
    };
    Ok(psi(&counts(reference), &counts(other))?.into())
}

fn psi_label(reference: &[&str], other: &[&str]) -> Measured {
    let mut bins: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for (side, labels) in [reference, other].into_iter().enumerate() {
        for label in labels {
            bins.entry(label).or_default()[side] += 1;
        }
    }
    let counts = |side: usize| bins.values().map(|bin| bin[side]).collect::<Vec<u64>>();
    let (reference, other) = (counts(0), counts(1));
    let value = psi(&reference, &other)?;
    let [p, q] = shares(&reference, &other)?;
    let variation = sum(p.iter().zip(&q).map(|(p, q)| (q - p).abs())) / 2.0;
    Ok(Figure::from(value).with(Param::real("total_variation", variation)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // p = (½, ½), q = (¼, ¾): −¼ ln ½ + ¼ ln 1.5 = ¼ ln 3.
        let found = psi(&[5, 5], &[1, 3]).expect("rows");
        assert!((found - 0.25 * 3.0f64.ln()).abs() < 1e-15);
        assert_eq!(psi(&[2, 6], &[1, 3]), Ok(0.0));
    }

    #[test]
    fn the_index_is_symmetric() {
        assert_eq!(psi(&[7, 2, 1], &[1, 1, 8]), psi(&[1, 1, 8], &[7, 2, 1]));
    }

    #[test]
    fn an_empty_bin_counts_as_the_floor() {
        let found = psi(&[1, 0], &[0, 1]).expect("rows");
        let expected = 2.0 * (1.0 - FLOOR) * (1.0 / FLOOR).ln();
        assert!((found - expected).abs() < 1e-12);
    }

    #[test]
    fn lengths_fall_between_the_deciles_of_the_reference() {
        let reference: Vec<usize> = (1..=100).collect();
        assert_eq!(psi_length(&reference, &reference).expect("rows").value, 0.0);
        // All in the last bin, which holds a tenth: 0.9 ln 10 and nine times (ε − 0.1) ln(ε / 0.1).
        let far = psi_length(&reference, &[500; 40]).expect("rows").value;
        let expected = 0.9 * 10.0f64.ln() + 9.0 * (FLOOR - 0.1) * (FLOOR / 0.1).ln();
        assert!((far - expected).abs() < 1e-12, "{far} {expected}");
    }

    #[test]
    fn one_length_is_one_edge() {
        // All deciles are 7: below it, and from it on.
        let found = psi_length(&[7; 20], &[7, 7, 3, 3]).expect("rows").value;
        assert!((found - psi(&[0, 20], &[2, 2]).expect("rows")).abs() < 1e-15);
    }

    #[test]
    fn a_label_that_one_set_lacks_is_a_bin() {
        let figure = psi_label(&["a", "b"], &["a", "c"]).expect("rows");
        assert_eq!(figure.details, [Param::real("total_variation", 0.5)]);
        assert!((figure.value - psi(&[1, 1, 0], &[1, 0, 1]).expect("rows")).abs() < 1e-15);
        assert!(psi_label(&["a"], &[]).is_err());
    }
}
