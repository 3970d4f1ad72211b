//! What the tests of all rules share.

use dataset::Reading;

use super::*;
use crate::judgement::Judgement;
use crate::judging::testing::set;
use crate::judging::{Like, Verdict};
use crate::priority::Priority;

/// Verdicts on rows without a label.
pub(crate) fn judged(rule: &dyn Rule, texts: &[&str]) -> Vec<Verdict> {
    labelled(
        rule,
        &texts.iter().map(|text| (*text, None)).collect::<Vec<_>>(),
    )
}

/// Verdicts on rows of (text, label).
pub(crate) fn labelled(rule: &dyn Rule, rows: &[(&str, Option<&str>)]) -> Vec<Verdict> {
    let judgement = judgement(&[rule], rows, &Priority::default());
    (0..rows.len())
        .map(|row| judgement.reason(row).cloned())
        .collect()
}

/// What becomes of rows of (text, label).
pub(crate) fn judgement(
    rules: &[&dyn Rule],
    rows: &[(&str, Option<&str>)],
    priority: &Priority,
) -> Judgement {
    let mut files = Files::new("text", Reading::default(), usize::MAX);
    let (folder, source) = set(rows);
    let judged = Judgement::of(rules, &[source], &mut files, priority, &[]);
    drop(folder);
    judged.expect("verdicts").0
}

/// Which rows were kept.
pub(crate) fn kept(verdicts: &[Verdict]) -> Vec<bool> {
    verdicts.iter().map(Option::is_none).collect()
}

/// What a row is told that it is like.
pub(crate) fn like(verdict: &Verdict) -> Option<usize> {
    match verdict.as_ref()?.like {
        Like::Row(row) => Some(row as usize),
        _ => None,
    }
}

/// The score of a dropped row.
pub(crate) fn score(verdict: &Verdict) -> Option<f64> {
    verdict.as_ref()?.score
}
