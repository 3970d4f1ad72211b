//! What was said of each row, by its id: the one form in which models, metrics and comparisons meet.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{
    Array as _, ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, ListBuilder,
    RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::Field;
use dataset::{Run, Sink, Table, Writer, columns};

use crate::contamination::Overlap;
use crate::form::Form;
use crate::table::constant;
use crate::test_set::TestSet;

/// The column for which rows belong together.
pub(crate) const GROUP: &str = "group";
/// The column for the arm of the study.
pub(crate) const ARM: &str = "arm";
/// The column for the seed of the model.
pub(crate) const SEED: &str = "seed";
/// The column for the task.
pub(crate) const TASK: &str = "task";
/// The column for what is known of each row.
const FORM: &str = "form";
/// The column for what was told to the model besides the text.
const CONDITION: &str = "condition";

/// Columns by name.
pub(crate) type Columns = Vec<(&'static str, ArrayRef)>;

/// What is said of rows, before it is known whose they are.
pub(crate) struct Said {
    /// The places of the rows in the test set.
    pub(crate) rows: Vec<usize>,
    /// The name of the task.
    pub(crate) task: String,
    /// What is known of each row.
    pub(crate) form: Form,
    /// What was told to the model besides the text, such as `label`.
    pub(crate) condition: Option<&'static str>,
    /// What is known, one value a row.
    pub(crate) columns: Columns,
}

impl Said {
    /// What was said, leaving only the name of the task behind.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            rows: std::mem::take(&mut self.rows),
            task: self.task.clone(),
            columns: std::mem::take(&mut self.columns),
            ..*self
        }
    }
}

/// What one model said of each row.
#[derive(Clone, Debug)]
pub(crate) struct Predictions {
    /// A row for each row that was judged.
    pub(crate) table: Table,
    /// What is known of each row.
    pub(crate) form: Form,
    /// What was told to the model besides the text.
    pub(crate) condition: Option<String>,
}

impl Predictions {
    /// Of rows of `test`, by the model of this arm and seed.
    pub(crate) fn new(
        said: Said,
        test: &TestSet,
        arm: Option<&str>,
        seed: Option<i64>,
    ) -> anyhow::Result<Self> {
        let ids = test.table().texts(columns::ID.name)?;
        let families = test.table().families()?;
        let of_rows = |row: &usize| ids[*row];
        let n = said.rows.len();
        let mut all: Columns = vec![
            (columns::ID.name, texts(said.rows.iter().map(of_rows))),
            (
                GROUP,
                texts(said.rows.iter().map(|row| families[*row].as_str())),
            ),
            (ARM, repeated(arm, n)),
            (SEED, Arc::new(Int64Array::from(vec![seed; n]))),
            (TASK, repeated(Some(&said.task), n)),
            (FORM, repeated(Some(said.form.name()), n)),
            (CONDITION, repeated(said.condition, n)),
        ];
        all.extend(said.columns);
        let named = all.into_iter().map(|(name, values)| (name, values, true));
        let batch = RecordBatch::try_from_iter_with_nullable(named)?;
        Ok(Self {
            table: Table::new("the predictions", batch.schema(), vec![batch]),
            form: said.form,
            condition: said.condition.map(str::to_owned),
        })
    }

    /// Of a file that [`write`] wrote, or of rows of it that are of one model.
    pub(crate) fn of_table(table: Table) -> anyhow::Result<Self> {
        let form = constant(&table, FORM)?.ok_or_else(|| {
            let error = anyhow::anyhow!("{} holds no predictions", table.name());
            cli::with_hint(error, "they come from `evaluate --predictions`")
        })?;
        let form = Form::of_name(&form)
            .with_context(|| format!("{}: the form `{form}` is not known", table.name()))?;
        Ok(Self {
            form,
            condition: constant(&table, CONDITION)?,
            table,
        })
    }

    /// How many rows were judged.
    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    /// Adds what is known of each row from training.
    pub(crate) fn tell_overlap(&mut self, overlap: &Overlap) -> anyhow::Result<()> {
        let columns = [
            ("overlap_exact", flags(overlap.exact.iter().copied())),
            ("overlap_ngram_13", floats(overlap.share.iter().copied())),
        ];
        for (name, values) in columns {
            let field = Field::new(name, values.data_type().clone(), true);
            self.table = self.table.with_column(field, &values)?;
        }
        Ok(())
    }

    /// For each row the number of its group.
    pub(crate) fn groups(&self) -> anyhow::Result<Vec<usize>> {
        Ok(numbered(&self.table.texts(GROUP)?))
    }
}

/// Keys as numbers, counted from 0 in the order in which they come.
pub(crate) fn numbered(keys: &[&str]) -> Vec<usize> {
    let mut numbers = std::collections::BTreeMap::new();
    let numbered = keys.iter().map(|key| {
        let next = numbers.len();
        *numbers.entry(*key).or_insert(next)
    });
    numbered.collect()
}

/// Writes what all models said, one after the other.
pub(crate) fn write(sink: &Sink, of_models: &[Predictions], run: &Run) -> anyhow::Result<()> {
    let tables: Vec<&Table> = of_models.iter().map(|said| &said.table).collect();
    let whole = match tables[..] {
        [one] => one.clone(),
        _ => Table::stack("the predictions", &tables)?,
    };
    let mut writer = Writer::create(sink, whole.schema())?;
    whole.write(&mut writer)?;
    writer.finish(run)?;
    Ok(())
}

/// Writes columns that are not of test rows.
pub(crate) fn write_columns(sink: &Sink, columns: Columns, run: &Run) -> anyhow::Result<()> {
    let named = columns
        .into_iter()
        .map(|(name, values)| (name, values, true));
    let batch = RecordBatch::try_from_iter_with_nullable(named)?;
    let mut writer = Writer::create(sink, batch.schema_ref())?;
    writer.write(&batch)?;
    writer.finish(run)?;
    Ok(())
}

/// Texts as a column.
pub(crate) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

fn repeated(value: Option<&str>, n: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter(std::iter::repeat_n(value, n)))
}

/// Numbers as a column.
pub(crate) fn floats(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

/// Counts as a column.
pub(crate) fn counts(values: impl IntoIterator<Item = usize>) -> ArrayRef {
    let values = values.into_iter().map(|count| count as i64);
    Arc::new(Int64Array::from_iter_values(values))
}

/// Numbers of tokens as a column.
pub(crate) fn tokens(values: impl IntoIterator<Item = usize>) -> ArrayRef {
    let values = values.into_iter().map(|count| count as i32);
    Arc::new(Int32Array::from_iter_values(values))
}

/// Truth values as a column.
pub(crate) fn flags(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(values.into_iter().map(Some)))
}

/// Lists of texts as a column.
pub(crate) fn lists<S: AsRef<str>>(values: &[Vec<S>]) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for list in values {
        lists.append_value(list.iter().map(|text| Some(text.as_ref())));
    }
    Arc::new(lists.finish())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Predictions of rows that are each on their own, with these columns.
    pub(crate) fn of_columns(form: Form, columns: Columns) -> Predictions {
        let n = columns[0].1.len();
        let ids: Vec<String> = (0..n).map(|row| format!("{row:032x}")).collect();
        let test = crate::test_set::tests::of_columns(&[(
            columns::ID.name,
            texts(ids.iter().map(String::as_str)),
        )]);
        let said = Said {
            rows: (0..n).collect(),
            task: form.name().to_owned(),
            form,
            condition: None,
            columns,
        };
        Predictions::new(said, &test, None, None).expect("predictions")
    }

    #[test]
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let said = of_columns(Form::Labels, vec![("correct", flags([true, false]))]);
        let path = folder.path().join("said.parquet");
        let run = Run {
            stage: "evaluate",
            arguments: std::collections::BTreeMap::new(),
            seed: None,
            inputs: Vec::new(),
            rows: dataset::RowEquation::Used {
                rows_in: 2,
                used: 2,
                skipped: 0,
            },
            drops: std::collections::BTreeMap::new(),
        };
        write(&Sink::Path(path.clone()), &[said], &run).expect("written");
        let source = dataset::Source::Path(path);
        let table = Table::read(&source, &dataset::Reading::default(), "said", &[]);
        let said = Predictions::of_table(table.expect("a set")).expect("predictions");
        assert_eq!((said.form, said.len()), (Form::Labels, 2));
        assert_eq!(said.groups().expect("groups"), [0, 1]);
    }

    #[test]
    fn keys_are_numbered_in_their_order() {
        assert_eq!(numbered(&["b", "a", "b", "c"]), [0, 1, 0, 2]);
    }
}
