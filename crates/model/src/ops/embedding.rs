//! Rows of a table by token id.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{argument, gradient, numbers, output};

/// The rows of `table` at `ids`.
pub(crate) fn embedding(table: &Tensor, ids: &Arc<[u32]>) -> Result<Tensor> {
    table.apply_op1(Embedding {
        ids: Arc::clone(ids),
    })
}

struct Embedding {
    ids: Arc<[u32]>,
}

impl CustomOp1 for Embedding {
    fn name(&self) -> &'static str {
        "embedding"
    }

    fn cpu_fwd(&self, table: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let (_, dim) = layout.shape().dims2()?;
        let table = argument(table, layout)?;
        let rows = self
            .ids
            .iter()
            .flat_map(|id| &table[*id as usize * dim..][..dim]);
        Ok(output(rows.copied().collect(), (self.ids.len(), dim)))
    }

    fn bwd(&self, table: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let (_, dim) = table.dims2()?;
        let (storage, layout) = grad.storage_and_layout();
        let mut sums = vec![0.0; table.elem_count()];
        for (id, row) in self
            .ids
            .iter()
            .zip(numbers(&storage, layout)?.chunks_exact(dim))
        {
            let sums = &mut sums[*id as usize * dim..][..dim];
            sums.iter_mut()
                .zip(row)
                .for_each(|(sum, value)| *sum += value);
        }
        Ok(Some(gradient(sums, table)?))
    }
}
