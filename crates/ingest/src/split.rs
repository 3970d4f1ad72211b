//! Splits rows by a stable hash, so that a row stays in its split whatever else is added.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{ArrayRef, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::DataType;
use dataset::columns;
use numeric::{Share, keyed_hash, unit_interval};
use serde::{Serialize, Serializer};

use crate::marks::with;

/// Names and shares, in the order given; the shares add up to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Splits(Vec<(String, Share)>);

impl FromStr for Splits {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut splits: Vec<(String, Share)> = Vec::new();
        for part in text.split(',') {
            let (name, share) = part
                .split_once('=')
                .with_context(|| format!("`{part}` is not NAME=SHARE"))?;
            let plain = !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
            anyhow::ensure!(
                plain,
                "`{name}` is no name for a split: letters, digits, `_`, `-` and `.` are"
            );
            anyhow::ensure!(
                splits.iter().all(|(known, _)| known != name),
                "the split `{name}` is named twice"
            );
            splits.push((name.to_owned(), share.parse()?));
        }
        let total: f64 = splits.iter().map(|(_, share)| share.fraction()).sum();
        anyhow::ensure!(
            (total - 1.0).abs() < 1e-9,
            "the shares of the splits add up to {total}, not to 1"
        );
        Ok(Self(splits))
    }
}

impl fmt::Display for Splits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self
            .0
            .iter()
            .map(|(name, share)| format!("{name}={share}"))
            .collect();
        f.write_str(&parts.join(","))
    }
}

impl Serialize for Splits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Splits {
    /// The split at `position` in [0, 1).
    fn at(&self, position: f64) -> &str {
        let mut end = 0.0;
        for (name, share) in &self.0 {
            end += share.fraction();
            if position < end {
                return name;
            }
        }
        // Rounding may leave the sum a hair below 1; the last split that has a share takes it.
        let last = self
            .0
            .iter()
            .rev()
            .find(|(_, share)| share.fraction() > 0.0);
        last.map_or("", |(name, _)| name)
    }
}

/// How rows are put into splits.
pub(crate) struct Group<'a> {
    pub(crate) splits: &'a Splits,
    /// The column whose equal values stay together; the id where none is named.
    pub(crate) column: Option<&'a str>,
    pub(crate) key: u64,
}

impl Group<'_> {
    /// The batch with its column `split`.
    pub(crate) fn assign(&self, name: &str, batch: &RecordBatch) -> anyhow::Result<RecordBatch> {
        if batch.column_by_name(columns::SPLIT.name).is_some() {
            return Err(cli::with_hint(
                anyhow::anyhow!("{name} already has a column `split`"),
                "leave --split out, or read a file without that column",
            ));
        }
        let wanted = self.column.unwrap_or(columns::ID.name);
        let column = batch.column_by_name(wanted).with_context(|| {
            format!(
                "{name} has no column `{wanted}` to group by; it has: {}",
                dataset::column_names(batch.schema_ref())
            )
        })?;
        let values = cast(column, &DataType::Utf8).with_context(|| {
            format!(
                "{name}: column `{wanted}` is {} and cannot be grouped by",
                column.data_type()
            )
        })?;
        let ids = cast(
            batch
                .column_by_name(columns::ID.name)
                .context("the reader gives ids")?,
            &DataType::Utf8,
        )?;
        let values = values.as_string::<i32>().iter().zip(ids.as_string::<i32>());
        let splits = values.map(|(value, id)| self.split_of(value.or(id).unwrap_or_default()));
        let splits: ArrayRef = Arc::new(StringArray::from_iter_values(splits));
        with(batch, &columns::SPLIT, DataType::Utf8, splits)
    }

    fn split_of(&self, value: &str) -> &str {
        self.splits
            .at(unit_interval(keyed_hash(self.key, value.as_bytes())))
    }

    /// The rows of each split; every split is there, with no rows if it has none.
    pub(crate) fn parts(&self, batch: &RecordBatch) -> anyhow::Result<Vec<(String, RecordBatch)>> {
        let column = batch
            .column_by_name(columns::SPLIT.name)
            .context("splits are assigned")?;
        let column = column.as_string::<i32>();
        let mut parts = Vec::with_capacity(self.splits.0.len());
        for (name, _) in &self.splits.0 {
            let mask: BooleanArray = column
                .iter()
                .map(|split| Some(split == Some(name)))
                .collect();
            parts.push((name.clone(), filter_record_batch(batch, &mask)?));
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_must_add_up_to_1_and_names_must_be_plain() {
        assert!("train=0.8,dev=0.1,test=0.1".parse::<Splits>().is_ok());
        for wrong in [
            "train=0.8",
            "train=80,test=20",
            "a=0.5,a=0.5",
            "a",
            "../a=1",
            "=1",
        ] {
            assert!(wrong.parse::<Splits>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_splits_have_their_shares_of_many_rows_and_adding_rows_moves_none() {
        let splits: Splits = "a=0.75,b=0.25".parse().expect("shares");
        let group = Group {
            splits: &splits,
            column: None,
            key: 9,
        };
        let assigned: Vec<_> = (0..4000)
            .map(|row| group.split_of(&row.to_string()).to_owned())
            .collect();
        let share = assigned.iter().filter(|split| *split == "a").count() as f64 / 4000.0;
        assert!((share - 0.75).abs() < 0.03, "{share}");
        assert_eq!(group.split_of("17"), assigned[17]);
    }

    #[test]
    fn a_share_of_zero_gets_no_row() {
        let splits: Splits = "a=0,b=1,c=0".parse().expect("shares");
        assert!((0..100).all(|i| splits.at(f64::from(i) / 100.0) == "b"));
        assert_eq!(splits.at(1.0 - f64::EPSILON / 2.0), "b");
    }
}
