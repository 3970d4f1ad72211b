//! Drops texts that stand before in the set.

use clap::ValueEnum;
use rayon::prelude::*;
use relation::{Key, first_of_each};
use serde::Serialize;
use text::{Form, normalise};

use super::{Candidates, Files, Rejection, Rule, Verdict};

/// When two texts are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sameness {
    /// Byte for byte.
    Raw,
    /// In Unicode form NFKC, lower case, each run of white space one space.
    Normalised,
}

/// The first of texts that are the same stays.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct ExactDuplicate {
    /// Drop texts that stand before in the set; a value is joined by =, as in --exact-duplicate=normalised [default where no value is given: raw]
    #[arg(long, value_enum, value_name = "SAMENESS", num_args = 0..=1, require_equals = true, default_missing_value = "raw")]
    exact_duplicate: Option<Sameness>,
}

impl Rule for ExactDuplicate {
    fn name(&self) -> &'static str {
        "exact-duplicate"
    }

    fn asked(&self) -> bool {
        self.exact_duplicate.is_some()
    }

    fn judge(&self, rows: &Candidates<'_>, _: &mut Files<'_>) -> anyhow::Result<Vec<Verdict>> {
        let firsts = match self.exact_duplicate {
            Some(Sameness::Normalised) => {
                let texts: Vec<String> = rows
                    .texts
                    .par_iter()
                    .map(|text| normalise(text, Form::Nfkc))
                    .collect();
                first_of_each(Key::Text(
                    &texts.iter().map(String::as_str).collect::<Vec<_>>(),
                ))?
            }
            _ => first_of_each(Key::Text(&rows.texts))?,
        };
        let verdict = |(row, first): (usize, usize)| {
            (row != first).then(|| Rejection {
                score: None,
                like: Some(rows.ids[first].to_owned()),
            })
        };
        Ok(firsts.into_iter().enumerate().map(verdict).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, kept};
    use super::*;

    fn rule(sameness: Sameness) -> ExactDuplicate {
        ExactDuplicate {
            exact_duplicate: Some(sameness),
        }
    }

    #[test]
    fn the_first_stays_and_the_others_name_it() {
        let verdicts = judged(&rule(Sameness::Raw), &["a", "b", "a", "A", "a"]);
        assert_eq!(kept(&verdicts), [true, true, false, true, false]);
        assert_eq!(
            verdicts[4]
                .as_ref()
                .and_then(|rejection| rejection.like.as_deref()),
            Some("0")
        );
    }

    #[test]
    fn normalised_texts_differ_in_more_than_case_space_and_form() {
        let verdicts = judged(
            &rule(Sameness::Normalised),
            &["ﬁne  day", "Fine day\n", "fine days"],
        );
        assert_eq!(kept(&verdicts), [true, false, true]);
    }
}
