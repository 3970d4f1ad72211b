//! A source of a mix: its rows in the one order in which they are taken.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringArray};
use arrow::datatypes::{DataType, Field};
use dataset::{Reading, Source, Table, columns};
use numeric::Seed;
use relation::{Key, first_of_each, rows_in};

use crate::order::stratified;

/// The rows of one source.
#[derive(Debug)]
pub(crate) struct Pool {
    table: Table,
}

impl Pool {
    /// Reads `sources` one after the other as `role`; rows that do not say their source get `made_by`.
    pub(crate) fn read(
        sources: &[Source],
        how: &Reading,
        role: &str,
        made_by: &str,
    ) -> anyhow::Result<Self> {
        let read = |source| Table::read(source, how, role, crate::STAGE.reads);
        let mut tables = sources
            .iter()
            .map(read)
            .collect::<dataset::Result<Vec<_>>>()?;
        let table = match tables.len() {
            1 => tables.remove(0),
            _ => Table::stack(role, &tables.iter().collect::<Vec<_>>())?,
        };
        Self::new(&table, made_by)
    }

    fn new(table: &Table, made_by: &str) -> anyhow::Result<Self> {
        refuse_repeated_ids(table)?;
        let table = if table.has(columns::SOURCE.name) {
            table.filled(columns::SOURCE.name, made_by)?
        } else {
            let values: ArrayRef = Arc::new(StringArray::from(vec![made_by; table.len()]));
            table.with_column(
                Field::new(columns::SOURCE.name, DataType::Utf8, true),
                &values,
            )?
        };
        Ok(Self { table })
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// The first `n` rows of the order that follows from `seed` and `purpose`.
    ///
    /// Rows without a label are a stratum of their own, the same as that of the empty label.
    pub(crate) fn first(&self, n: usize, seed: Seed, purpose: &str) -> anyhow::Result<Table> {
        let ids = self.table.texts(columns::ID.name)?;
        let labels = if self.table.has(columns::LABEL.name) {
            let labels = self.table.optional_texts(columns::LABEL.name)?;
            labels.into_iter().map(Option::unwrap_or_default).collect()
        } else {
            vec![""; ids.len()]
        };
        let order = stratified(&ids, &labels, seed, purpose)?;
        Ok(self.table.take(&order[..n.min(order.len())])?)
    }

    /// Refuses rows that are in `other` too: nobody could say whether they are human.
    pub(crate) fn refuse_rows_of(&self, other: &Self) -> anyhow::Result<()> {
        let (ids, others) = (
            self.table.texts(columns::ID.name)?,
            other.table.texts(columns::ID.name)?,
        );
        let shared = rows_in(Key::Text(&ids), Key::Text(&others))?;
        let Some(first) = shared.first() else {
            return Ok(());
        };
        let (name, other) = (self.table.name(), other.table.name());
        let (rows, is) = (
            cli::count(shared.len(), "row"),
            if shared.len() == 1 { "is" } else { "are" },
        );
        let said = anyhow::anyhow!(
            "{rows} of {name} {is} in {other} too, the first with the id {}",
            ids[*first]
        );
        Err(cli::with_hint(
            said,
            format!("drop them first: polyculture filter {name} --against {other}"),
        ))
    }
}

/// An id is there once, unless the column `repeat` tells its rows apart.
fn refuse_repeated_ids(table: &Table) -> anyhow::Result<()> {
    if table.has(columns::REPEAT.name) {
        return Ok(());
    }
    let ids = table.texts(columns::ID.name)?;
    let firsts = first_of_each(Key::Text(&ids))?;
    let repeated = firsts.iter().enumerate().find(|(row, first)| row != *first);
    let Some((row, first)) = repeated else {
        return Ok(());
    };
    let said = anyhow::anyhow!(
        "{}: rows {first} and {row} have the same id {}",
        table.name(),
        ids[row]
    );
    Err(cli::with_hint(
        said,
        "ids are unique in a set; is a file named twice?",
    ))
}

#[cfg(test)]
mod tests {
    use arrow::array::RecordBatch;
    use arrow::datatypes::Schema;

    use super::*;

    fn table(name: &str, values: &[(&str, &str)]) -> Table {
        let field = |name| Field::new(name, DataType::Utf8, true);
        let schema = Arc::new(Schema::new(vec![field("id"), field("label")]));
        let column = |values: Vec<&str>| -> ArrayRef { Arc::new(StringArray::from(values)) };
        let (ids, labels) = values.iter().copied().unzip();
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![column(ids), column(labels)]);
        Table::new(name, schema, vec![batch.expect("two columns")])
    }

    #[test]
    fn rows_that_do_not_say_who_wrote_them_are_told() {
        let pool = Pool::new(&table("set", &[("1", "x"), ("2", "x")]), "human").expect("a pool");
        assert_eq!(
            pool.table.texts("source").expect("sources"),
            ["human", "human"]
        );
        let again = Pool::new(&pool.table, "synthetic").expect("a pool");
        assert_eq!(
            again.table.texts("source").expect("sources"),
            ["human", "human"]
        );
    }

    #[test]
    fn only_rows_that_say_nothing_are_told() {
        let told = Pool::new(&table("told", &[("1", "x")]), "synthetic").expect("a pool");
        let both = Table::stack("both", &[&told.table, &table("untold", &[("2", "x")])]);
        let pool = Pool::new(&both.expect("stacked"), "human").expect("a pool");
        assert_eq!(
            pool.table.texts("source").expect("sources"),
            ["synthetic", "human"]
        );
    }

    #[test]
    fn what_is_taken_grows_nested() {
        let rows: Vec<String> = (0..30).map(|row| row.to_string()).collect();
        let rows: Vec<(&str, &str)> = rows
            .iter()
            .map(|id| (id.as_str(), if id.len() > 1 { "long" } else { "short" }))
            .collect();
        let pool = Pool::new(&table("set", &rows), "human").expect("a pool");
        let whole = pool.first(30, Seed::new(1), "test").expect("rows");
        let whole = whole.texts("id").expect("ids");
        for n in 0..30 {
            let part = pool.first(n, Seed::new(1), "test").expect("rows");
            assert_eq!(part.texts("id").expect("ids"), whole[..n]);
        }
    }

    #[test]
    fn an_id_that_is_there_twice_is_refused() {
        let error = Pool::new(&table("set", &[("1", ""), ("2", ""), ("1", "")]), "human")
            .expect_err("twice");
        assert_eq!(error.to_string(), "set: rows 0 and 2 have the same id 1");
    }

    #[test]
    fn a_row_of_both_sources_is_refused() {
        let pool =
            |name, rows: &[(&str, &str)]| Pool::new(&table(name, rows), "human").expect("a pool");
        let (real, made) = (
            pool("real", &[("1", ""), ("2", "")]),
            pool("made", &[("3", ""), ("2", "")]),
        );
        let error = made.refuse_rows_of(&real).expect_err("shared");
        assert_eq!(
            error.to_string(),
            "1 row of made is in real too, the first with the id 2"
        );
        assert!(made.refuse_rows_of(&pool("other", &[("4", "")])).is_ok());
    }
}
