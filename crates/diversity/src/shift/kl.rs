//! How many bits the token frequencies of one set cost beyond those of the other: KL divergence.
//!
//! # Definition
//!
//! Σ p log₂(p / q) with p = (c + ½) / (N + ½ V): c of N tokens, V kinds of tokens in both sets
//! together. A half a kind is added (Krichevsky and Trofimov), since otherwise one token of one set
//! alone would make it infinite.
//!
//! - `kl_1`: p is the reference, q the set: grows with what of the reference the set leaves out.
//! - `kl_reverse_1`: p is the set, q the reference: grows with what the set adds.
//!
//! # Range
//!
//! From 0, higher is farther; it depends on how much text there is on both sides.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Kullback and Leibler 1951; Krichevsky and Trofimov 1981 for the half.

use numeric::sum;

use crate::{Compare, Direction, MeasureError, Param, Preset, Shift};

const PARAMS: &[Param] = &[
    Param::integer("n", 1),
    Param::integer("base", 2),
    Param::real("added", ADDED),
];
/// What is added to each count.
const ADDED: f64 = 0.5;

pub(super) static KL_1: Shift = Shift {
    name: "kl_1",
    family: "kl",
    unit: "bits a token",
    direction: Direction::HigherIsFarther,
    about: "KL divergence of the reference's token frequencies from the set's",
    params: PARAMS,
    preset: Preset::All,
    jackknife: true,
    compute: Compare::Tokens(|tokens, _| {
        let [reference, other] = tokens.counts(1);
        Ok(kullback_leibler(&reference, &other)?.into())
    }),
};

pub(super) static KL_REVERSE_1: Shift = Shift {
    name: "kl_reverse_1",
    family: "kl",
    unit: "bits a token",
    direction: Direction::HigherIsFarther,
    about: "KL divergence of the set's token frequencies from the reference's",
    params: PARAMS,
    preset: Preset::All,
    jackknife: true,
    compute: Compare::Tokens(|tokens, _| {
        let [reference, other] = tokens.counts(1);
        Ok(kullback_leibler(&other, &reference)?.into())
    }),
};

/// KL(p ‖ q) in bits of two lists of counts of the same things, ½ added to each count.
fn kullback_leibler(p: &[u64], q: &[u64]) -> Result<f64, MeasureError> {
    let total = |counts: &[u64]| counts.iter().sum::<u64>();
    let (n, m) = (total(p), total(q));
    MeasureError::check("tokens", 1, n.min(m) as usize)?;
    let all = ADDED * p.len() as f64;
    let terms = p.iter().zip(q).map(|(p, q)| {
        let p = (*p as f64 + ADDED) / (n as f64 + all);
        let q = (*q as f64 + ADDED) / (m as f64 + all);
        p * (p / q).log2()
    });
    Ok(sum(terms).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_of_a_worked_example() {
        // p = (3 + ½, ½) / 4 over (½, 3 + ½) / 4: 7/8 · log₂ 7 − 1/8 · log₂ 7.
        let found = kullback_leibler(&[3, 0], &[0, 3]).expect("counts");
        assert!((found - 0.75 * 7.0f64.log2()).abs() < 1e-15);
        assert_eq!(kullback_leibler(&[3, 1], &[3, 1]), Ok(0.0));
    }

    #[test]
    fn leaving_out_and_adding_are_told_apart() {
        // The set leaves out half of the reference's tokens and adds none.
        let (reference, set) = ([50, 50], [100, 0]);
        let missing = kullback_leibler(&reference, &set).expect("counts");
        let added = kullback_leibler(&set, &reference).expect("counts");
        assert!(missing > 2.0 && added < 1.0, "{missing} {added}");
    }

    #[test]
    fn a_set_without_tokens_is_refused() {
        assert!(kullback_leibler(&[1, 2], &[0, 0]).is_err());
    }
}
