//! A source of a mix: its rows in the one order in which they are taken.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use dataset::{Reading, Replay, Source, columns};
use numeric::Seed;

use crate::draw::Lengths;
use crate::order::{Strata, stratified};
use crate::units::{Counter, Unit};

/// What a source is read as.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// Its name in messages and in the provenance, which also its order follows from.
    pub(crate) name: String,
    /// Who made rows that do not say it themselves.
    pub(crate) made_by: String,
}

/// What of the rows is looked at.
pub(crate) struct Looking<'a> {
    /// How files are read.
    pub(crate) how: &'a Reading,
    /// The column whose shares every prefix keeps; none where the order is that of the hash alone.
    pub(crate) stratify: Option<&'a str>,
    /// What is counted.
    pub(crate) unit: Unit,
    /// How tokens are counted.
    pub(crate) counter: &'a Counter,
    /// Bytes of rows that one source may keep in memory.
    pub(crate) memory: usize,
}

/// The rows of one source.
pub(crate) struct Pool {
    pub(crate) role: Role,
    pub(crate) rows: Replay,
    pub(crate) ids: Vec<u128>,
    strata: Strata,
    /// Tokens of each row, where tokens are what is counted.
    tokens: Option<Vec<u32>>,
}

impl Pool {
    /// Reads `sources` one after the other as one source.
    pub(crate) fn read(
        sources: &[Source],
        role: Role,
        looking: &Looking<'_>,
    ) -> anyhow::Result<Self> {
        let mut noting = Noting::new(looking);
        let reads = crate::STAGE.reads;
        let rows = Replay::read(
            sources,
            looking.how,
            &role.name,
            reads,
            looking.memory,
            |name, batch, _| noting.observe(name, batch),
        )?;
        anyhow::ensure!(
            rows.len() < u32::MAX as usize,
            "{} has more rows than 2^32",
            rows.name()
        );
        let pool = Self {
            role,
            rows,
            ids: noting.ids,
            strata: noting.strata,
            tokens: noting.tokens,
        };
        pool.refuse_repeated_ids()?;
        Ok(pool)
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// The rows in the order that follows from `seed` and the role, and how long they are.
    pub(crate) fn ordered(&self, seed: Seed) -> anyhow::Result<(Vec<u32>, Lengths)> {
        let purpose = format!("mix/{}", self.role.name);
        let order = stratified(&self.ids, &self.strata, seed, &purpose)?;
        let lengths = match &self.tokens {
            None => Lengths::ones(order.len()),
            Some(tokens) => Lengths::of(order.iter().map(|row| u64::from(tokens[*row as usize]))),
        };
        Ok((order, lengths))
    }

    /// Refuses rows that are in `other` too: nobody could say which source they are of.
    pub(crate) fn refuse_rows_of(&self, other: &Self) -> anyhow::Result<()> {
        let theirs = ascending(&other.ids);
        let there = |id: &u128| theirs.binary_search(id).is_ok();
        let shared = self.ids.iter().filter(|id| there(id)).count();
        let Some(first) = self.ids.iter().find(|id| there(id)) else {
            return Ok(());
        };
        let (name, other) = (self.rows.name(), other.rows.name());
        let is = if shared == 1 { "is" } else { "are" };
        let rows = cli::count(shared, "row");
        let said = anyhow::anyhow!(
            "{rows} of {name} {is} in {other} too, the first with the id {first:032x}"
        );
        Err(cli::with_hint(
            said,
            format!("drop them first: polyculture filter {name} --against {other}"),
        ))
    }

    /// An id is there once, unless the column `repeat` tells its rows apart.
    fn refuse_repeated_ids(&self) -> anyhow::Result<()> {
        if self
            .rows
            .schema()
            .field_with_name(columns::REPEAT.name)
            .is_ok()
        {
            return Ok(());
        }
        let sorted = ascending(&self.ids);
        let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) else {
            return Ok(());
        };
        let rows = self
            .ids
            .iter()
            .enumerate()
            .filter(|(_, id)| **id == pair[0]);
        let rows: Vec<String> = rows.take(2).map(|(row, _)| row.to_string()).collect();
        let name = self.rows.name();
        let said = anyhow::anyhow!(
            "{name}: rows {} have the same id {:032x}",
            rows.join(" and "),
            pair[0]
        );
        Err(cli::with_hint(
            said,
            "ids are unique in a set; is a file named twice?",
        ))
    }
}

fn ascending(ids: &[u128]) -> Vec<u128> {
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted
}

/// What is noted of rows as they are read.
struct Noting<'a> {
    looking: &'a Looking<'a>,
    ids: Vec<u128>,
    strata: Strata,
    codes: HashMap<String, u32>,
    tokens: Option<Vec<u32>>,
}

impl<'a> Noting<'a> {
    fn new(looking: &'a Looking<'a>) -> Self {
        Self {
            looking,
            ids: Vec::new(),
            strata: Strata::default(),
            codes: HashMap::new(),
            tokens: (looking.unit == Unit::Tokens).then(Vec::new),
        }
    }

    fn observe(&mut self, name: &str, batch: &RecordBatch) -> anyhow::Result<()> {
        for id in dataset::optional_texts(name, batch, columns::ID.name)? {
            let digits = id.unwrap_or_default();
            let number = u128::from_str_radix(digits, 16);
            self.ids.push(
                number.map_err(|_| {
                    anyhow::anyhow!("{name}: the id `{digits}` is not 32 hex digits")
                })?,
            );
        }
        self.observe_strata(name, batch)?;
        if let Some(tokens) = &mut self.tokens {
            tokens.extend(self.looking.counter.lengths(name, batch)?);
        }
        Ok(())
    }

    /// Rows without a value are a stratum of their own, the same as that of the empty one.
    fn observe_strata(&mut self, name: &str, batch: &RecordBatch) -> anyhow::Result<()> {
        let column = self.looking.stratify.unwrap_or(columns::LABEL.name);
        let absent = batch.column_by_name(column).is_none();
        if absent
            && self
                .looking
                .stratify
                .is_some_and(|column| column != columns::LABEL.name)
        {
            let known = dataset::column_names(batch.schema_ref());
            let said = anyhow::anyhow!("{name} has no column `{column}`");
            return Err(cli::with_hint(said, format!("its columns are: {known}")));
        }
        if absent || self.looking.stratify.is_none() {
            let code = self.code("");
            self.strata.codes.resize(self.ids.len(), code);
            return Ok(());
        }
        let values = crate::units::as_texts(batch, column)?;
        for value in dataset::optional_texts(name, &values, column)? {
            let code = self.code(value.unwrap_or_default());
            self.strata.codes.push(code);
        }
        Ok(())
    }

    fn code(&mut self, name: &str) -> u32 {
        if let Some(code) = self.codes.get(name) {
            return *code;
        }
        let code = self.strata.names.len() as u32;
        self.strata.names.push(name.to_owned());
        self.codes.insert(name.to_owned(), code);
        code
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Sources for tests.

    use std::fmt::Write as _;

    use super::*;

    /// A source of rows of (id, label).
    pub(crate) fn pool(name: &str, rows: &[(u128, &str)]) -> anyhow::Result<Pool> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        let mut lines = String::new();
        for (id, label) in rows {
            writeln!(
                lines,
                "{{\"id\":\"{id:032x}\",\"text\":\"text {id}\",\"label\":{label:?}}}"
            )
            .expect("a line");
        }
        std::fs::write(&path, lines).expect("written");
        let role = Role {
            name: "real".to_owned(),
            made_by: "human".to_owned(),
        };
        let looking = Looking {
            how: &Reading::default(),
            stratify: Some("label"),
            unit: Unit::Rows,
            counter: &Counter::default(),
            memory: usize::MAX,
        };
        Pool::read(&[Source::Path(path)], role, &looking)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::pool;
    use super::*;

    #[test]
    fn an_id_that_is_there_twice_is_refused() {
        let error = pool("set.jsonl", &[(1, ""), (2, ""), (1, "")])
            .err()
            .expect("twice");
        let id = format!("{:032x}", 1);
        assert_eq!(
            error.to_string(),
            format!("set.jsonl: rows 0 and 2 have the same id {id}")
        );
    }

    #[test]
    fn a_row_of_both_sources_is_refused() {
        let of = |name, rows: &[(u128, &str)]| pool(name, rows).expect("a pool");
        let (real, made) = (
            of("real.jsonl", &[(1, ""), (2, "")]),
            of("made.jsonl", &[(3, ""), (2, "")]),
        );
        let error = made.refuse_rows_of(&real).expect_err("shared");
        let id = format!("{:032x}", 2);
        assert_eq!(
            error.to_string(),
            format!("1 row of made.jsonl is in real.jsonl too, the first with the id {id}")
        );
        assert!(made.refuse_rows_of(&of("other.jsonl", &[(4, "")])).is_ok());
    }

    #[test]
    fn labels_alternate_from_the_beginning() {
        let rows: Vec<(u128, &str)> = (0..30)
            .map(|row| (row, if row % 3 == 0 { "x" } else { "y" }))
            .collect();
        let pool = pool("set.jsonl", &rows).expect("a pool");
        let (order, _) = pool.ordered(Seed::new(1)).expect("an order");
        let of_x = order[..15].iter().filter(|row| **row % 3 == 0).count();
        assert_eq!(of_x, 5);
    }
}
