//! Texts of each level side by side, since no figure shows what a level reads like.

use std::collections::BTreeMap;

use dataset::{Reading, Source, columns};
use numeric::{Seed, keyed_hash};

use crate::factor::Factor;
use crate::tables::{Cell, Table, text};

/// Characters of a text that are shown.
const LONGEST: usize = 400;

/// What a column of the table shows: whether the rows are synthetic, and their level.
type Kind = (bool, Option<Factor>);

/// The rows that a kind is shown by, each with its hash: text and label.
type Shelf = Vec<(u64, String, String)>;

/// A table with `count` texts of each level of `sources`, a column a level, human rows first.
///
/// Those with the smallest keyed hash of their ids are shown, so that the choice depends on
/// nobody's taste and on no other row.
pub(crate) fn side_by_side(sources: &[Source], count: usize) -> anyhow::Result<Table> {
    let mut shelves: BTreeMap<Kind, Shelf> = BTreeMap::new();
    for source in sources {
        let reads = [&columns::ID, &columns::TEXT];
        let set = dataset::Table::read(source, &Reading::default(), "texts", &reads)?;
        take(&set, count, &mut shelves)?;
    }
    let names: Vec<String> = shelves.keys().map(named).collect();
    let heads: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), false)).collect();
    let mut table = Table::new(&heads);
    let most = shelves.values().map(Vec::len).max().unwrap_or(0);
    table.rows = (0..most)
        .map(|nth| {
            let cells = shelves.values().map(|shelf| shelf.get(nth));
            cells.map(|row| row.map(cell).unwrap_or_default()).collect()
        })
        .collect();
    Ok(table)
}

fn cell((_, shown, label): &(u64, String, String)) -> Cell {
    Cell {
        below: label.clone(),
        ..text(cli::short(shown, LONGEST))
    }
}

fn named((is_made, level): &Kind) -> String {
    match level {
        Some(level) => format!("level {level}"),
        None if *is_made => "synthetic".to_owned(),
        None => "human".to_owned(),
    }
}

/// Puts the rows of `set` on the shelves of their kinds, and keeps `count` on each.
fn take(
    set: &dataset::Table,
    count: usize,
    shelves: &mut BTreeMap<Kind, Shelf>,
) -> anyhow::Result<()> {
    let key = Seed::new(0).key("samples");
    let of = |column: &dataset::Column| match set.has(column.name) {
        true => set.optional_texts(column.name),
        false => Ok(vec![None; set.len()]),
    };
    let (ids, texts, labels) = (
        set.texts(columns::ID.name)?,
        of(&columns::TEXT)?,
        of(&columns::LABEL)?,
    );
    let (levels, sources) = (of(&columns::LEVEL)?, of(&columns::SOURCE)?);
    for (row, shown) in texts.into_iter().enumerate() {
        let Some(shown) = shown else { continue };
        let kind = (
            sources[row] != Some("human"),
            levels[row].map(Factor::parse),
        );
        let shelf = shelves.entry(kind).or_default();
        let hash = keyed_hash(key, ids[row].as_bytes());
        let place = shelf.partition_point(|(other, ..)| *other < hash);
        if place < count {
            let label = labels[row].unwrap_or_default().to_owned();
            shelf.insert(place, (hash, shown.to_owned(), label));
            shelf.truncate(count);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(folder: &tempfile::TempDir, name: &str, lines: &str) -> Source {
        let path = folder.path().join(name);
        std::fs::write(&path, lines).expect("written");
        Source::Path(path)
    }

    #[test]
    fn each_level_has_a_column_and_human_rows_come_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let row = |level: &str, at: usize| {
            format!(
                "{{\"text\":\"{level} {at}\",\"level\":\"{level}\",\"source\":\"gpt\",\"label\":\"x\"}}\n"
            )
        };
        let made: String = (0..9)
            .flat_map(|at| [row("1.5", at), row("0.7", at)])
            .collect();
        let human = "{\"text\":\"h\",\"source\":\"human\"}\n";
        let sources = [
            set(&folder, "made.jsonl", &made),
            set(&folder, "human.jsonl", human),
        ];
        let table = side_by_side(&sources, 2).expect("a table");
        let heads: Vec<&str> = table.head.iter().map(|head| head.name.as_str()).collect();
        assert_eq!(heads, ["human", "level 0.7", "level 1.5"]);
        assert_eq!(table.rows.len(), 2);
        assert_eq!(
            (
                table.rows[0][0].text.as_str(),
                table.rows[1][0].text.as_str()
            ),
            ("h", "")
        );
        assert!(
            table
                .rows
                .iter()
                .all(|row| row[1].text.starts_with("0.7 ") && row[1].below == "x")
        );
        // Other rows do not change which are shown.
        let fewer = side_by_side(&sources[..1], 1).expect("a table");
        assert_eq!(fewer.rows[0][0].text, table.rows[0][1].text);
    }

    #[test]
    fn a_set_without_texts_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let error =
            side_by_side(&[set(&folder, "a.jsonl", "{\"n\":1}\n")], 2).expect_err("no text");
        assert_eq!(error.to_string(), "a.jsonl has no column `text`");
    }
}
