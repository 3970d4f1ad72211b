//! What becomes of each row: the rules one after the other, each on what the ones before it kept.

use std::collections::BTreeMap;

use dataset::RowEquation;

use crate::rules::{Candidates, Files, Rejection, Rule};

/// Why a row was dropped.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drop {
    /// The rule that dropped it.
    pub(crate) rule: &'static str,
    /// What the rule says of it.
    pub(crate) rejection: Rejection,
}

/// The fate of every row.
#[derive(Clone, Debug)]
pub(crate) struct Judgement {
    /// Why each row was dropped; `None` where it is kept.
    pub(crate) drops: Vec<Option<Drop>>,
}

impl Judgement {
    /// Lets every rule judge what is left.
    pub(crate) fn of(
        rules: &[&dyn Rule],
        rows: &Candidates<'_>,
        files: &mut Files<'_>,
    ) -> anyhow::Result<Self> {
        let mut drops = vec![None; rows.ids.len()];
        let mut left: Vec<usize> = (0..drops.len()).collect();
        for rule in rules {
            let verdicts = rule.judge(&rows.at(&left), files)?;
            for (row, verdict) in left.iter().zip(verdicts) {
                drops[*row] = verdict.map(|rejection| Drop {
                    rule: rule.name(),
                    rejection,
                });
            }
            left.retain(|row| drops[*row].is_none());
        }
        Ok(Self { drops })
    }

    /// Whether each row is kept.
    pub(crate) fn keep(&self) -> Vec<bool> {
        self.drops.iter().map(Option::is_none).collect()
    }

    /// How many rows are kept.
    pub(crate) fn kept(&self) -> usize {
        self.drops.iter().filter(|drop| drop.is_none()).count()
    }

    /// in = kept + rejected.
    pub(crate) fn equation(&self) -> RowEquation {
        let (rows_in, kept) = (self.drops.len() as u64, self.kept() as u64);
        RowEquation::Filtered {
            rows_in,
            kept,
            rejected: rows_in - kept,
            failed: 0,
        }
    }

    /// How many rows each rule dropped.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for drop in self.drops.iter().flatten() {
            *counts.entry(drop.rule.to_owned()).or_default() += 1;
        }
        counts
    }

    /// Such as `9 in, 5 kept, 4 rejected (3 length, 1 limit)`, the rule that dropped most first.
    pub(crate) fn summary(&self) -> String {
        let mut counts: Vec<(String, u64)> = self.counts().into_iter().collect();
        counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let told: Vec<String> = counts
            .iter()
            .map(|(rule, count)| format!("{count} {rule}"))
            .collect();
        let told = if told.is_empty() {
            String::new()
        } else {
            format!(" ({})", told.join(", "))
        };
        format!("{}{told}", self.equation())
    }
}
