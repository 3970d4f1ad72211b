//! A stage's arguments as its provenance records them.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// The arguments by option name, those that were not given left out.
///
/// Fields that do not change the result (output, verbosity) are skipped by their `serde`
/// attributes; files and folders serialise as their names alone.
pub fn arguments(given: &impl Serialize) -> anyhow::Result<BTreeMap<String, Value>> {
    let Value::Object(fields) = serde_json::to_value(given)? else {
        anyhow::bail!("arguments are a set of named values");
    };
    let given = fields
        .into_iter()
        .filter(|(_, value)| !matches!(value, Value::Null | Value::Bool(false)));
    Ok(given
        .map(|(name, value)| (name.replace('_', "-"), value))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_given_is_left_out() {
        #[derive(Serialize)]
        struct Given {
            top_p: Option<f64>,
            top_k: Option<u32>,
            strict: bool,
        }
        let given = Given {
            top_p: Some(0.9),
            top_k: None,
            strict: false,
        };
        let recorded = arguments(&given).expect("named values");
        assert_eq!(
            recorded,
            BTreeMap::from([("top-p".to_owned(), Value::from(0.9))])
        );
    }
}
