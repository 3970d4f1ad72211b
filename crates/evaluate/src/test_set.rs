//! The test rows, and where they come from.

use dataset::{Column, Reading, Source, Table, columns};

/// The rows to test on.
pub(crate) struct TestSet {
    /// As they were read, one a source, so that what their columns say of themselves is kept.
    parts: Vec<Table>,
    table: Table,
}

impl TestSet {
    /// Reads the sources, one after the other, as one set.
    pub(crate) fn read(sources: &[Source], how: &Reading) -> anyhow::Result<Self> {
        let parts = Table::read_each(sources, how, "test", &[])?;
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

    /// The content hash of what was read, as a text.
    pub(crate) fn hash(&self) -> String {
        let hash = self.table.hash();
        hash.map_or_else(String::new, |hash| hash.to_string())
    }

    /// The texts of the column that is judged.
    pub(crate) fn texts(&self, column: &str) -> anyhow::Result<Vec<&str>> {
        if column == columns::TEXT.name {
            self.require(&[&columns::TEXT])?;
        }
        Ok(self.table.texts(column)?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch};

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
}
