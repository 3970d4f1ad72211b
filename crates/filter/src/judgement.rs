//! What becomes of each row: the rules one after the other, each on what the ones before it kept.

use std::collections::BTreeMap;

use dataset::{Replay, RowEquation, Source};

use crate::judging::{Candidates, Files, Judge, Observed, Rejection, Verdict};
use crate::priority::{Priority, Ranks};
use crate::rules::Rule;

/// The fate of every row.
#[derive(Debug)]
pub(crate) struct Judgement {
    rules: Vec<&'static str>,
    /// Of each row, the place among `rules` of the one that dropped it, or [`KEPT`].
    fates: Vec<u8>,
    /// Why rows were dropped, by their numbers, ascending.
    reasons: Vec<(u32, Rejection)>,
}

/// The fate of a row that no rule dropped.
const KEPT: u8 = u8::MAX;

/// The verdicts while rows are read: of each row that of the first rule that can judge it by itself.
struct Reading<'a> {
    judges: Vec<Judge<'a>>,
    fates: Vec<u8>,
    reasons: Vec<(u32, Rejection)>,
}

impl Judgement {
    /// Reads `sources` and lets every rule judge what is left; with the rows themselves.
    pub(crate) fn of(
        rules: &[&dyn Rule],
        sources: &[Source],
        files: &mut Files<'_>,
        priority: &Priority,
        reads: &[&dataset::Column],
    ) -> anyhow::Result<(Self, Replay)> {
        let prepared = rules.iter().map(|rule| rule.prepare(files));
        let mut reading = Reading {
            judges: prepared.collect::<anyhow::Result<_>>()?,
            fates: Vec::new(),
            reasons: Vec::new(),
        };
        let (how, column, memory) = (files.reading.clone(), files.column, files.memory);
        let mut ranks = Ranks::new(priority);
        let replay = Replay::read(
            sources,
            &how,
            "input",
            reads,
            memory,
            |name, batch, first| {
                let rows = Candidates::of(name, batch, first, column)?;
                anyhow::ensure!(
                    u32::try_from(first + rows.len()).is_ok(),
                    "more rows than 2^32"
                );
                ranks.observe(&rows)?;
                reading.observe(&rows)
            },
        )?;
        let order = ranks.order()?;
        let rules = rules.iter().map(|rule| rule.name()).collect();
        let judgement = reading.resolve(rules, &replay, column, order.as_deref())?;
        Ok((judgement, replay))
    }

    /// Why a row was dropped; `None` where it is kept.
    pub(crate) fn reason(&self, row: usize) -> Option<&Rejection> {
        let at = self
            .reasons
            .binary_search_by_key(&row, |(dropped, _)| *dropped as usize);
        at.ok().map(|at| &self.reasons[at].1)
    }

    /// The rule that dropped a row; `None` where it is kept.
    pub(crate) fn rule(&self, row: usize) -> Option<&'static str> {
        self.rules.get(usize::from(self.fates[row])).copied()
    }

    /// The names of the rules, in the order in which they judged.
    pub(crate) fn rules(&self) -> &[&'static str] {
        &self.rules
    }

    /// The rows that were dropped, ascending, each with its reason.
    pub(crate) fn dropped(&self) -> impl Iterator<Item = (usize, &Rejection)> {
        self.reasons
            .iter()
            .map(|(row, rejection)| (*row as usize, rejection))
    }

    /// Whether a row is kept.
    pub(crate) fn keeps(&self, row: usize) -> bool {
        self.fates[row] == KEPT
    }

    /// How many rows are kept.
    pub(crate) fn kept(&self) -> usize {
        self.fates.len() - self.reasons.len()
    }

    /// in = kept + rejected.
    pub(crate) fn equation(&self) -> RowEquation {
        let (rows_in, rejected) = (self.fates.len() as u64, self.reasons.len() as u64);
        RowEquation::Filtered {
            rows_in,
            kept: rows_in - rejected,
            rejected,
            failed: 0,
        }
    }

    /// How many rows each rule dropped.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for (row, _) in &self.reasons {
            let rule = self.rules[usize::from(self.fates[*row as usize])];
            *counts.entry(rule.to_owned()).or_default() += 1;
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

impl Reading<'_> {
    /// Lets the rules see `rows`, each those that no rule before it dropped by themselves.
    fn observe(&mut self, rows: &Candidates<'_>) -> anyhow::Result<()> {
        self.fates.resize(rows.first + rows.len(), KEPT);
        let mut left = rows.clone();
        for (rule, judge) in self.judges.iter_mut().enumerate() {
            match judge {
                Judge::Set(judge) => judge.observe(&left)?,
                Judge::Rows(judge) => {
                    let verdicts = judge.verdicts(&left)?;
                    let kept: Vec<bool> = verdicts.iter().map(Option::is_none).collect();
                    drop_rows(&left, verdicts, rule, &mut self.fates, &mut self.reasons);
                    left = left.kept(|row| kept[row]);
                }
            }
        }
        Ok(())
    }

    /// Lets those rules judge that need to know all rows, and forgets the verdicts of later ones
    /// on what they drop.
    fn resolve(
        mut self,
        rules: Vec<&'static str>,
        replay: &Replay,
        column: &str,
        order: Option<&[u32]>,
    ) -> anyhow::Result<Judgement> {
        for (rule, judge) in self.judges.iter_mut().enumerate() {
            let Judge::Set(judge) = judge else { continue };
            let alive: Vec<bool> = self
                .fates
                .iter()
                .map(|fate| usize::from(*fate) > rule)
                .collect();
            let dropped = judge.resolve(&Observed {
                replay,
                column,
                alive: &alive,
                order: order.into(),
            })?;
            for (row, rejection) in dropped {
                self.fates[row] = rule as u8;
                self.reasons.push((row as u32, rejection));
            }
        }
        // Of the reasons for one row that of the earliest rule was added last, since only rows
        // that a later rule had dropped are judged again.
        self.reasons.reverse();
        self.reasons.sort_by_key(|(row, _)| *row);
        self.reasons.dedup_by_key(|(row, _)| *row);
        Ok(Judgement {
            rules,
            fates: self.fates,
            reasons: self.reasons,
        })
    }
}

fn drop_rows(
    rows: &Candidates<'_>,
    verdicts: Vec<Verdict>,
    rule: usize,
    fates: &mut [u8],
    reasons: &mut Vec<(u32, Rejection)>,
) {
    for (number, rejection) in rows.numbers().zip(verdicts) {
        if let Some(rejection) = rejection {
            fates[number] = rule as u8;
            reasons.push((number as u32, rejection));
        }
    }
}
