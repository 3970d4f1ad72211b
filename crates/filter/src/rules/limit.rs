//! Drops what comes after enough rows, so that sets filtered in the same way have the same size.

use serde::Serialize;

use super::{Candidates, Files, Rejection, Rule, Verdict};

/// A number of rows.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Limit {
    /// Keep this many rows, the first that no other rule drops; fewer is exit status 1
    #[arg(long, value_name = "ROWS")]
    pub(crate) limit: Option<usize>,
    /// Write what there is where it is fewer than --limit
    #[arg(long, requires = "limit")]
    pub(crate) allow_fewer: bool,
}

impl Limit {
    /// How many rows are asked for beyond `kept`, if that matters.
    pub(crate) fn missing(&self, kept: usize) -> Option<usize> {
        let limit = self.limit.filter(|_| !self.allow_fewer)?;
        (kept < limit).then(|| limit - kept)
    }
}

impl Rule for Limit {
    fn name(&self) -> &'static str {
        "limit"
    }

    fn asked(&self) -> bool {
        self.limit.is_some()
    }

    fn judge(&self, rows: &Candidates<'_>, _: &mut Files<'_>) -> anyhow::Result<Vec<Verdict>> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let verdict = |place| (place >= limit).then(Rejection::default);
        Ok((0..rows.ids.len()).map(verdict).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, kept};
    use super::*;

    #[test]
    fn the_first_rows_are_kept() {
        let rule = Limit {
            limit: Some(2),
            allow_fewer: false,
        };
        assert_eq!(kept(&judged(&rule, &["a", "b", "c"])), [true, true, false]);
        assert_eq!((rule.missing(1), rule.missing(2)), (Some(1), None));
        assert_eq!(
            Limit {
                allow_fewer: true,
                ..rule
            }
            .missing(1),
            None
        );
    }
}
