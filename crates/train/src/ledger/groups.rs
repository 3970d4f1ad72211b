//! One row a step and source and generation: how well each kind of row is learnt.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use dataset::{Table, columns};
use model::Seen;
use serde::{Deserialize, Serialize};

use crate::examples::row_of;

/// Which source and generation each row is of.
pub(crate) struct Groups {
    /// The groups in order; both are `None` where the set does not say.
    names: Vec<(Option<String>, Option<i32>)>,
    of_row: Vec<usize>,
}

/// What was learnt of one group in one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    step: usize,
    group: usize,
    sequences: usize,
    tokens: usize,
    /// The mean loss of a token, in nats.
    loss_nats: f64,
}

impl Groups {
    /// The groups of the rows of `table`.
    pub(crate) fn of(table: &Table) -> anyhow::Result<Self> {
        let nothing = || vec![None; table.len()];
        let sources = if table.has(columns::SOURCE.name) {
            table.optional_texts(columns::SOURCE.name)?
        } else {
            nothing()
        };
        let generations = if table.has(columns::GENERATION.name) {
            table.integers(columns::GENERATION.name)?
        } else {
            vec![None; table.len()]
        };
        let keys: Vec<(Option<&str>, Option<i32>)> = sources.into_iter().zip(generations).collect();
        let mut numbers: BTreeMap<_, usize> = keys.iter().map(|key| (*key, 0)).collect();
        for (number, place) in numbers.values_mut().enumerate() {
            *place = number;
        }
        Ok(Self {
            of_row: keys.iter().map(|key| numbers[key]).collect(),
            names: numbers
                .into_keys()
                .map(|(source, generation)| (source.map(str::to_owned), generation))
                .collect(),
        })
    }

    /// What a step says of each group; `rows` are those of the examples.
    pub(crate) fn step(&self, step: usize, seen: &[Seen], rows: &[Vec<usize>]) -> Vec<Entry> {
        let mut sums: BTreeMap<usize, (usize, usize, f64)> = BTreeMap::new();
        for seen in seen {
            let group = self.of_row[row_of(rows, seen)];
            let (sequences, tokens, nll) = sums.entry(group).or_default();
            *sequences += 1;
            *tokens += seen.tokens;
            *nll += seen.nll_nats;
        }
        let entries = sums
            .into_iter()
            .map(|(group, (sequences, tokens, nll))| Entry {
                step,
                group,
                sequences,
                tokens,
                loss_nats: nll / tokens as f64,
            });
        entries.filter(|entry| entry.tokens > 0).collect()
    }

    /// The entries as a batch.
    pub(crate) fn batch(&self, entries: &[Entry]) -> anyhow::Result<RecordBatch> {
        let field = |name, kind, nullable| Field::new(name, kind, nullable);
        let schema = Arc::new(Schema::new(vec![
            field("step", DataType::Int64, false),
            field(columns::SOURCE.name, DataType::Utf8, true),
            field(columns::GENERATION.name, DataType::Int32, true),
            field("sequences", DataType::Int64, false),
            field("tokens", DataType::Int64, false),
            field("loss_nats", DataType::Float64, false),
        ]));
        let integers = |value: fn(&Entry) -> usize| -> ArrayRef {
            let values = entries.iter().map(|entry| value(entry) as i64);
            Arc::new(Int64Array::from_iter_values(values))
        };
        let names = || entries.iter().map(|entry| &self.names[entry.group]);
        let losses = entries.iter().map(|entry| entry.loss_nats);
        let columns: Vec<ArrayRef> = vec![
            integers(|entry| entry.step),
            Arc::new(StringArray::from_iter(
                names().map(|(source, _)| source.as_deref()),
            )),
            Arc::new(Int32Array::from_iter(
                names().map(|(_, generation)| *generation),
            )),
            integers(|entry| entry.sequences),
            integers(|entry| entry.tokens),
            Arc::new(Float64Array::from_iter_values(losses)),
        ];
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_means_over_the_tokens_of_a_group() {
        let groups = Groups {
            names: vec![(Some("human".to_owned()), Some(0)), (None, None)],
            of_row: vec![0, 1, 0],
        };
        let seen = |example, sequence, tokens, nll_nats| Seen {
            example,
            sequence,
            tokens,
            nll_nats,
        };
        // Rows 0 and 2 are one group: (6 + 2) nats over 3 + 1 tokens.
        let entries = groups.step(
            5,
            &[seen(0, 0, 3, 6.0), seen(1, 0, 2, 1.0), seen(1, 1, 1, 2.0)],
            &[vec![0], vec![1, 2]],
        );
        let found: Vec<_> = entries
            .iter()
            .map(|entry| (entry.group, entry.sequences, entry.tokens, entry.loss_nats))
            .collect();
        assert_eq!(found, [(0, 2, 4, 2.0), (1, 1, 2, 0.5)]);
        let batch = groups.batch(&entries).expect("a batch");
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 6));
    }
}
