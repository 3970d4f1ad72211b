//! How rotary frequencies are stretched for contexts longer than those of the first training.

use serde_json::{Value, json};

use super::reader::Reader;
use crate::Error;

/// The kinds that can be read.
const KINDS: &str = "default, linear, dynamic, llama3";

/// The stretching of rotary frequencies.
#[derive(Clone, Debug, PartialEq)]
pub enum RopeScaling {
    /// All frequencies are divided by the factor (`rope_type: linear`, Chen et al. 2023).
    Linear {
        /// By how much.
        factor: f64,
    },
    /// Frequencies fall only beyond `max_position_embeddings` (`rope_type: dynamic`); since longer
    /// sequences are refused, they are as they were.
    Dynamic {
        /// By how much the context may grow.
        factor: f64,
    },
    /// Low frequencies are divided, high ones kept (`rope_type: llama3`).
    Llama3 {
        /// By how much low frequencies are divided.
        factor: f64,
        /// The wavelength factor below which frequencies are divided.
        low_freq_factor: f64,
        /// The wavelength factor above which frequencies are kept.
        high_freq_factor: f64,
        /// The context length of the original training.
        original_max_position_embeddings: usize,
    },
}

impl RopeScaling {
    /// Reads `rope_parameters` (transformers 5) or `rope_scaling` (before), where there is one.
    pub(super) fn read(reader: &Reader<'_>) -> Result<Option<Self>, Error> {
        let places = ["rope_parameters", "rope_scaling"].map(|name| &reader.value[name]);
        let Some(value) = places.into_iter().find(|value| value.is_object()) else {
            return Ok(None);
        };
        let kind = value["rope_type"]
            .as_str()
            .or_else(|| value["type"].as_str());
        let inner = Reader {
            file: reader.file,
            value,
        };
        let factor = inner.number_or("factor", 8.0);
        if !(factor.is_finite() && factor >= 1.0) {
            return Err(Error::malformed(
                reader.file,
                format!("the factor of rope_scaling is {factor}; expected a number from 1 up"),
            ));
        }
        Ok(Some(match kind.unwrap_or("default") {
            "default" => return Ok(None),
            "linear" => Self::Linear { factor },
            "dynamic" => Self::Dynamic { factor },
            "llama3" => Self::llama3(&inner, factor)?,
            other => {
                return Err(Error::malformed(
                    reader.file,
                    format!("rope_type `{other}` is not known; known ones are {KINDS}"),
                ));
            }
        }))
    }

    fn llama3(reader: &Reader<'_>, factor: f64) -> Result<Self, Error> {
        let (low, high) = (
            reader.number_or("low_freq_factor", 1.0),
            reader.number_or("high_freq_factor", 4.0),
        );
        if !(low > 0.0 && high > low && high.is_finite()) {
            return Err(Error::malformed(
                reader.file,
                format!(
                    "low_freq_factor is {low} and high_freq_factor {high}; expected 0 < low < high"
                ),
            ));
        }
        Ok(Self::Llama3 {
            factor,
            low_freq_factor: low,
            high_freq_factor: high,
            original_max_position_embeddings: reader.size("original_max_position_embeddings")?,
        })
    }

    /// What `rope_scaling` says.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Linear { factor } => json!({"rope_type": "linear", "factor": factor}),
            Self::Dynamic { factor } => json!({"rope_type": "dynamic", "factor": factor}),
            Self::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_max_position_embeddings,
            } => json!({
                "rope_type": "llama3",
                "factor": factor,
                "low_freq_factor": low_freq_factor,
                "high_freq_factor": high_freq_factor,
                "original_max_position_embeddings": original_max_position_embeddings,
            }),
        }
    }

    /// The stretched frequency.
    pub(super) fn apply(&self, frequency: f32) -> f32 {
        match *self {
            Self::Linear { factor } => (f64::from(frequency) / factor) as f32,
            Self::Dynamic { .. } => frequency,
            Self::Llama3 {
                factor,
                low_freq_factor: low,
                high_freq_factor: high,
                original_max_position_embeddings: context,
            } => {
                let turns = context as f64 * f64::from(frequency) / std::f64::consts::TAU;
                let slow = f64::from(frequency) / factor;
                if turns > high {
                    return frequency;
                }
                if turns < low {
                    return slow as f32;
                }
                let smooth = (turns - low) / (high - low);
                ((1.0 - smooth) * slow + smooth * f64::from(frequency)) as f32
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> Result<Option<RopeScaling>, String> {
        let reader = Reader {
            file: "config.json",
            value,
        };
        RopeScaling::read(&reader).map_err(|error| error.to_string())
    }

    #[test]
    fn llama_3_divides_low_frequencies_and_keeps_high_ones() {
        let scaling = RopeScaling::Llama3 {
            factor: 8.0,
            low_freq_factor: 1.0,
            high_freq_factor: 4.0,
            original_max_position_embeddings: 8192,
        };
        assert_eq!(scaling.apply(1.0), 1.0);
        assert_eq!(scaling.apply(1e-4), 1.25e-5);
        // 2.5 turns over the context are half way: (1/8 + 1) / 2 of the frequency.
        let middle = (2.5 * std::f64::consts::TAU / 8192.0) as f32;
        assert!((scaling.apply(middle) / middle - 0.5625).abs() < 1e-6);
        let written = json!({ "rope_scaling": scaling.to_json() });
        assert_eq!(read(&written), Ok(Some(scaling)));
    }

    #[test]
    fn kinds_are_read_by_both_of_their_names_and_others_refused() {
        let linear = json!({"rope_scaling": {"type": "linear", "factor": 4.0}});
        assert_eq!(read(&linear), Ok(Some(RopeScaling::Linear { factor: 4.0 })));
        assert_eq!(RopeScaling::Linear { factor: 4.0 }.apply(1.0), 0.25);
        let plain = json!({"rope_parameters": {"rope_type": "default", "rope_theta": 1e4}});
        assert_eq!(read(&plain), Ok(None));
        let yarn = json!({"rope_scaling": {"rope_type": "yarn", "factor": 4.0}});
        assert_eq!(
            read(&yarn),
            Err(format!(
                "config.json: rope_type `yarn` is not known; known ones are {KINDS}"
            ))
        );
        assert!(read(&json!({"rope_scaling": {"rope_type": "linear", "factor": 0.0}})).is_err());
    }
}
