//! Drops texts that another row of the set has too.

use clap::ValueEnum;
use rayon::prelude::*;
use serde::Serialize;
use text::{Form, normalise};

use super::Rule;
use crate::firsts::{Firsts, content_key};
use crate::judging::{Candidates, Files, Judge, JudgeSet, Observed, Rejection};

/// When two texts are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sameness {
    /// Byte for byte.
    Raw,
    /// In Unicode form NFKC, lower case, each run of white space one space.
    Normalised,
}

/// Of texts that are the same one stays: the first, unless --representative says otherwise.
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

    fn options(&self) -> &'static [&'static str] {
        &["exact_duplicate"]
    }

    fn asked(&self) -> bool {
        self.exact_duplicate.is_some()
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Set(Box::new(Keys {
            sameness: self.exact_duplicate.unwrap_or(Sameness::Raw),
            keys: Vec::new(),
        })))
    }
}

/// Of each row the key of its text; 0 where a rule before dropped it.
struct Keys {
    sameness: Sameness,
    keys: Vec<u128>,
}

impl JudgeSet for Keys {
    fn observe(&mut self, rows: &Candidates<'_>) -> anyhow::Result<()> {
        let key = |text: &&str| match self.sameness {
            Sameness::Raw => content_key(text.as_bytes()),
            Sameness::Normalised => content_key(normalise(text, Form::Nfkc).as_bytes()),
        };
        let keys: Vec<u128> = rows.texts.par_iter().map(key).collect();
        self.keys.resize(rows.first + rows.batch.num_rows(), 0);
        for (number, key) in rows.numbers().zip(keys) {
            self.keys[number] = key;
        }
        Ok(())
    }

    fn resolve(&mut self, set: &Observed<'_>) -> anyhow::Result<Vec<(usize, Rejection)>> {
        let mut firsts = Firsts::new(&self.keys);
        let mut dropped = Vec::new();
        for row in set.in_order() {
            let first = firsts.first(row);
            if first != row {
                dropped.push((row, Rejection::like(first, None)));
            }
        }
        Ok(dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, judgement, kept, like};
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
        assert_eq!(like(&verdicts[4]), Some(0));
    }

    #[test]
    fn the_one_that_rather_stays_stays() {
        let rows = [("a", None), ("a", None), ("b", None)];
        let rule = rule(Sameness::Raw);
        let last = "last".parse().expect("an order");
        let judgement = judgement(&[&rule], &rows, &last);
        assert_eq!(judgement.reason(0), Some(&Rejection::like(1, None)));
        assert!(judgement.keeps(1) && judgement.keeps(2));
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
