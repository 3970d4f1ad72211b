//! The value of a factor of a study, such as a level: a number or a name, in an order.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::number;

/// A number or a name.
#[derive(Clone, Debug)]
pub(crate) enum Factor {
    /// A number, such as a share.
    Number(f64),
    /// A name.
    Name(String),
}

impl Factor {
    /// The factor called `name` in the params of a figure.
    pub(crate) fn of(params: &Value, name: &str) -> Option<Self> {
        match params.get(name)? {
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::String(text) => Some(Self::Name(text.clone())),
            Value::Bool(truth) => Some(Self::Name(truth.to_string())),
            _ => None,
        }
    }

    /// The factor that reads `text`: a number where it is one.
    pub(crate) fn parse(text: &str) -> Self {
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.map_or_else(|| Self::Name(text.to_owned()), Self::Number)
    }

    /// The number, or the only number in the name, such as 0.7 of `sample-0.7`.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(name) => {
                let mut numbers = name
                    .split(|c: char| !c.is_ascii_digit() && c != '.')
                    .filter(|part| !part.is_empty());
                let number = numbers.next()?.parse().ok()?;
                numbers.next().is_none().then_some(number)
            }
        }
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(value) => f.write_str(&number::short(*value)),
            Self::Name(name) => f.write_str(name),
        }
    }
}

impl Ord for Factor {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Number(_), Self::Name(_)) => Ordering::Less,
            (Self::Name(_), Self::Number(_)) => Ordering::Greater,
            (Self::Name(one), Self::Name(other)) => one.cmp(other),
        }
    }
}

impl PartialOrd for Factor {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Factor {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Factor {}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_level_has_the_only_number_of_its_name() {
        let number = |name: &str| Factor::Name(name.to_owned()).number();
        assert_eq!(number("sample-0.7"), Some(0.7));
        assert_eq!((number("hot"), number("0.7-of-1")), (None, None));
        assert_eq!(
            Factor::of(&json!({"level": 2}), "level"),
            Some(Factor::Number(2.0))
        );
        assert_eq!(Factor::of(&json!(null), "level"), None);
    }
}
