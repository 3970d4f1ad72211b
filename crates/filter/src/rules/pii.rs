//! Drops texts that hold what belongs to a person.

use rayon::prelude::*;
use serde::Serialize;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};
use crate::personal::find;

/// Found by their form alone, so that some are missed and some are none.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Pii {
    /// Drop texts with an e-mail or IP address, a phone number or a card number whose check digit is right
    #[arg(long)]
    pii: bool,
}

impl Rule for Pii {
    fn name(&self) -> &'static str {
        "pii"
    }

    fn options(&self) -> &'static [&'static str] {
        &["pii"]
    }

    fn asked(&self) -> bool {
        self.pii
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &Pii {
    /// The score is how many there are.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |text: &&str| {
            let found = find(text).len();
            (found > 0).then(|| Rejection::scored(found as f64))
        };
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{judged, kept, score};
    use super::*;

    #[test]
    fn a_text_with_an_address_is_dropped() {
        let verdicts = judged(&Pii { pii: true }, &["a@b.org and c@d.org", "a at b"]);
        assert_eq!(kept(&verdicts), [false, true]);
        assert_eq!(score(&verdicts[0]), Some(2.0));
    }
}
