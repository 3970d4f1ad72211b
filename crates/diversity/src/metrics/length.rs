//! How the lengths of the texts are spread, in tokens: what stands beside every lexical figure.
//!
//! # Definition
//!
//! Over the numbers of tokens of the n texts: their standard deviation (divisor n), that over their
//! mean, and their 10th, 50th and 90th percentiles: the smallest length that this share of the texts
//! does not exceed. The mean is `mean_words`.
//!
//! # Range
//!
//! From 0; they say nothing about variety of content. Sets whose lengths differ are not comparable
//! by lexical metrics, since all of these move with length.
//!
//! # Cost
//!
//! O(n log n) time and O(n) memory.
//!
//! # Source
//!
//! Shaib et al. 2024 (arXiv 2403.00553), who show that length confounds diversity scores.

use numeric::{mean, sum};

use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset, Texts};

const fn metric(
    name: &'static str,
    unit: &'static str,
    about: &'static str,
    params: &'static [Param],
    compute: fn(&Texts<'_>, &Context) -> Measured,
) -> Metric {
    Metric {
        name,
        family: "length",
        unit,
        direction: Direction::Neutral,
        about,
        params,
        preset: Preset::Standard,
        jackknife: true,
        compute: Compute::Tokens(compute),
    }
}

pub(super) static LENGTH_SD: Metric = metric(
    "length_sd",
    "tokens",
    "standard deviation of the lengths of texts in tokens",
    &[],
    |texts, _| Ok(deviation(texts)?.into()),
);

pub(super) static LENGTH_CV: Metric = metric(
    "length_cv",
    "ratio",
    "standard deviation of the lengths of texts over their mean",
    &[],
    |texts, _| {
        let deviation = deviation(texts)?;
        let tokens = texts.tokens().total();
        MeasureError::check("tokens", 1, tokens)?;
        Ok((deviation * texts.len() as f64 / tokens as f64).into())
    },
);

pub(super) static LENGTH_P10: Metric = metric(
    "length_p10",
    "tokens",
    "length in tokens that a tenth of the texts stay below",
    &[Param::real("quantile", 0.1)],
    |texts, _| Ok(quantile(texts, 0.1)?.into()),
);

pub(super) static LENGTH_P50: Metric = metric(
    "length_p50",
    "tokens",
    "median length of a text in tokens",
    &[Param::real("quantile", 0.5)],
    |texts, _| Ok(quantile(texts, 0.5)?.into()),
);

pub(super) static LENGTH_P90: Metric = metric(
    "length_p90",
    "tokens",
    "length in tokens that a tenth of the texts exceed",
    &[Param::real("quantile", 0.9)],
    |texts, _| Ok(quantile(texts, 0.9)?.into()),
);

fn lengths(texts: &Texts<'_>) -> Result<Vec<f64>, MeasureError> {
    MeasureError::check("texts", 1, texts.len())?;
    let rows = texts.tokens().rows().iter();
    Ok(rows.map(|row| row.len() as f64).collect())
}

fn deviation(texts: &Texts<'_>) -> Result<f64, MeasureError> {
    let lengths = lengths(texts)?;
    let mean = mean(&lengths).unwrap_or_default();
    let squares = lengths.iter().map(|length| (length - mean).powi(2));
    Ok((sum(squares) / lengths.len() as f64).sqrt())
}

fn quantile(texts: &Texts<'_>, share: f64) -> Result<f64, MeasureError> {
    let mut lengths = lengths(texts)?;
    lengths.sort_unstable_by(f64::total_cmp);
    let rank = (share * lengths.len() as f64).ceil() as usize;
    Ok(lengths[rank.clamp(1, lengths.len()) - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn values_of_a_worked_example() {
        // Lengths 1, 2, 0, 3: mean 3/2, variance (1/4 + 1/4 + 9/4 + 9/4) / 4.
        let texts = ["a", "a b", "", "a b c"];
        let deviation = 1.25f64.sqrt();
        assert_close(value(&LENGTH_SD, &texts), deviation, 1e-15);
        assert_close(value(&LENGTH_CV, &texts), deviation / 1.5, 1e-15);
        assert_eq!(value(&LENGTH_P10, &texts), Ok(0.0));
        assert_eq!(value(&LENGTH_P50, &texts), Ok(1.0));
        assert_eq!(value(&LENGTH_P90, &texts), Ok(3.0));
    }

    #[test]
    fn texts_of_one_length_do_not_spread() {
        assert_eq!(value(&LENGTH_SD, &["a b"; 5]), Ok(0.0));
        assert_eq!(value(&LENGTH_CV, &["a b"; 5]), Ok(0.0));
    }

    #[test]
    fn too_few_texts_have_a_reason() {
        assert_refused(&LENGTH_SD, &[], "the set has 0 texts");
        assert_refused(&LENGTH_CV, &["", ""], "the set has 0 tokens");
        assert_refused(&LENGTH_P50, &[], "the set has 0 texts");
    }
}
