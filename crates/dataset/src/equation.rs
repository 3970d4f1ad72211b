//! The row equation of a stage: every row that went in is accounted for, or the stage fails.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What became of the rows of one run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowEquation {
    /// `generate`: attempts = accepted + rejected + failed.
    Generated {
        /// Texts asked for.
        attempts: u64,
        /// Written to the output.
        accepted: u64,
        /// Came back, but did not parse or broke a rule.
        rejected: u64,
        /// Never came back.
        failed: u64,
    },
    /// `filter`: in = kept + rejected + failed.
    Filtered {
        /// Rows read.
        #[serde(rename = "in")]
        rows_in: u64,
        /// Written to the output.
        kept: u64,
        /// Dropped by a rule.
        rejected: u64,
        /// Could not be judged.
        failed: u64,
    },
    /// `mix`: in = chosen + unused, out = chosen + repeats.
    Mixed {
        /// Rows read, of all sources.
        #[serde(rename = "in")]
        rows_in: u64,
        /// Taken at least once.
        chosen: u64,
        /// Not taken.
        unused: u64,
        /// Further copies of rows already taken.
        repeats: u64,
        /// Written to the output.
        out: u64,
    },
    /// `train` and `evaluate`: in = used + skipped.
    Used {
        /// Rows read.
        #[serde(rename = "in")]
        rows_in: u64,
        /// Trained on, or judged.
        used: u64,
        /// Left out, such as a text too short to have a token to predict.
        skipped: u64,
    },
    /// All others: in = out.
    Same {
        /// Rows read.
        #[serde(rename = "in")]
        rows_in: u64,
        /// Written to the output.
        out: u64,
    },
}

impl RowEquation {
    /// Fails if the two sides differ; `stage` is for the message.
    pub fn check(&self, stage: &str) -> Result<()> {
        let balanced = match *self {
            Self::Generated {
                attempts,
                accepted,
                rejected,
                failed,
            } => attempts == accepted + rejected + failed,
            Self::Filtered {
                rows_in,
                kept,
                rejected,
                failed,
            } => rows_in == kept + rejected + failed,
            Self::Mixed {
                rows_in,
                chosen,
                unused,
                repeats,
                out,
            } => rows_in == chosen + unused && out == chosen + repeats,
            Self::Used {
                rows_in,
                used,
                skipped,
            } => rows_in == used + skipped,
            Self::Same { rows_in, out } => rows_in == out,
        };
        if balanced {
            Ok(())
        } else {
            Err(
                Error::new(format!("{stage} lost count of its rows: {self}"))
                    .with_hint("this is a bug; please report it"),
            )
        }
    }

    /// How many rows the output must have; `None` where the output is no set of these rows.
    pub fn rows_out(&self) -> Option<u64> {
        match *self {
            Self::Generated { accepted, .. } => Some(accepted),
            Self::Filtered { kept, .. } => Some(kept),
            Self::Mixed { out, .. } | Self::Same { out, .. } => Some(out),
            Self::Used { .. } => None,
        }
    }
}

impl fmt::Display for RowEquation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Generated {
                attempts,
                accepted,
                rejected,
                failed,
            } => {
                write!(
                    f,
                    "{attempts} attempts, {accepted} accepted, {rejected} rejected, {failed} failed"
                )
            }
            Self::Filtered {
                rows_in,
                kept,
                rejected,
                failed,
            } => {
                write!(f, "{rows_in} in, {kept} kept, {rejected} rejected")?;
                if *failed > 0 {
                    write!(f, ", {failed} failed")
                } else {
                    Ok(())
                }
            }
            Self::Mixed {
                rows_in,
                chosen,
                unused,
                repeats,
                out,
            } => {
                write!(
                    f,
                    "{rows_in} in, {chosen} chosen, {unused} unused, {repeats} repeats, {out} out"
                )
            }
            Self::Used {
                rows_in,
                used,
                skipped,
            } => {
                write!(f, "{rows_in} in, {used} used, {skipped} skipped")
            }
            Self::Same { rows_in, out } => write!(f, "{rows_in} in, {out} out"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balanced_equation_holds() {
        let kept = RowEquation::Filtered {
            rows_in: 5,
            kept: 3,
            rejected: 2,
            failed: 0,
        };
        assert!(kept.check("filter").is_ok());
        assert_eq!(kept.rows_out(), Some(3));
        assert_eq!(kept.to_string(), "5 in, 3 kept, 2 rejected");
    }

    #[test]
    fn a_lost_row_is_an_error_in_every_form() {
        let unbalanced = [
            RowEquation::Generated {
                attempts: 3,
                accepted: 1,
                rejected: 1,
                failed: 0,
            },
            RowEquation::Filtered {
                rows_in: 3,
                kept: 1,
                rejected: 1,
                failed: 0,
            },
            RowEquation::Mixed {
                rows_in: 3,
                chosen: 2,
                unused: 1,
                repeats: 1,
                out: 2,
            },
            RowEquation::Mixed {
                rows_in: 4,
                chosen: 2,
                unused: 1,
                repeats: 1,
                out: 3,
            },
            RowEquation::Used {
                rows_in: 3,
                used: 1,
                skipped: 1,
            },
            RowEquation::Same { rows_in: 3, out: 2 },
        ];
        for equation in unbalanced {
            let error = equation.check("stage").expect_err("a row is lost");
            assert!(error.to_string().starts_with("stage lost count"), "{error}");
        }
    }

    #[test]
    fn it_is_stored_under_the_names_it_is_told_by() {
        let json = serde_json::to_string(&RowEquation::Same { rows_in: 2, out: 2 }).expect("JSON");
        assert_eq!(json, r#"{"same":{"in":2,"out":2}}"#);
    }
}
