//! Says what became of single rows, and why.

use std::collections::BTreeMap;

use cli::Console;
use dataset::{Replay, RowId, columns};

use crate::judgement::Judgement;
use crate::judging::{Candidates, Like};

/// What is shown of a text.
const SHOWN: usize = 120;

/// Says of each of the rows with these `ids` whether it was kept; an id that is not there is an error.
pub(crate) fn say(
    ids: &[RowId],
    judgement: &Judgement,
    rows: &Replay,
    column: &str,
    console: &Console,
) -> anyhow::Result<()> {
    let asked: Vec<String> = ids.iter().map(RowId::to_string).collect();
    let found = find(rows, column, |_, id| asked.iter().any(|asked| asked == id))?;
    let likes: Vec<usize> = found
        .keys()
        .filter_map(|row| match judgement.reason(*row)?.like {
            Like::Row(like) => Some(like as usize),
            _ => None,
        })
        .collect();
    let likes = find(rows, column, |row, _| likes.contains(&row))?;
    for id in &asked {
        let row = found.iter().find(|(_, (found, _))| found == id);
        let Some((row, (_, text))) = row else {
            anyhow::bail!("{} has no row with the id {id}", rows.name());
        };
        console.note(format!("{id} {}: {text}", fate(*row, judgement, &likes)));
    }
    Ok(())
}

/// The rows that are wanted, by their numbers: id and text.
type Found = BTreeMap<usize, (String, String)>;

fn find(
    rows: &Replay,
    column: &str,
    wanted: impl Fn(usize, &str) -> bool,
) -> anyhow::Result<Found> {
    let mut found = Found::new();
    rows.each(|batch, first| {
        let ids = dataset::optional_texts(rows.name(), batch, columns::ID.name)?;
        let texts = Candidates::of(rows.name(), batch, first, column)?.texts;
        for (row, (id, text)) in ids.into_iter().zip(texts).enumerate() {
            if let Some(id) = id.filter(|id| wanted(first + row, id)) {
                found.insert(first + row, (id.to_owned(), shown(text)));
            }
        }
        anyhow::Ok(())
    })?;
    Ok(found)
}

/// The beginning of a text, on one line.
fn shown(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .take(SHOWN)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    format!("\"{shown}\"")
}

/// The rules that were asked for; the first of all never is.
fn asked(judgement: &Judgement) -> impl Iterator<Item = &'static str> {
    judgement.rules().iter().copied().skip(1)
}

fn fate(row: usize, judgement: &Judgement, likes: &Found) -> String {
    let (Some(rule), Some(reason)) = (judgement.rule(row), judgement.reason(row)) else {
        return match asked(judgement).collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "was kept".to_owned(),
            rules => format!("was kept by {rules}"),
        };
    };
    let before: Vec<&str> = asked(judgement).take_while(|name| *name != rule).collect();
    let mut said = format!("was dropped by {rule}");
    if !before.is_empty() {
        said += &format!(" after {} kept it", before.join(", "));
    }
    if let Some(score) = reason.score {
        said += &format!(", at {score:.4}");
    }
    match &reason.like {
        Like::None => {}
        Like::Other(id) => said += &format!(", for {id} of another set"),
        Like::Row(like) => {
            if let Some((id, text)) = likes.get(&(*like as usize)) {
                said += &format!(", for {id} {text}");
            }
        }
    }
    said
}
