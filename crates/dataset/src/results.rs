//! The results schema: one row a figure, for every stage that measures something.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};
use serde_json::Value;

use crate::error::{Error, Result};

/// One figure.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ResultRow {
    /// The study that it belongs to.
    pub study: Option<String>,
    /// The arm of the study, such as `sample-0.7/p0.5`.
    pub arm: Option<String>,
    /// The seed of the arm.
    pub seed: Option<i64>,
    /// The content hash of what was scored.
    pub subject: Option<String>,
    /// What was measured; the name pins its parameters.
    pub metric: String,
    /// The figure; `None` has its `reason`.
    pub value: Option<f64>,
    /// The lower end of its interval.
    pub low: Option<f64>,
    /// The upper end of its interval.
    pub high: Option<f64>,
    /// How the interval was computed.
    pub interval_method: Option<String>,
    /// How many rows, pairs or examples it rests on.
    pub n: Option<i64>,
    /// How many tokens or words those have.
    pub n_tokens: Option<i64>,
    /// The unit of the value.
    pub unit: Option<String>,
    /// Which way is better or more varied.
    pub direction: Option<String>,
    /// The parameters that the name pins, and those of the run.
    pub params: Value,
    /// The content hash of what it was compared with.
    pub reference: Option<String>,
    /// Why there is no value.
    pub reason: Option<String>,
}

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name| Field::new(name, DataType::Utf8, true);
    let float = |name| Field::new(name, DataType::Float64, true);
    let integer = |name| Field::new(name, DataType::Int64, true);
    Arc::new(Schema::new(vec![
        text("study"),
        text("arm"),
        integer("seed"),
        text("subject"),
        Field::new("metric", DataType::Utf8, false),
        float("value"),
        float("low"),
        float("high"),
        text("interval_method"),
        integer("n"),
        integer("n_tokens"),
        text("unit"),
        text("direction"),
        text("params"),
        text("reference"),
        text("reason"),
    ]))
});

/// The schema of a results file.
pub fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// Whether a file with this schema holds results.
pub fn is_results(schema: &Schema) -> bool {
    SCHEMA
        .fields()
        .iter()
        .all(|field| schema.field_with_name(field.name()).is_ok())
}

impl ResultRow {
    /// Fails if there is neither a value nor a reason, or both, or a value that is no number.
    fn check(&self) -> Result<()> {
        let wrong = match (self.value, &self.reason) {
            (None, None) => "has neither a value nor a reason",
            (Some(_), Some(_)) => "has both a value and a reason for having none",
            (Some(value), None) if !value.is_finite() => "is not a finite number",
            _ => return Ok(()),
        };
        Err(Error::new(format!("the result `{}` {wrong}", self.metric)))
    }
}

/// The rows as a batch with [`schema`].
pub fn to_batch(rows: &[ResultRow]) -> Result<RecordBatch> {
    rows.iter().try_for_each(ResultRow::check)?;
    let text = |get: fn(&ResultRow) -> Option<&str>| -> ArrayRef {
        Arc::new(StringArray::from_iter(rows.iter().map(get)))
    };
    let float = |get: fn(&ResultRow) -> Option<f64>| -> ArrayRef {
        Arc::new(Float64Array::from_iter(rows.iter().map(get)))
    };
    let integer = |get: fn(&ResultRow) -> Option<i64>| -> ArrayRef {
        Arc::new(Int64Array::from_iter(rows.iter().map(get)))
    };
    let params = rows
        .iter()
        .map(|row| (!row.params.is_null()).then(|| row.params.to_string()));
    let columns = vec![
        text(|row| row.study.as_deref()),
        text(|row| row.arm.as_deref()),
        integer(|row| row.seed),
        text(|row| row.subject.as_deref()),
        text(|row| Some(&row.metric)),
        float(|row| row.value),
        float(|row| row.low),
        float(|row| row.high),
        text(|row| row.interval_method.as_deref()),
        integer(|row| row.n),
        integer(|row| row.n_tokens),
        text(|row| row.unit.as_deref()),
        text(|row| row.direction.as_deref()),
        Arc::new(StringArray::from_iter(params)),
        text(|row| row.reference.as_deref()),
        text(|row| row.reason.as_deref()),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}

/// The rows of a batch that holds results; `name` is the file's.
pub fn from_batch(name: &str, batch: &RecordBatch) -> Result<Vec<ResultRow>> {
    let column = |wanted: &Field| -> Result<ArrayRef> {
        let found = batch.column_by_name(wanted.name()).ok_or_else(|| {
            Error::new(format!(
                "{name} holds no results: it has no column `{}`",
                wanted.name()
            ))
            .with_hint("results come from `score-diversity` and `evaluate`")
        })?;
        Ok(cast(found, wanted.data_type())?)
    };
    let columns = SCHEMA
        .fields()
        .iter()
        .map(|field| column(field))
        .collect::<Result<Vec<_>>>()?;
    (0..batch.num_rows())
        .map(|row| read_row(name, &columns, row))
        .collect()
}

fn read_row(name: &str, columns: &[ArrayRef], row: usize) -> Result<ResultRow> {
    let text = |at: usize| {
        let column = columns[at].as_string::<i32>();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let float = |at: usize| {
        let column = columns[at].as_primitive::<Float64Type>();
        column.is_valid(row).then(|| column.value(row))
    };
    let integer = |at: usize| {
        let column = columns[at].as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    };
    let params = text(13).map_or(Ok(Value::Null), |json| serde_json::from_str(&json));
    Ok(ResultRow {
        study: text(0),
        arm: text(1),
        seed: integer(2),
        subject: text(3),
        metric: text(4).ok_or_else(|| Error::new(format!("{name}: row {row} has no metric")))?,
        value: float(5),
        low: float(6),
        high: float(7),
        interval_method: text(8),
        n: integer(9),
        n_tokens: integer(10),
        unit: text(11),
        direction: text(12),
        params: params.map_err(|cause| {
            Error::new(format!("{name}: the params of row {row} are no JSON")).caused_by(cause)
        })?,
        reference: text(14),
        reason: text(15),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows() -> Vec<ResultRow> {
        let measured = ResultRow {
            study: Some("levels".to_owned()),
            seed: Some(1),
            metric: "distinct_2".to_owned(),
            value: Some(0.5),
            low: Some(0.4),
            high: Some(0.6),
            interval_method: Some("jackknife_95".to_owned()),
            n: Some(100),
            params: json!({"n": 2}),
            ..ResultRow::default()
        };
        let missing = ResultRow {
            metric: "vendi_q1".to_owned(),
            reason: Some("no column `embedding`".to_owned()),
            ..ResultRow::default()
        };
        vec![measured, missing]
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let batch = to_batch(&rows()).expect("results");
        assert!(is_results(&batch.schema()));
        assert_eq!(from_batch("r.parquet", &batch).expect("results"), rows());
    }

    #[test]
    fn a_missing_value_needs_a_reason_and_a_value_must_be_finite() {
        let mut row = ResultRow {
            metric: "m".to_owned(),
            ..ResultRow::default()
        };
        assert!(to_batch(std::slice::from_ref(&row)).is_err());
        row.value = Some(f64::NAN);
        assert!(to_batch(std::slice::from_ref(&row)).is_err());
        row.value = Some(1.0);
        assert!(to_batch(std::slice::from_ref(&row)).is_ok());
        row.reason = Some("none".to_owned());
        assert!(to_batch(std::slice::from_ref(&row)).is_err());
    }

    #[test]
    fn a_file_without_results_is_named() {
        let other = RecordBatch::new_empty(Arc::new(Schema::new(vec![Field::new(
            "a",
            DataType::Utf8,
            true,
        )])));
        let error = from_batch("a.parquet", &other).expect_err("no results");
        assert!(
            error.to_string().starts_with("a.parquet holds no results"),
            "{error}"
        );
    }
}
