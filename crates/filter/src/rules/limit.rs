//! Drops what comes after enough rows, so that sets filtered in the same way have the same size.

use serde::Serialize;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeSet, Observed, Rejection};

/// A number of rows.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Limit {
    /// Keep this many rows, the first that no other rule drops, wherever this stands; fewer is exit status 1
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

    fn options(&self) -> &'static [&'static str] {
        &["limit", "allow_fewer"]
    }

    fn asked(&self) -> bool {
        self.limit.is_some()
    }

    fn last(&self) -> bool {
        true
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Set(Box::new(self)))
    }
}

impl JudgeSet for &Limit {
    fn observe(&mut self, _: &Candidates<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    fn resolve(&mut self, set: &Observed<'_>) -> anyhow::Result<Vec<(usize, Rejection)>> {
        let rows = (0..set.alive.len()).filter(|row| set.alive[*row]);
        let too_many = rows.skip(self.limit.unwrap_or(usize::MAX));
        Ok(too_many.map(|row| (row, Rejection::default())).collect())
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
