//! A JSON value as it is read, with the checks that `serde_json` leaves to its users.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::shown;

/// Values nested deeper than this are refused.
const DEEPEST: usize = 64;
/// Up to so many keys are compared pair by pair, which is faster than a table.
const FEW: usize = 16;

/// The fields of an object, as they come.
pub(super) type Object<'a> = Vec<(Cow<'a, str>, Value<'a>)>;

/// A JSON value.
#[derive(Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    Object(Object<'a>),
}

impl Value<'_> {
    /// What the value is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int64",
            Self::Float(_) => "float64",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// What is wrong with a record.
#[derive(Debug)]
pub(super) struct Fault {
    problem: String,
    /// The line within the record, from 1.
    pub(super) line: u64,
    column: usize,
    /// Whether the record stops before its value is complete.
    pub(super) cut_off: bool,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem)?;
        match self.column {
            0 => Ok(()),
            column => write!(f, ", at byte {column}"),
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(cause: serde_json::Error) -> Self {
        let (line, column) = (cause.line(), cause.column());
        let cut_off = cause.is_eof();
        let problem = if cut_off {
            "it ends in the middle of a value".to_owned()
        } else {
            let whole = cause.to_string();
            let place = format!(" at line {line} column {column}");
            whole.strip_suffix(&place).unwrap_or(&whole).to_owned()
        };
        Self {
            problem,
            line: line as u64,
            column,
            cut_off,
        }
    }
}

/// Reads the one object that `text` is to hold.
pub(super) fn parse(text: &str) -> Result<Object<'_>, Fault> {
    let has_large = Cell::new(false);
    let reader = Reader {
        depth: 0,
        has_large: &has_large,
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = reader.deserialize(&mut deserializer)?;
    let fault = |problem| Fault {
        problem,
        line: 1,
        column: 0,
        cut_off: false,
    };
    let Value::Object(object) = value else {
        return Err(fault(format!("expected an object, found {}", value.kind())));
    };
    deserializer.end()?;
    // `serde_json` reads an integer beyond 64 bits as the nearest float.
    match has_large.get().then(|| large_integer(text)).flatten() {
        Some(digits) => Err(fault(format!("{} does not fit 64 bits", shown(digits)))),
        None => Ok(object),
    }
}

/// The first number outside of texts that is written as an integer and is none of 64 bits.
fn large_integer(text: &str) -> Option<&str> {
    let (mut in_text, mut escaped, mut start) = (false, false, None);
    for (index, byte) in text.bytes().enumerate() {
        let in_number = !in_text && matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
        if in_number {
            start = start.or(Some(index));
        } else if let Some(start) = start.take() {
            let number = &text[start..index];
            let digits = number.strip_prefix('-').unwrap_or(number);
            if digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.len() > 18
                && number.parse::<i64>().is_err()
            {
                return Some(number);
            }
        }
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            _ => {}
        }
    }
    None
}

#[derive(Clone, Copy)]
struct Reader<'c> {
    depth: usize,
    has_large: &'c Cell<bool>,
}

impl Reader<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == DEEPEST {
            return Err(E::custom(format!("nested deeper than {DEEPEST}")));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value<'de>, E> {
        i64::try_from(value)
            .map(Value::Int)
            .map_err(|_| E::custom(format!("{value} does not fit 64 bits with a sign")))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        if value.abs() >= i64::MAX as f64 {
            self.has_large.set(true);
        }
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'de>, A::Error> {
        let reader = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(reader)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value<'de>, A::Error> {
        let reader = self.deeper()?;
        let mut object = Object::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            object.push((key, entries.next_value_seed(reader)?));
        }
        match repeated(&object) {
            Some(key) => Err(A::Error::custom(format!(
                "key `{}` is there twice",
                shown(key)
            ))),
            None => Ok(Value::Object(object)),
        }
    }
}

fn repeated<'o>(object: &'o Object<'_>) -> Option<&'o str> {
    let mut keys = object.iter().map(|(key, _)| key.as_ref());
    if object.len() > FEW {
        let mut seen = HashSet::with_capacity(object.len());
        return keys.find(|key| !seen.insert(*key));
    }
    let mut keys = keys.enumerate();
    keys.find(|(index, key)| object[..*index].iter().any(|(earlier, _)| earlier == key))
        .map(|(_, key)| key)
}

struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(value.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).expect_err(text).to_string()
    }

    #[test]
    fn fields_come_in_the_order_in_which_they_are_written() {
        let object = parse(r#"{"b":1,"a":[true,null,-2.5],"c":{"d":"\u00e9"}}"#).expect("reads");
        let inner = vec![("d".into(), Value::Text("é".into()))];
        let list = vec![Value::Bool(true), Value::Null, Value::Float(-2.5)];
        assert_eq!(object[0], ("b".into(), Value::Int(1)));
        assert_eq!(object[1], ("a".into(), Value::List(list)));
        assert_eq!(object[2], ("c".into(), Value::Object(inner)));
    }

    #[test]
    fn a_repeated_key_is_refused_wherever_it_is() {
        assert_eq!(
            fault(r#"{"a":1,"a":2}"#),
            "key `a` is there twice, at byte 13"
        );
        assert!(fault(r#"{"a":{"b":1,"c":2,"b":3}}"#).starts_with("key `b` is there twice"));
        let many: Vec<_> = (0..40).map(|n| format!("\"k{}\":0", n % 39)).collect();
        assert!(fault(&format!("{{{}}}", many.join(","))).starts_with("key `k0` is there twice"));
    }

    #[test]
    fn numbers_that_would_change_are_refused() {
        assert_eq!(
            fault(r#"{"x":18446744073709551616}"#),
            "18446744073709551616 does not fit 64 bits"
        );
        assert!(fault(r#"{"x":9223372036854775808}"#).contains("does not fit 64 bits"));
        assert!(fault(r#"{"x":-9223372036854775809}"#).contains("does not fit 64 bits"));
        assert!(fault(r#"{"x":1e400}"#).starts_with("number out of range"));
        assert!(fault(r#"{"x":NaN}"#).starts_with("expected value"));
    }

    #[test]
    fn large_floats_and_digits_within_texts_are_no_large_integers() {
        let object = parse(r#"{"a":1e300,"b":"99999999999999999999 \" 99999999999999999999"}"#)
            .expect("reads");
        assert_eq!(object[0].1, Value::Float(1e300));
        let object = parse(r#"{"x":9007199254740993}"#).expect("reads");
        assert_eq!(object[0].1, Value::Int(9_007_199_254_740_993));
    }

    #[test]
    fn nesting_is_allowed_to_64_and_no_deeper() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(DEEPEST - 1)).is_ok());
        assert!(fault(&nested(DEEPEST)).starts_with("nested deeper than 64"));
        assert!(fault(&nested(200_000)).starts_with("nested deeper than 64"));
    }

    #[test]
    fn what_is_no_object_is_called_by_its_kind() {
        assert_eq!(fault("1"), "expected an object, found int64");
        assert_eq!(fault("[1]"), "expected an object, found a list");
        assert_eq!(fault("null"), "expected an object, found null");
    }

    #[test]
    fn a_lone_surrogate_and_a_raw_control_character_are_refused() {
        assert!(parse(r#"{"text":"\ud800"}"#).is_err());
        assert!(parse("{\"text\":\"a\0b\"}").is_err());
        assert_eq!(
            parse(r#"{"text":"a\u0000b"}"#).expect("reads")[0].1,
            Value::Text("a\0b".into())
        );
    }
}
