//! What a measure finds: a value, and what there is to say beside it.

use std::fmt::Write as _;

use numeric::Interval;

use crate::MeasureError;

/// A value with what a measure knows about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The value, a finite number.
    pub value: f64,
    /// The interval around it, of a measure that has its own way to find one.
    pub interval: Option<Interval>,
    /// What belongs to this value and not to the name: a p-value, a bandwidth, how many pairs.
    pub details: Vec<Param>,
}

/// What a measure comes to.
pub type Measured = Result<Figure, MeasureError>;

impl Figure {
    /// The same with one more detail.
    #[must_use]
    pub fn with(mut self, detail: Param) -> Self {
        self.details.push(detail);
        self
    }

    /// The same with an interval of the measure's own.
    #[must_use]
    pub fn within(mut self, low: f64, high: f64, method: &'static str) -> Self {
        self.interval = Some(Interval { low, high, method });
        self
    }
}

impl From<f64> for Figure {
    fn from(value: f64) -> Self {
        Self {
            value,
            interval: None,
            details: Vec::new(),
        }
    }
}

/// One parameter, which a name pins or a value brings with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// What it is called.
    pub key: &'static str,
    /// What it is.
    pub value: ParamValue,
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamValue {
    /// A choice.
    Text(&'static str),
    /// A count.
    Integer(u64),
    /// A quantity.
    Real(f64),
}

impl Param {
    /// A choice.
    pub const fn text(key: &'static str, value: &'static str) -> Self {
        let value = ParamValue::Text(value);
        Self { key, value }
    }

    /// A count.
    pub const fn integer(key: &'static str, value: u64) -> Self {
        let value = ParamValue::Integer(value);
        Self { key, value }
    }

    /// A quantity.
    pub const fn real(key: &'static str, value: f64) -> Self {
        let value = ParamValue::Real(value);
        Self { key, value }
    }
}

/// The parameters as a JSON object, in their order; keys and choices are plain ASCII, and a
/// quantity that is no finite number is null.
pub fn params_json<'p>(params: impl IntoIterator<Item = &'p Param>) -> String {
    let mut json = String::from("{");
    for (at, Param { key, value }) in params.into_iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let written = match value {
            ParamValue::Text(text) => write!(json, "{comma}{key:?}:{text:?}"),
            ParamValue::Integer(count) => write!(json, "{comma}{key:?}:{count}"),
            ParamValue::Real(quantity) if quantity.is_finite() => {
                write!(json, "{comma}{key:?}:{quantity}")
            }
            ParamValue::Real(_) => write!(json, "{comma}{key:?}:null"),
        };
        written.expect("writing to a string does not fail");
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_a_json_object() {
        let params = [
            Param::integer("n", 2),
            Param::text("kernel", "cosine"),
            Param::real("tau", 0.1),
            Param::real("ceiling", f64::INFINITY),
        ];
        let json = r#"{"n":2,"kernel":"cosine","tau":0.1,"ceiling":null}"#;
        assert_eq!(params_json(&params), json);
        assert_eq!(params_json([]), "{}");
    }
}
