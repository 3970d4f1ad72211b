//! From the vectors of the tokens to the vector of the text.

use serde_json::Value;

use crate::Error;
use crate::files::{Files, json, required};

/// How the vectors of the tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    /// The mean of all tokens.
    Mean,
    /// The first token.
    Cls,
}

impl Pooling {
    pub(crate) fn load(files: &dyn Files, folder: &str) -> Result<Self, Error> {
        if folder.contains("..") || folder.starts_with('/') {
            return Err(Error::malformed(
                "modules.json",
                format!("`{}` is no plain folder", folder.escape_debug()),
            ));
        }
        let file = format!("{folder}/config.json");
        let value: Value = json(&file, &required(files, &file)?)?;
        let modes = value.as_object().into_iter().flatten();
        let on: Vec<&str> = modes
            .filter(|(name, value)| {
                name.starts_with("pooling_mode") && value.as_bool() == Some(true)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        match (&on[..], value["pooling_mode"].as_str()) {
            (["pooling_mode_mean_tokens"], _) | ([], Some("mean")) => Ok(Self::Mean),
            (["pooling_mode_cls_token"], _) | ([], Some("cls")) => Ok(Self::Cls),
            _ => Err(Error::malformed(
                &file,
                format!(
                    "pooling `{}` is not known; known ones are mean, cls",
                    on.join(" and ")
                ),
            )),
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Cls => "cls",
        }
    }

    /// One vector from the rows of a text.
    pub(crate) fn pool(self, rows: &[f32], dim: usize) -> Vec<f32> {
        match self {
            Self::Cls => rows[..dim].to_vec(),
            Self::Mean => {
                let mut sums = vec![0.0f64; dim];
                for row in rows.chunks_exact(dim) {
                    sums.iter_mut()
                        .zip(row)
                        .for_each(|(sum, value)| *sum += f64::from(*value));
                }
                let count = (rows.len() / dim) as f64;
                sums.iter().map(|sum| (sum / count) as f32).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_pooled_as_their_name_says() {
        let rows = [1.0, 2.0, 3.0, 6.0];
        assert_eq!(Pooling::Mean.pool(&rows, 2), [2.0, 4.0]);
        assert_eq!(Pooling::Cls.pool(&rows, 2), [1.0, 2.0]);
    }

    #[test]
    fn a_pooling_that_is_not_known_is_refused() {
        let file = |text: &str| [("p/config.json".to_owned(), text.as_bytes().to_vec())].into();
        let load = |files: std::collections::BTreeMap<String, Vec<u8>>| Pooling::load(&files, "p");
        assert_eq!(
            load(file(r#"{"pooling_mode_cls_token": true}"#)).expect("known"),
            Pooling::Cls
        );
        let error = load(file(r#"{"pooling_mode_max_tokens": true}"#))
            .expect_err("not known")
            .to_string();
        assert!(
            error.contains("`pooling_mode_max_tokens` is not known"),
            "{error}"
        );
        assert!(Pooling::load(&std::collections::BTreeMap::new(), "../x").is_err());
    }
}
