//! The test rows, and which of them belong together.

use std::collections::BTreeMap;

use dataset::{Column, ContentHash, Reading, Source, Table, columns};

/// The rows to test on.
pub(crate) struct TestSet {
    /// As they were read, one a source, so that what their columns say of themselves is kept.
    parts: Vec<Table>,
    table: Table,
}

impl TestSet {
    /// Reads the sources, one after the other, as one set.
    pub(crate) fn read(sources: &[Source], how: &Reading) -> anyhow::Result<Self> {
        let parts = sources
            .iter()
            .map(|source| Table::read(source, how, "test", &[]));
        let parts = parts.collect::<dataset::Result<Vec<_>>>()?;
        let table = match &parts[..] {
            [one] => one.clone(),
            several => Table::stack("the test set", &several.iter().collect::<Vec<_>>())?,
        };
        anyhow::ensure!(!table.is_empty(), "{} has no rows", table.name());
        Ok(Self { parts, table })
    }

    /// All rows.
    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    /// The rows of each source.
    pub(crate) fn parts(&self) -> &[Table] {
        &self.parts
    }

    /// Checks that every source has these columns.
    pub(crate) fn require(&self, reads: &[&Column]) -> dataset::Result<()> {
        let mut parts = self.parts.iter();
        parts.try_for_each(|part| columns::require(part.name(), part.schema(), reads))
    }

    /// The content hash; of several files, the hash of the lines that hold their hashes.
    pub(crate) fn hash(&self) -> ContentHash {
        match self.table.inputs() {
            [one] => one.node.hash,
            several => {
                let lines = several.iter().map(|input| format!("{}\n", input.node.hash));
                ContentHash::of_bytes(lines.collect::<String>().as_bytes())
            }
        }
    }

    /// For each row the number of its group: rows made from the same row, and that row itself,
    /// are one group.
    pub(crate) fn groups(&self) -> dataset::Result<Vec<usize>> {
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        let groups = self.table.families()?.into_iter().map(|family| {
            let next = numbers.len();
            *numbers.entry(family).or_insert(next)
        });
        Ok(groups.collect())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder};

    use super::*;

    /// A test set of these columns.
    pub(crate) fn of_columns(columns: &[(&str, ArrayRef)]) -> TestSet {
        let columns = columns
            .iter()
            .map(|(name, values)| (*name, Arc::clone(values), true));
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("one length");
        let table = Table::new("test.parquet", batch.schema(), vec![batch]);
        TestSet {
            parts: vec![table.clone()],
            table,
        }
    }

    #[test]
    fn rows_of_one_parent_are_one_group_with_the_parent_itself() {
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a", "b", "c", "d"]));
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_null();
        lists.append_value([Some("a"), Some("z")]);
        lists.append(true);
        lists.append_value([Some("z")]);
        let parents: ArrayRef = Arc::new(lists.finish());
        let set = of_columns(&[("id", Arc::clone(&ids)), ("parents", parents)]);
        assert_eq!(set.groups().expect("groups"), [0, 0, 1, 2]);
        let set = of_columns(&[("id", ids)]);
        assert_eq!(set.groups().expect("groups"), [0, 1, 2, 3]);
    }
}
