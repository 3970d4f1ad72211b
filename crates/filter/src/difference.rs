//! Says how the kept rows differ from those of another set, such as the result of other rules.

use std::collections::BTreeMap;

use cli::Console;
use dataset::{Replay, Source, columns};
use relation::{Key, rows_in};

use crate::judgement::Judgement;
use crate::judging::Files;

/// Says how many rows are in both sets and in one alone, and which rule dropped those that only
/// `other` has.
pub(crate) fn say(
    other: &Source,
    files: &Files<'_>,
    judgement: &Judgement,
    rows: &Replay,
    console: &Console,
) -> anyhow::Result<()> {
    let theirs = ids(other, files)?;
    let ours = ids_of(rows)?;
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (
        ours.iter().map(String::as_str).collect(),
        theirs.iter().map(String::as_str).collect(),
    );
    let (mut both, mut dropped) = (0, BTreeMap::new());
    for row in rows_in(Key::Text(&ours), Key::Text(&theirs))? {
        match judgement.rule(row) {
            None => both += 1,
            Some(rule) => *dropped.entry(rule).or_insert(0usize) += 1,
        }
    }
    console.note(told(&Difference {
        other: other.to_string(),
        both,
        ours: judgement.kept() - both,
        theirs: theirs.len() - both,
        dropped,
    }));
    Ok(())
}

/// How two sets differ.
struct Difference {
    other: String,
    both: usize,
    ours: usize,
    theirs: usize,
    /// Of those only the other set has, how many each rule dropped here.
    dropped: BTreeMap<&'static str, usize>,
}

fn told(found: &Difference) -> String {
    let (both, ours, theirs) = (found.both, found.ours, found.theirs);
    let union = both + ours + theirs;
    let similarity = if union == 0 {
        1.0
    } else {
        both as f64 / union as f64
    };
    let mut reasons: Vec<String> = found
        .dropped
        .iter()
        .map(|(rule, rows)| format!("{rows} {rule}"))
        .collect();
    let unread = theirs - found.dropped.values().sum::<usize>();
    if unread > 0 {
        reasons.push(format!("{unread} not in the input"));
    }
    let reasons = match reasons.is_empty() {
        true => String::new(),
        false => format!(" ({})", reasons.join(", ")),
    };
    let other = &found.other;
    format!(
        "{} in both, {ours} only here, {theirs} only in {other}{reasons}; Jaccard {similarity:.4}",
        cli::count(both, "row")
    )
}

fn ids(source: &Source, files: &Files<'_>) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::new();
    for batch in dataset::open(source, &files.reading)? {
        add(&source.to_string(), &batch?, &mut ids)?;
    }
    Ok(ids)
}

fn ids_of(rows: &Replay) -> anyhow::Result<Vec<String>> {
    let mut ids = Vec::with_capacity(rows.len());
    rows.each(|batch, _| add(rows.name(), batch, &mut ids))?;
    Ok(ids)
}

fn add(name: &str, batch: &arrow::array::RecordBatch, ids: &mut Vec<String>) -> anyhow::Result<()> {
    let found = dataset::optional_texts(name, batch, columns::ID.name)?;
    ids.extend(found.into_iter().flatten().map(str::to_owned));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_with_its_reasons() {
        let found = Difference {
            other: "b.parquet".to_owned(),
            both: 6,
            ours: 1,
            theirs: 3,
            dropped: BTreeMap::from([("length", 2)]),
        };
        assert_eq!(
            told(&found),
            "6 rows in both, 1 only here, 3 only in b.parquet (2 length, 1 not in the input); Jaccard 0.6000"
        );
    }
}
