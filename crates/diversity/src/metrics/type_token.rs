//! Distinct tokens over tokens, by five formulas: the type-token ratios.
//!
//! # Definition
//!
//! With V distinct tokens among N:
//!
//! - `ttr`: V / N.
//! - `root_ttr` (Guiraud): V / √N.
//! - `corrected_ttr` (Carroll): V / √(2 N).
//! - `log_ttr` (Herdan's C): ln V / ln N.
//! - `maas`: (ln N − ln V) / (ln N)².
//!
//! # Range
//!
//! `ttr` and `log_ttr` up to 1, the next two up to √N and √(N / 2), higher is more varied; `maas`
//! from 0, lower is more varied. All of them move with N, `maas` least: compare at equal N, or use
//! `mattr_50`, `mtld` or `hdd_42`.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! Guiraud 1954; Carroll 1964; Herdan 1960; Maas 1972. `lexicalrichness` 0.5.1 agrees in all five;
//! `lexical-diversity` 0.1.1 takes logarithms to the base 10 in `maas_ttr`, which makes it
//! ln 10 = 2.3026 times as large: that is `maas_lexical_diversity`.

use text::TokenIds;

use crate::{Compute, Direction, MeasureError, Metric, Preset};

pub(super) static TTR: Metric = Metric {
    name: "ttr",
    family: "type_token",
    unit: "share",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct tokens over tokens",
    params: &[],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| {
        let (kinds, total) = kinds_and_total(texts.tokens(), 1)?;
        Ok((kinds / total).into())
    }),
};

pub(super) static ROOT_TTR: Metric = Metric {
    name: "root_ttr",
    family: "type_token",
    unit: "types a root token",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct tokens over the square root of tokens",
    params: &[],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| {
        let (kinds, total) = kinds_and_total(texts.tokens(), 1)?;
        Ok((kinds / total.sqrt()).into())
    }),
};

pub(super) static CORRECTED_TTR: Metric = Metric {
    name: "corrected_ttr",
    family: "type_token",
    unit: "types a root token",
    direction: Direction::HigherIsMoreVaried,
    about: "distinct tokens over the square root of twice the tokens",
    params: &[],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| {
        let (kinds, total) = kinds_and_total(texts.tokens(), 1)?;
        Ok((kinds / (2.0 * total).sqrt()).into())
    }),
};

pub(super) static LOG_TTR: Metric = Metric {
    name: "log_ttr",
    family: "type_token",
    unit: "ratio",
    direction: Direction::HigherIsMoreVaried,
    about: "logarithm of distinct tokens over logarithm of tokens",
    params: &[],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| {
        let (kinds, total) = kinds_and_total(texts.tokens(), 2)?;
        Ok((kinds.ln() / total.ln()).into())
    }),
};

pub(super) static MAAS: Metric = Metric {
    name: "maas",
    family: "type_token",
    unit: "1 a nat",
    direction: Direction::LowerIsMoreVaried,
    about: "how far distinct tokens stay behind tokens, on a logarithmic scale",
    params: &[],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(maas(texts.tokens(), f64::ln)?.into())),
};

pub(super) static MAAS_LEXICAL_DIVERSITY: Metric = Metric {
    name: "maas_lexical_diversity",
    family: "type_token",
    unit: "1 a decimal digit",
    direction: Direction::LowerIsMoreVaried,
    about: "maas with logarithms to the base 10, as lexical-diversity 0.1.1 does",
    params: &[],
    preset: Preset::Compat("lexical_diversity"),
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(maas(texts.tokens(), f64::log10)?.into())),
};

fn maas(tokens: &TokenIds, log: fn(f64) -> f64) -> Result<f64, MeasureError> {
    let (kinds, total) = kinds_and_total(tokens, 2)?;
    Ok((log(total) - log(kinds)) / log(total).powi(2))
}

/// V and N, of at least `needs` tokens.
fn kinds_and_total(tokens: &TokenIds, needs: usize) -> Result<(f64, f64), MeasureError> {
    MeasureError::check("tokens", needs, tokens.total())?;
    Ok((tokens.kinds() as f64, tokens.total() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn values_of_a_worked_example() {
        // V = 2 of N = 4.
        let texts = ["a b", "a b"];
        assert_eq!(value(&TTR, &texts), Ok(0.5));
        assert_eq!(value(&ROOT_TTR, &texts), Ok(1.0));
        assert_close(value(&CORRECTED_TTR, &texts), 0.5f64.sqrt(), 1e-15);
        assert_close(value(&LOG_TTR, &texts), 0.5, 1e-15);
        assert_close(value(&MAAS, &texts), 2f64.ln() / 4f64.ln().powi(2), 1e-15);
    }

    #[test]
    fn the_base_of_the_logarithm_is_a_factor() {
        let texts = ["a b c a b a"];
        let natural = value(&MAAS, &texts).expect("tokens");
        assert_close(
            value(&MAAS_LEXICAL_DIVERSITY, &texts),
            natural * 10f64.ln(),
            1e-15,
        );
    }

    #[test]
    fn too_few_tokens_have_a_reason() {
        for metric in [&TTR, &ROOT_TTR, &CORRECTED_TTR] {
            assert_refused(metric, &["", " "], "the set has 0 tokens");
            assert!(value(metric, &["a"]).is_ok());
        }
        for metric in [&LOG_TTR, &MAAS, &MAAS_LEXICAL_DIVERSITY] {
            assert_refused(metric, &["a"], "the set has 1 tokens");
        }
    }
}
