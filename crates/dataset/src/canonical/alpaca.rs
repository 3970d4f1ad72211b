//! Alpaca's `instruction`, `input` and `output`, as prompt and completion.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;

use super::{is_text, unpacked};

/// Where a file has the columns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alpaca {
    instruction: usize,
    input: Option<usize>,
    output: usize,
}

impl Alpaca {
    /// The columns, if `schema` has those that the convention asks for; many files leave out `input`.
    pub(super) fn told(schema: &Schema) -> Option<Self> {
        let text = |name| {
            let (index, field) = schema.column_with_name(name)?;
            is_text(unpacked(field).data_type()).then_some(index)
        };
        Some(Self {
            instruction: text("instruction")?,
            input: text("input"),
            output: text("output")?,
        })
    }

    /// The instruction, and after a blank line the input where there is one.
    pub(super) fn prompt(self, batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
        let instructions = cast(batch.column(self.instruction), &DataType::Utf8)?;
        let Some(input) = self.input else {
            return Ok(instructions);
        };
        let inputs = cast(batch.column(input), &DataType::Utf8)?;
        let rows = instructions
            .as_string::<i32>()
            .iter()
            .zip(inputs.as_string::<i32>());
        let prompts: StringArray = rows
            .map(
                |(instruction, input)| match (instruction?, input.unwrap_or_default()) {
                    (instruction, "") => Some(instruction.to_owned()),
                    (instruction, input) => Some(format!("{instruction}\n\n{input}")),
                },
            )
            .collect();
        Ok(Arc::new(prompts))
    }

    /// The output.
    pub(super) fn completion(self, batch: &RecordBatch) -> Result<ArrayRef, ArrowError> {
        cast(batch.column(self.output), &DataType::Utf8)
    }
}
