//! Drops rows by the value of a column, such as a score.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use arrow::datatypes::DataType;
use serde::{Serialize, Serializer};

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};
use crate::priority::numbers;

/// `COLUMN OP VALUE`, such as `vendi_share>=0.5` or `label!=spam`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Comparison {
    column: String,
    how: How,
    value: String,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    AtLeast,
    AtMost,
    Equal,
    NotEqual,
    Above,
    Below,
}

/// The operators, those that hold another first.
const OPERATORS: [(&str, How); 7] = [
    (">=", How::AtLeast),
    ("<=", How::AtMost),
    ("!=", How::NotEqual),
    ("==", How::Equal),
    (">", How::Above),
    ("<", How::Below),
    ("=", How::Equal),
];

impl How {
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Equal => order == Some(Ordering::Equal),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Above => order == Some(Ordering::Greater),
            Self::Below => order == Some(Ordering::Less),
        }
    }
}

impl FromStr for Comparison {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let said = || {
            format!(
                "`{text}` is no condition; it is COLUMN>=VALUE or with <=, >, <, = or !=, such as words>=3"
            )
        };
        let at = text.find(['<', '>', '=', '!']).ok_or_else(said)?;
        let (column, rest) = text.split_at(at);
        let operator = OPERATORS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (sign, how) = operator.ok_or_else(said)?;
        let value = rest[sign.len()..].trim();
        if column.trim().is_empty() || value.is_empty() {
            return Err(said());
        }
        Ok(Self {
            column: column.trim().to_owned(),
            how: *how,
            value: value.to_owned(),
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = OPERATORS.iter().find(|(_, how)| *how == self.how);
        write!(
            f,
            "{}{}{}",
            self.column,
            sign.map_or("", |(sign, _)| sign),
            self.value
        )
    }
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A row stays if all conditions hold; a null, or NaN, fails every condition but !=.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Condition {
    /// Drop rows of which this does not hold, such as 'mean_logprob>=-2' or 'label!=spam'; numbers by their value, texts by their bytes; may be given several times
    #[arg(long = "where", value_name = "COLUMN>=VALUE")]
    #[serde(rename = "where", skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Comparison>,
}

impl Rule for Condition {
    fn name(&self) -> &'static str {
        "condition"
    }

    fn options(&self) -> &'static [&'static str] {
        &["conditions"]
    }

    fn asked(&self) -> bool {
        !self.conditions.is_empty()
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &Condition {
    /// The score is the number for which the first condition fails; a text has none.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let mut verdicts = vec![None; rows.len()];
        for condition in &self.conditions {
            for (verdict, found) in verdicts.iter_mut().zip(condition.failing(rows)?) {
                if verdict.is_none() {
                    *verdict = found;
                }
            }
        }
        Ok(verdicts)
    }
}

impl Comparison {
    fn failing(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let kind = rows
            .batch
            .column_by_name(&self.column)
            .map(|column| column.data_type().clone());
        let texts = matches!(
            kind,
            Some(DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        );
        if texts {
            return self.failing_texts(rows);
        }
        let values = numbers(rows, &self.column)?;
        let Ok(bound) = self.value.parse::<f64>() else {
            anyhow::bail!(
                "{}: column `{}` holds numbers, but `{}` is none",
                rows.set,
                self.column,
                self.value
            );
        };
        let verdict = |value: Option<f64>| {
            let order = value.and_then(|value| value.partial_cmp(&bound));
            let score = value;
            (!self.how.holds(order)).then_some(Rejection {
                score,
                ..Rejection::default()
            })
        };
        Ok(values.into_iter().map(verdict).collect())
    }

    fn failing_texts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let values = dataset::optional_texts(rows.set, rows.batch, &self.column)?;
        let verdict = |place: &usize| {
            let order = values[*place].map(|value| value.cmp(&self.value));
            (!self.how.holds(order)).then(Rejection::default)
        };
        Ok(rows.places.iter().map(verdict).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{kept, labelled};
    use super::*;

    #[test]
    fn a_condition_is_written_as_it_is_read() {
        for text in [
            "words>=3",
            "a<=-1.5",
            "a>0",
            "b<2",
            "label!=x y",
            "label==a=b",
        ] {
            assert_eq!(
                text.parse::<Comparison>().expect("a condition").to_string(),
                text
            );
        }
        assert_eq!(
            "a = 3"
                .parse::<Comparison>()
                .expect("a condition")
                .to_string(),
            "a==3"
        );
        for text in ["words", ">3", "a>", ""] {
            assert!(text.parse::<Comparison>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_null_fails_every_condition_but_the_negated_one() {
        let rows = [("a", Some("x")), ("b", Some("y")), ("c", None)];
        let of = |text: &str| {
            let conditions = vec![text.parse().expect("a condition")];
            kept(&labelled(&Condition { conditions }, &rows))
        };
        assert_eq!(of("label=x"), [true, false, false]);
        assert_eq!(of("label!=x"), [false, true, true]);
        assert_eq!(of("label>=x"), [true, true, false]);
    }

    #[test]
    fn numbers_are_compared_by_their_value() {
        assert!(
            How::AtLeast.holds(10.0.partial_cmp(&9.0)) && !How::Above.holds(9.0.partial_cmp(&9.0))
        );
    }
}
