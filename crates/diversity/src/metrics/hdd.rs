//! How many kinds of tokens a random draw of fixed size shows: HD-D and vocd-D.
//!
//! # Definition
//!
//! Of N tokens, n are drawn without replacement. A kind that occurs f times is among them with
//! probability 1 − Π (1 − f / (N − k)), k = 0 … n − 1 (hypergeometric), and E(n) is the sum of these
//! over all kinds: the expected number of kinds in the draw.
//!
//! - `hdd_42`: E(42) / 42.
//! - `vocd_d`: the D for which 2 / (1 + √(1 + 2 n / D)) comes closest to E(n) / n at n = 35 … 50, by
//!   the sum of squared differences.
//!
//! # Range
//!
//! `hdd_42` from 1 / 42 to 1, `vocd_d` from 0, higher is more varied. Neither moves much with the
//! size of the set, and the order of tokens does not matter. Where no token repeats, D has no bound
//! and no value.
//!
//! # Cost
//!
//! O(tokens) time and memory; nothing is drawn.
//!
//! # Source
//!
//! McCarthy and Jarvis 2007 (HD-D); Malvern and Richards 1997 (vocd). `lexicalrichness` 0.5.1 and
//! `lexical-diversity` 0.1.1 agree in HD-D, to 1e-13 on small sets and to 1e-8 at a million tokens,
//! where their subtractions lose digits. Programs called vocd draw 100 samples of each size, three
//! times; their D scatters around the exact one given here by about 1 %.

use text::Spectrum;

use crate::lexical::spectrum;
use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static HDD_42: Metric = Metric {
    name: "hdd_42",
    family: "hdd",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "expected distinct tokens over tokens in a draw of 42 tokens",
    params: &[Param::integer("draws", 42)],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        MeasureError::check("tokens", 42, texts.tokens().total())?;
        Ok((expected_kinds(&spectrum(texts, context), 42) / 42.0).into())
    }),
};

pub(super) static VOCD_D: Metric = Metric {
    name: "vocd_d",
    family: "hdd",
    unit: "D",
    direction: Direction::HigherIsMoreVaried,
    about: "parameter of the curve that fits distinct tokens over tokens in draws of 35 to 50",
    params: &[
        Param::text("draws", "35 to 50"),
        Param::text("ratios", "exact"),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, context| {
        MeasureError::check("tokens", 50, texts.tokens().total())?;
        Ok(vocd_d(&spectrum(texts, context))?.into())
    }),
};

/// The sizes of the draws to which D is fitted.
const DRAWS: std::ops::RangeInclusive<u32> = 35..=50;
/// D is looked for from e⁻²⁰ to e²⁰.
const LOG_D: f64 = 20.0;

/// E(n): how many kinds a draw of `n` tokens shows.
fn expected_kinds(spectrum: &Spectrum, n: u32) -> f64 {
    let total = spectrum.total() as f64;
    spectrum.sum(|count| {
        let missed = |k: u32| (-(count as f64) / (total - f64::from(k))).max(-1.0).ln_1p();
        // As a sum of logarithms, since 1 − a product near 1 would lose digits.
        -(0..n).map(missed).sum::<f64>().exp_m1()
    })
}

fn vocd_d(spectrum: &Spectrum) -> Result<f64, MeasureError> {
    let ratios: Vec<(f64, f64)> = DRAWS
        .map(|n| (f64::from(n), expected_kinds(spectrum, n) / f64::from(n)))
        .collect();
    let (mut low, mut high) = (-LOG_D, LOG_D);
    if slope(&ratios, high.exp()) < 0.0 || spectrum.kinds() == spectrum.total() {
        return Err(MeasureError::Undefined(
            "no token occurs twice, so D has no bound",
        ));
    }
    // The slope changes its sign once; 80 halvings leave no bit of ln D open.
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if slope(&ratios, middle.exp()) < 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(f64::midpoint(low, high).exp())
}

/// Half the derivative by D of the sum of squared differences; `ratios` are (n, E(n) / n).
fn slope(ratios: &[(f64, f64)], d: f64) -> f64 {
    let term = |(n, ratio): &(f64, f64)| {
        let root = (1.0 + 2.0 * n / d).sqrt();
        let curve = 2.0 / (1.0 + root);
        let by_d = 2.0 * n / (d * d * root * (1.0 + root).powi(2));
        (curve - ratio) * by_d
    };
    ratios.iter().map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn a_draw_of_two_is_worked_out() {
        // a a b: of the 3 pairs one is aa and two are ab: 5/3 kinds.
        let tokens = text::TokenIds::new(&["a a", "b"], text::Tokenizer::Unicode);
        let spectrum = Spectrum::new(tokens.ngrams(1));
        assert!((expected_kinds(&spectrum, 2) - 5.0 / 3.0).abs() < 1e-15);
        assert!((expected_kinds(&spectrum, 3) - 2.0).abs() < 1e-15);
    }

    #[test]
    fn one_word_and_only_different_words_have_closed_forms() {
        let same = ["a"; 60].join(" ");
        assert_close(value(&HDD_42, &[&same]), 1.0 / 42.0, 1e-14);
        let different: Vec<String> = (0..60).map(|word| word.to_string()).collect();
        let different = different.join(" ");
        assert_close(value(&HDD_42, &[&different]), 1.0, 1e-14);
        assert_refused(&VOCD_D, &[&different], "no token occurs twice");
    }

    #[test]
    fn d_is_found_again_from_its_own_curve() {
        for d in [0.5, 12.0, 700.0] {
            let ratios: Vec<_> = DRAWS
                .map(f64::from)
                .map(|n| (n, 2.0 / (1.0 + (1.0 + 2.0 * n / d).sqrt())))
                .collect();
            assert!(slope(&ratios, d * (1.0 - 1e-9)) < 0.0);
            assert!(slope(&ratios, d * (1.0 + 1e-9)) > 0.0);
        }
    }

    #[test]
    fn too_few_tokens_have_a_reason() {
        let text = ["a b"; 20].join(" ");
        assert_refused(&HDD_42, &[&text], "the set has 40 tokens, and at least 42");
        assert_refused(&VOCD_D, &[&text], "the set has 40 tokens, and at least 50");
    }
}
