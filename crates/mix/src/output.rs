//! Writes the rows of a mix in their order, however large the sources are.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{interleave_record_batch, take_record_batch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use dataset::{Writer, columns};

use crate::arrange::Placed;
use crate::pool::Pool;
use crate::units::{Counter, counted};

/// Rows that are written together.
const BATCH: usize = 8192;

/// What is written of the sources.
pub(crate) struct Output<'a> {
    pub(crate) pools: &'a [Pool],
    /// Of each source the rows of the mix, by row and repetition.
    pub(crate) placed: &'a [Vec<Placed>],
    /// Bytes of rows that are held until they are written.
    pub(crate) memory: usize,
    pub(crate) counter: &'a Counter,
}

impl Output<'_> {
    /// The columns of the mix.
    pub(crate) fn schema(&self) -> anyhow::Result<SchemaRef> {
        let repeats = self.repeats();
        let schemas = self.pools.iter().map(|pool| {
            let there = pool
                .rows
                .schema()
                .field_with_name(columns::REPEAT.name)
                .is_ok();
            anyhow::ensure!(
                !(there && repeats),
                "{} already has a column `{}`, and its rows would be repeated again",
                pool.rows.name(),
                columns::REPEAT.name
            );
            Ok(with_marks(pool.rows.schema(), repeats))
        });
        let schemas = schemas.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(dataset::stacked("the mix", schemas.iter())?)
    }

    fn repeats(&self) -> bool {
        let mut all = self.placed.iter().flatten();
        all.any(|placed| placed.repeat > 0)
    }

    /// Writes all rows; how many tokens those of each source have, where they can be counted.
    pub(crate) fn write(
        &self,
        writer: &mut Writer,
        schema: &SchemaRef,
    ) -> anyhow::Result<Option<Vec<u64>>> {
        let rows: usize = self.placed.iter().map(Vec::len).sum();
        let bytes: usize = self
            .pools
            .iter()
            .zip(self.placed)
            .map(|(pool, placed)| pool.rows.bytes() / pool.len().max(1) * placed.len())
            .sum();
        // The sources are gone through once for each part of the mix that can be held.
        let passes = (bytes / self.memory.max(1) + 1).min(rows.max(1));
        let part = rows.div_ceil(passes).max(1);
        let mut tokens = vec![0; self.pools.len()];
        let countable = self
            .pools
            .iter()
            .all(|pool| counted(pool.rows.schema()).is_some());
        for from in (0..rows).step_by(part) {
            let mut held = Held::new(from, part.min(rows - from));
            for (pool, placed) in self
                .pools
                .iter()
                .zip(self.placed)
                .zip(0..)
                .map(|(both, at)| ((at, both.0), both.1))
            {
                let found = self.gather(pool.1, placed, schema, &mut held, countable)?;
                tokens[pool.0] += found;
            }
            held.write(writer)?;
        }
        Ok(countable.then_some(tokens))
    }

    /// Holds those rows of a source that are in the part; how many tokens they have.
    fn gather(
        &self,
        pool: &Pool,
        placed: &[Placed],
        schema: &SchemaRef,
        held: &mut Held,
        countable: bool,
    ) -> anyhow::Result<u64> {
        let (mut next, mut tokens) = (0, 0);
        let repeats = schema.field_with_name(columns::REPEAT.name).is_ok() && self.repeats();
        pool.rows.each(|batch, first| {
            let end = (first + batch.num_rows()) as u32;
            let here = placed[next..].partition_point(|placed| placed.row < end);
            let here = &placed[next..next + here];
            next += here.len();
            let here: Vec<&Placed> = here
                .iter()
                .filter(|placed| held.has(placed.place))
                .collect();
            if here.is_empty() {
                return Ok(());
            }
            let places: UInt32Array = here
                .iter()
                .map(|placed| placed.row - first as u32)
                .collect();
            let taken = take_record_batch(batch, &places)?;
            if countable {
                let lengths = self.counter.lengths(pool.rows.name(), &taken)?;
                tokens += lengths.into_iter().map(u64::from).sum::<u64>();
            }
            let repeats = repeats.then(|| here.iter().map(|placed| placed.repeat as i32).collect());
            let marked = marked(pool, &taken, repeats)?;
            held.add(dataset::widened(&marked, schema)?, &here);
            anyhow::Ok(())
        })?;
        Ok(tokens)
    }
}

/// The columns of a source with `source`, and with `repeat` where rows are repeated.
fn with_marks(schema: &Schema, repeats: bool) -> SchemaRef {
    let source = Arc::new(Field::new(columns::SOURCE.name, DataType::Utf8, true));
    let mut fields: Vec<FieldRef> = schema.fields().iter().cloned().collect();
    match schema.index_of(columns::SOURCE.name) {
        Ok(at) => fields[at] = source,
        Err(_) => fields.push(source),
    }
    if repeats {
        fields.push(Arc::new(Field::new(
            columns::REPEAT.name,
            DataType::Int32,
            true,
        )));
    }
    Arc::new(Schema::new(fields))
}

/// `batch` with its sources: rows that do not say theirs get that of the pool.
fn marked(
    pool: &Pool,
    batch: &RecordBatch,
    repeats: Option<Vec<i32>>,
) -> anyhow::Result<RecordBatch> {
    let made_by = pool.role.made_by.as_str();
    let schema = with_marks(batch.schema_ref(), repeats.is_some());
    let name = columns::SOURCE.name;
    let sources: ArrayRef = if batch.column_by_name(name).is_some() {
        let told = dataset::optional_texts(pool.rows.name(), batch, name)?;
        let told = told.into_iter().map(|source| source.unwrap_or(made_by));
        Arc::new(StringArray::from_iter_values(told))
    } else {
        Arc::new(StringArray::from(vec![made_by; batch.num_rows()]))
    };
    let mut values = batch.columns().to_vec();
    match batch.schema_ref().index_of(name) {
        Ok(at) => values[at] = sources,
        Err(_) => values.push(sources),
    }
    if let Some(repeats) = repeats {
        values.push(Arc::new(Int32Array::from(repeats)));
    }
    Ok(RecordBatch::try_new(schema, values)?)
}

/// A part of the mix: rows that follow one another, from several batches.
struct Held {
    from: usize,
    batches: Vec<RecordBatch>,
    /// Of each row the batch it is in, and where.
    places: Vec<(usize, usize)>,
}

impl Held {
    fn new(from: usize, rows: usize) -> Self {
        Self {
            from,
            batches: Vec::new(),
            places: vec![(0, 0); rows],
        }
    }

    fn has(&self, place: u32) -> bool {
        (self.from..self.from + self.places.len()).contains(&(place as usize))
    }

    fn add(&mut self, batch: RecordBatch, placed: &[&Placed]) {
        for (row, placed) in placed.iter().enumerate() {
            self.places[placed.place as usize - self.from] = (self.batches.len(), row);
        }
        self.batches.push(batch);
    }

    fn write(&self, writer: &mut Writer) -> anyhow::Result<()> {
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        for places in self.places.chunks(BATCH) {
            writer.write(&interleave_record_batch(&batches, places)?)?;
        }
        Ok(())
    }
}
