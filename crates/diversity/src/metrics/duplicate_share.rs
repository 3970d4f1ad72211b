//! Share of texts that another text before them already is: exact and normalised duplicates.
//!
//! # Definition
//!
//! 1 − |different texts| / |texts|.
//!
//! - `duplicate_share_exact`: texts are the same if their bytes are.
//! - `duplicate_share_normalised`: texts are the same if they are so after canonical composition
//!   (NFC), in lower case and with each run of white space as one space.
//!
//! # Range
//!
//! 0 (all differ) to 1 − 1 / n (all the same), lower is more varied. The set loses this share of
//! its rows when `filter` removes duplicates.
//!
//! # Cost
//!
//! O(bytes) time; O(n) memory, and O(bytes) for the normalised texts.
//!
//! # Source
//!
//! The count of any `distinct`. Texts that are nearly the same are the matter of `filter`.

use rayon::prelude::*;
use text::{Form, distinct_texts, normalise};

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static DUPLICATE_SHARE_EXACT: Metric = Metric {
    name: "duplicate_share_exact",
    family: "duplicate_share",
    unit: "share",
    direction: Direction::LowerIsMoreVaried,
    about: "share of texts that repeat another text byte by byte",
    params: &[],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Texts(|texts, _| Ok(duplicate_share(texts.rows())?.into())),
};

pub(super) static DUPLICATE_SHARE_NORMALISED: Metric = Metric {
    name: "duplicate_share_normalised",
    family: "duplicate_share",
    unit: "share",
    direction: Direction::LowerIsMoreVaried,
    about: "share of texts that repeat another text but for case, spaces and composition",
    params: &[Param::text("form", "nfc, lower case, single spaces")],
    preset: Preset::Standard,
    jackknife: true,
    compute: Compute::Texts(|texts, _| {
        let texts = texts.rows().par_iter();
        let normalised: Vec<String> = texts.map(|text| normalise(text, Form::Nfc)).collect();
        Ok(duplicate_share(&normalised)?.into())
    }),
};

fn duplicate_share(texts: &[impl AsRef<str> + Sync]) -> Result<f64, MeasureError> {
    MeasureError::check("texts", 1, texts.len())?;
    let repeats = texts.len() - distinct_texts(texts);
    Ok(repeats as f64 / texts.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_refused, value};

    #[test]
    fn values_of_a_worked_example() {
        // "a b" three times, once in capitals and once with two spaces: 1 of 5, 3 of 5.
        let texts = ["a b", "a b", "A B", "a  b ", "c"];
        assert_eq!(value(&DUPLICATE_SHARE_EXACT, &texts), Ok(0.2));
        assert_eq!(value(&DUPLICATE_SHARE_NORMALISED, &texts), Ok(0.6));
    }

    #[test]
    fn all_the_same_and_all_different_are_the_ends() {
        assert_eq!(value(&DUPLICATE_SHARE_EXACT, &["", "", "", ""]), Ok(0.75));
        assert_eq!(value(&DUPLICATE_SHARE_EXACT, &["a", "b"]), Ok(0.0));
    }

    #[test]
    fn no_text_has_no_share() {
        for metric in [&DUPLICATE_SHARE_EXACT, &DUPLICATE_SHARE_NORMALISED] {
            assert_refused(metric, &[], "the set has 0 texts");
        }
    }
}
