//! Whose predictions are whose: files by arm, rows by seed, all in one order.

use std::collections::BTreeMap;

use dataset::{Table, columns};

use crate::metrics::{Metric, Score};
use crate::predictions::{ARM, Predictions, SEED, TASK};
use crate::table::{constant, integers};

/// What the models of one arm said, a model a seed.
#[derive(Debug)]
pub(super) struct System {
    /// The arm, or where none is told the name of the file.
    pub(super) name: String,
    /// The content hash of its predictions.
    pub(super) hash: Option<String>,
    /// The seeds, ascending; `None` where none is told.
    pub(super) seeds: Vec<Option<i64>>,
    /// What was said under each, ordered by the ids of the rows.
    pub(super) of_seeds: Vec<Predictions>,
    task: Option<String>,
    ids: Vec<String>,
}

/// The systems in the files, in the order in which they come; files of one arm are one system.
pub(super) fn of_tables(tables: &[Table]) -> anyhow::Result<Vec<System>> {
    let mut named: Vec<(String, Vec<&Table>)> = Vec::new();
    for table in tables {
        let arm = constant(table, ARM)?;
        let name = arm.unwrap_or_else(|| stem(table.name()).to_owned());
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, tables)) => tables.push(table),
            None => named.push((name, vec![table])),
        }
    }
    anyhow::ensure!(
        named.len() > 1,
        "there is nothing to compare: all files are of {}",
        named.first().map_or("nothing", |(name, _)| name)
    );
    let systems = named
        .into_iter()
        .map(|(name, tables)| System::new(name, &tables));
    systems.collect()
}

/// The name of a file without its ending.
fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

impl System {
    fn new(name: String, tables: &[&Table]) -> anyhow::Result<Self> {
        let whole = Table::stack(&name, tables)?;
        let task = constant(&whole, TASK)?;
        let seeds = if whole.has(SEED) {
            integers(&whole, SEED)?
        } else {
            vec![None; whole.len()]
        };
        let mut rows_of_seed: BTreeMap<Option<i64>, Vec<usize>> = BTreeMap::new();
        for (row, seed) in seeds.into_iter().enumerate() {
            rows_of_seed.entry(seed).or_default().push(row);
        }
        let ids: Vec<&str> = whole.texts(columns::ID.name)?;
        let mut system = Self {
            hash: whole.hash().map(|hash| hash.to_string()),
            seeds: rows_of_seed.keys().copied().collect(),
            of_seeds: Vec::new(),
            task,
            ids: Vec::new(),
            name,
        };
        for (at, mut rows) in rows_of_seed.into_values().enumerate() {
            rows.sort_by_key(|row| ids[*row]);
            let of_seed: Vec<String> = rows.iter().map(|row| ids[*row].to_owned()).collect();
            if at == 0 {
                system.ids = of_seed;
            } else {
                let seeds = (told(system.seeds[0]), told(system.seeds[at]));
                let names = [
                    format!("{} {}", system.name, seeds.0),
                    format!("{} {}", system.name, seeds.1),
                ];
                same_examples([&names[0], &names[1]], [&system.ids, &of_seed])?;
            }
            system
                .of_seeds
                .push(Predictions::of_table(whole.take(&rows)?)?);
        }
        Ok(system)
    }

    /// The scores of one metric, one a seed.
    pub(super) fn scores(&self, metric: &Metric) -> anyhow::Result<Vec<Score>> {
        self.of_seeds.iter().map(metric.score).collect()
    }

    /// Refuses another system that was asked something else, of other rows, or under other seeds.
    pub(super) fn check_alike(&self, other: &Self) -> anyhow::Result<()> {
        let asked = |system: &Self| {
            let said = &system.of_seeds[0];
            let task = system.task.clone().unwrap_or_default();
            (task, said.form.name(), said.condition.clone())
        };
        let (one, another) = (asked(self), asked(other));
        anyhow::ensure!(
            one == another,
            "{} was asked {} ({}) and {} {} ({})",
            self.name,
            one.0,
            one.1,
            other.name,
            another.0,
            another.1
        );
        same_examples([&self.name, &other.name], [&self.ids, &other.ids])?;
        anyhow::ensure!(
            self.seeds == other.seeds,
            "{} has {} and {} has {}; seeds are compared one by one",
            self.name,
            listed(&self.seeds),
            other.name,
            listed(&other.seeds)
        );
        Ok(())
    }
}

fn told(seed: Option<i64>) -> String {
    seed.map_or_else(
        || "without a seed".to_owned(),
        |seed| format!("seed {seed}"),
    )
}

fn listed(seeds: &[Option<i64>]) -> String {
    seeds
        .iter()
        .map(|seed| told(*seed))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Refuses two lists of ids, both ascending, that are not the same, and counts how they differ.
fn same_examples(names: [&str; 2], ids: [&[String]; 2]) -> anyhow::Result<()> {
    if ids[0] == ids[1] {
        return Ok(());
    }
    let mut counts: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for id in ids[0] {
        counts.entry(id).or_default().0 += 1;
    }
    for id in ids[1] {
        counts.entry(id).or_default().1 += 1;
    }
    let sum = |of: fn(&(usize, usize)) -> usize| counts.values().map(of).sum::<usize>();
    let error = anyhow::anyhow!(
        "{} and {} were not asked of the same examples: {} only of the first, {} only of the \
         second, {} of both",
        names[0],
        names[1],
        sum(|(one, other)| one.saturating_sub(*other)),
        sum(|(one, other)| other.saturating_sub(*one)),
        sum(|(one, other)| *one.min(other))
    );
    Err(cli::with_hint(error, "evaluate both on the same test set"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};

    use super::*;
    use crate::predictions::{flags, texts};

    fn table(name: &str, arm: Option<&str>, rows: &[(&str, i64)]) -> Table {
        let n = rows.len();
        let arm: ArrayRef = match arm {
            Some(arm) => texts(std::iter::repeat_n(arm, n)),
            None => Arc::new(arrow::array::StringArray::new_null(n)),
        };
        let seeds = Int64Array::from_iter_values(rows.iter().map(|row| row.1));
        let columns: [(&str, ArrayRef, bool); 6] = [
            ("id", texts(rows.iter().map(|row| row.0)), true),
            ("group", texts(rows.iter().map(|row| row.0)), true),
            (ARM, arm, true),
            (SEED, Arc::new(seeds), true),
            ("form", texts(std::iter::repeat_n("labels", n)), true),
            ("correct", flags(rows.iter().map(|row| row.1 > 1)), true),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns");
        Table::new(name, batch.schema(), vec![batch])
    }

    #[test]
    fn files_of_one_arm_are_one_system_and_rows_are_put_in_one_order() {
        let one = table("a.parquet", Some("hot"), &[("x", 1), ("y", 1)]);
        let two = table("b.parquet", Some("hot"), &[("y", 2), ("x", 2)]);
        let other = table("c.parquet", None, &[("x", 1), ("y", 1), ("x", 2), ("y", 2)]);
        let systems = of_tables(&[one, two, other]).expect("systems");
        let names: Vec<&str> = systems.iter().map(|system| system.name.as_str()).collect();
        assert_eq!(names, ["hot", "c"]);
        assert_eq!(systems[0].seeds, [Some(1), Some(2)]);
        assert_eq!(systems[0].ids, ["x", "y"]);
        let ids = systems[0].of_seeds[1]
            .table
            .texts("id")
            .expect("ids")
            .join(" ");
        assert_eq!(ids, "x y");
        assert!(systems[0].check_alike(&systems[1]).is_ok());
    }

    #[test]
    fn other_examples_and_other_seeds_are_refused_with_their_number() {
        let refused = |one: Table, other: Table| {
            let systems = of_tables(&[one, other]).expect("systems");
            systems[0]
                .check_alike(&systems[1])
                .expect_err("refused")
                .to_string()
        };
        let one = || table("a.parquet", None, &[("x", 1), ("y", 1), ("z", 1)]);
        assert_eq!(
            refused(one(), table("b.parquet", None, &[("w", 1), ("y", 1)])),
            "a and b were not asked of the same examples: 2 only of the first, 1 only of the \
             second, 1 of both"
        );
        let other = table("b.parquet", None, &[("x", 2), ("y", 2), ("z", 2)]);
        assert_eq!(
            refused(one(), other),
            "a has seed 1 and b has seed 2; seeds are compared one by one"
        );
    }

    #[test]
    fn seeds_of_one_system_are_of_the_same_examples() {
        let one = table("a.parquet", None, &[("x", 1), ("y", 2)]);
        let error = of_tables(&[one, table("b.parquet", None, &[("x", 1)])]).expect_err("refused");
        assert!(
            error
                .to_string()
                .starts_with("a seed 1 and a seed 2 were not"),
            "{error}"
        );
        let alone = of_tables(&[table("a.parquet", None, &[("x", 1)])]).expect_err("one");
        assert_eq!(
            alone.to_string(),
            "there is nothing to compare: all files are of a"
        );
    }
}
