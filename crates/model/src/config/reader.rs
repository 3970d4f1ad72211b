//! Reads fields of a `config.json` and says which one is wrong.

use serde_json::Value;

use crate::Error;

/// An object of a configuration, and the file it is in.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a str,
    pub(crate) value: &'a Value,
}

impl Reader<'_> {
    /// Checks that a field, where it is present, has one of the known values.
    pub(crate) fn one_of(&self, name: &str, known: &[&str]) -> Result<(), Error> {
        match self.value[name].as_str() {
            Some(found) if !known.contains(&found) => Err(Error::malformed(
                self.file,
                format!(
                    "{name} `{found}` is not known; known ones are {}",
                    known.join(", ")
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a switch that is on, since what it switches is not known here.
    pub(crate) fn off(&self, name: &str) -> Result<(), Error> {
        match self.flag(name) {
            false => Ok(()),
            true => Err(Error::malformed(
                self.file,
                format!("{name} is true; expected false"),
            )),
        }
    }

    /// A whole number from 1 to 2²⁴ that must be there.
    pub(crate) fn size(&self, name: &str) -> Result<usize, Error> {
        let value = &self.value[name];
        match value.as_u64() {
            Some(size @ 1..=0x0100_0000) => Ok(size as usize),
            _ => Err(Error::malformed(
                self.file,
                format!("{name} is {value}; expected a whole number from 1 to 16777216"),
            )),
        }
    }

    /// The same with a value for where it is absent.
    pub(crate) fn size_or(&self, name: &str, default: usize) -> Result<usize, Error> {
        Ok(self.optional_size(name)?.unwrap_or(default))
    }

    /// The same, or none where it is absent.
    pub(crate) fn optional_size(&self, name: &str) -> Result<Option<usize>, Error> {
        match self.value[name].is_null() {
            true => Ok(None),
            false => self.size(name).map(Some),
        }
    }

    /// A number, or `default` where there is none.
    pub(crate) fn number_or(&self, name: &str, default: f64) -> f64 {
        self.value[name].as_f64().unwrap_or(default)
    }

    /// A switch, off where it is absent.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.value[name].as_bool().unwrap_or(false)
    }
}

/// The ids in a field that holds one, several or none.
pub(crate) fn ids(value: &Value) -> Vec<u32> {
    let several = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    several
        .iter()
        .filter_map(Value::as_u64)
        .filter_map(|id| u32::try_from(id).ok())
        .collect()
}
