//! How many successive tokens keep a high type-token ratio: MTLD.
//!
//! # Definition
//!
//! The tokens of all texts, one text after the other, are one sequence. It is read from its
//! beginning; as soon as the ratio of distinct tokens to tokens is low, a factor ends and counting
//! begins anew. What is left counts as (1 − ratio) / (1 − 0.72) of a factor. The value is the number
//! of tokens over the number of factors, averaged over reading forwards and backwards.
//!
//! - `mtld`: a factor ends where the ratio is 0.72 or below.
//! - `mtld_min_10`: a factor ends where the ratio is below 0.72 and it has at least 10 tokens; the
//!   last token never ends one.
//!
//! # Range
//!
//! From 2 (10), higher is more varied; English prose has 70 to 120. It does not move with the size
//! of the set. Factors cross from text to text, so the order of texts counts a little. Where no
//! token repeats there is no factor and no value.
//!
//! # Cost
//!
//! O(tokens) time and memory.
//!
//! # Source
//!
//! McCarthy and Jarvis 2010. `mtld` is that of `lexicalrichness` 0.5.1, `mtld_min_10` that of
//! `lexical-diversity` 0.1.1, each on its own tokens; where no token repeats, the first gives the
//! number of tokens and the second 0.

use text::TokenIds;

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static MTLD: Metric = Metric {
    name: "mtld",
    family: "mtld",
    unit: "tokens a factor",
    direction: Direction::HigherIsMoreVaried,
    about: "mean number of successive tokens that keep a type-token ratio above 0.72",
    params: &[
        Param::real("threshold", THRESHOLD),
        Param::integer("min_tokens", 1),
    ],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(mtld(texts.tokens(), at_threshold)?.into())),
};

pub(super) static MTLD_MIN_10: Metric = Metric {
    name: "mtld_min_10",
    family: "mtld",
    unit: "tokens a factor",
    direction: Direction::HigherIsMoreVaried,
    about: "the same in factors of at least 10 tokens",
    params: &[
        Param::real("threshold", THRESHOLD),
        Param::integer("min_tokens", 10),
    ],
    preset: Preset::All,
    jackknife: true,
    compute: Compute::Tokens(|texts, _| Ok(mtld(texts.tokens(), below_threshold)?.into())),
};

/// The type-token ratio at which a factor ends.
const THRESHOLD: f64 = 0.72;

/// A place within a factor.
struct Place {
    kinds: u32,
    tokens: u32,
    is_last: bool,
}

impl Place {
    fn ratio(&self) -> f64 {
        f64::from(self.kinds) / f64::from(self.tokens)
    }
}

fn at_threshold(place: &Place) -> bool {
    place.ratio() <= THRESHOLD
}

fn below_threshold(place: &Place) -> bool {
    place.ratio() < THRESHOLD && place.tokens >= 10 && !place.is_last
}

fn mtld(tokens: &TokenIds, ends: fn(&Place) -> bool) -> Result<f64, MeasureError> {
    MeasureError::check("tokens", 1, tokens.total())?;
    let values = tokens.rows().values();
    let (forwards, backwards) = rayon::join(
        || factors(values.iter().copied(), tokens.kinds(), ends),
        || factors(values.iter().rev().copied(), tokens.kinds(), ends),
    );
    if forwards == 0.0 || backwards == 0.0 {
        return Err(MeasureError::Undefined(
            "no token occurs twice, so no factor ends",
        ));
    }
    let total = values.len() as f64;
    Ok(f64::midpoint(total / forwards, total / backwards))
}

/// How many factors there are, the last one in part.
fn factors(
    tokens: impl ExactSizeIterator<Item = u32>,
    kinds: usize,
    ends: fn(&Place) -> bool,
) -> f64 {
    // The factor in which each token was seen last.
    let mut seen_in = vec![0u32; kinds];
    let (mut factor, mut place) = (1u32, Place::START);
    let total = tokens.len();
    for (at, token) in tokens.enumerate() {
        let seen_in = &mut seen_in[token as usize];
        place.kinds += u32::from(*seen_in != factor);
        place.tokens += 1;
        place.is_last = at + 1 == total;
        *seen_in = factor;
        if ends(&place) {
            factor += 1;
            place = Place::START;
        }
    }
    let whole = f64::from(factor - 1);
    if place.tokens == 0 {
        return whole;
    }
    whole + (1.0 - place.ratio()) / (1.0 - THRESHOLD)
}

impl Place {
    const START: Self = Self {
        kinds: 0,
        tokens: 0,
        is_last: false,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_close, assert_refused, value};

    #[test]
    fn values_of_a_worked_example() {
        // Forwards a a | b c: 1/2 ends a factor, then b c has ratio 1: 1 factor of 4 tokens.
        // Backwards c b a a: 3/4 at its end, which is (1 − 3/4) / 0.28 of a factor.
        let expected = f64::midpoint(4.0, 4.0 / (0.25 / 0.28));
        assert_close(value(&MTLD, &["a a", "b c"]), expected, 1e-15);
        assert_close(
            value(&MTLD_MIN_10, &["a a b c"]),
            4.0 / (0.25 / 0.28),
            1e-15,
        );
    }

    #[test]
    fn one_word_has_a_closed_form() {
        // Every second token ends a factor; with at least 10 tokens, every tenth does, but not the
        // last one: 9 factors and (1 − 1/10) / 0.28.
        let text = ["a"; 100].join(" ");
        assert_eq!(value(&MTLD, &[&text]), Ok(2.0));
        assert_close(
            value(&MTLD_MIN_10, &[&text]),
            100.0 / (9.0 + 0.9 / 0.28),
            1e-15,
        );
    }

    #[test]
    fn without_a_repeated_token_there_is_no_value() {
        for metric in [&MTLD, &MTLD_MIN_10] {
            assert_refused(metric, &["a b", "c"], "no token occurs twice");
            assert_refused(metric, &[""], "the set has 0 tokens");
        }
    }
}
