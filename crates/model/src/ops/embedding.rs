//! Rows of a table by token id.

use std::sync::Arc;

use crate::tape::{Rule, Sink, Value};

/// The rows of `table` at `ids`.
pub(crate) fn embedding(table: &Value, ids: &Arc<[u32]>) -> Value {
    let dim = table.columns();
    let numbers = table.read();
    let rows = ids.iter().map(|id| &numbers[*id as usize * dim..][..dim]);
    let rows = rows.collect::<Vec<_>>().concat();
    let ids = Arc::clone(ids);
    Value::computed(rows, dim, vec![table.clone()], Embedding { ids })
}

struct Embedding {
    ids: Arc<[u32]>,
}

impl Rule for Embedding {
    fn backward(&self, inputs: &[Value], grad: Vec<f32>, sink: &mut Sink) {
        let dim = inputs[0].columns();
        let Some(sums) = sink.room(&inputs[0]) else {
            return;
        };
        for (id, row) in self.ids.iter().zip(grad.chunks_exact(dim)) {
            let sums = &mut sums[*id as usize * dim..][..dim];
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += value);
        }
    }
}
