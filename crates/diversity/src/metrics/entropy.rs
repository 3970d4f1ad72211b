//! How uncertain the next n-gram drawn from the set is: Shannon entropy.
//!
//! # Definition
//!
//! H = −Σ p ln p over the V distinct n-grams of the set, p their share of all N n-grams, in nats.
//! `…_miller_madow` adds (V − 1) / (2 N), the first term of what H falls short of the entropy of the
//! source, since a sample never shows all of it.
//!
//! # Range
//!
//! 0 to ln V, higher is more varied; ln V − H says how uneven the counts are. It grows with the set
//! until the vocabulary is seen: compare at equal numbers of tokens. In bits it is H / ln 2.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Shannon 1948; Miller 1955 for the correction.

use text::Spectrum;

use crate::lexical::{spectrum, spectrum_of_pairs};
use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset, Texts};

const fn metric(
    name: &'static str,
    about: &'static str,
    preset: Preset,
    params: &'static [Param],
    compute: fn(&Texts<'_>, &Context) -> Measured,
) -> Metric {
    Metric {
        name,
        family: "entropy",
        unit: "nats",
        direction: Direction::HigherIsMoreVaried,
        about,
        params,
        preset,
        jackknife: true,
        compute: Compute::Tokens(compute),
    }
}

pub(super) static ENTROPY_1: Metric = metric(
    "entropy_1",
    "entropy of the tokens",
    Preset::Fast,
    &[Param::integer("n", 1), Param::text("estimator", "plug-in")],
    |texts, context| Ok(entropy(&spectrum(texts, context))?.into()),
);

pub(super) static ENTROPY_2: Metric = metric(
    "entropy_2",
    "entropy of pairs of successive tokens",
    Preset::Standard,
    &[Param::integer("n", 2), Param::text("estimator", "plug-in")],
    |texts, context| Ok(entropy(&spectrum_of_pairs(texts, context))?.into()),
);

pub(super) static ENTROPY_1_MILLER_MADOW: Metric = metric(
    "entropy_1_miller_madow",
    "entropy of the tokens, corrected for the size of the set",
    Preset::Standard,
    &[
        Param::integer("n", 1),
        Param::text("estimator", "miller-madow"),
    ],
    |texts, context| Ok(miller_madow(&spectrum(texts, context))?.into()),
);

pub(super) static ENTROPY_2_MILLER_MADOW: Metric = metric(
    "entropy_2_miller_madow",
    "entropy of pairs of successive tokens, corrected for the size of the set",
    Preset::All,
    &[
        Param::integer("n", 2),
        Param::text("estimator", "miller-madow"),
    ],
    |texts, context| Ok(miller_madow(&spectrum_of_pairs(texts, context))?.into()),
);

fn entropy(spectrum: &Spectrum) -> Result<f64, MeasureError> {
    let total = spectrum.total();
    MeasureError::check("n-grams", 1, total as usize)?;
    let total = total as f64;
    Ok(spectrum.sum(|count| count as f64 / total * (total / count as f64).ln()))
}

fn miller_madow(spectrum: &Spectrum) -> Result<f64, MeasureError> {
    let entropy = entropy(spectrum)?;
    Ok(entropy + (spectrum.kinds() - 1) as f64 / (2 * spectrum.total()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn values_of_a_worked_example() {
        // a a b c: shares 1/2, 1/4, 1/4: 3/2 ln 2; the correction is 2 / 8.
        let texts = ["a a", "b c"];
        assert_close(value(&ENTROPY_1, &texts), 1.5 * 2f64.ln(), 1e-15);
        let corrected = 1.5 * 2f64.ln() + 0.25;
        assert_close(value(&ENTROPY_1_MILLER_MADOW, &texts), corrected, 1e-15);
        // aa, bc: 2 kinds, each half.
        assert_close(value(&ENTROPY_2, &texts), 2f64.ln(), 1e-15);
        assert_close(
            value(&ENTROPY_2_MILLER_MADOW, &texts),
            2f64.ln() + 0.25,
            1e-15,
        );
    }

    #[test]
    fn one_word_has_no_entropy_and_different_words_the_most() {
        assert_eq!(value(&ENTROPY_1, &["a a a"]), Ok(0.0));
        assert_close(value(&ENTROPY_1, &["a b c d e"]), 5f64.ln(), 1e-15);
    }

    #[test]
    fn a_set_without_an_n_gram_is_refused() {
        assert_refused(&ENTROPY_1, &[""], "the set has 0 n-grams");
        assert_refused(&ENTROPY_2, &["a", "b"], "the set has 0 n-grams");
    }
}
