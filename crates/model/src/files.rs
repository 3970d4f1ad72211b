//! The door through which a model reads its files: bytes by name, wherever they lie.

use std::collections::BTreeMap;

use crate::Error;
use crate::train::adapter;

/// A model directory: something that gives bytes for names such as `config.json`.
pub trait Files {
    /// The bytes of a file, or `None` where there is none of that name.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error>;

    /// The names of all files, where they can be listed.
    fn names(&self) -> Result<Vec<String>, Error> {
        Ok(Vec::new())
    }

    /// What to call the place in an error.
    fn name(&self) -> &str;

    /// The model that the low-rank additions in this directory are for; `None` where it holds a
    /// model of its own.
    fn base(&self) -> Result<Option<Box<dyn Files>>, Error> {
        Ok(None)
    }
}

impl Files for dataset::Directory {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Self::read(self, name).map_err(|cause| Error::Read {
            file: name.to_owned(),
            source: cause.into(),
        })
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        self.files().map_err(|cause| Error::Read {
            file: Self::name(self).to_owned(),
            source: cause.into(),
        })
    }

    fn name(&self) -> &str {
        Self::name(self)
    }

    fn base(&self) -> Result<Option<Box<dyn Files>>, Error> {
        let base = adapter::base(self)?;
        Ok(base.map(|base| Box::new(base) as Box<dyn Files>))
    }
}

impl Files for BTreeMap<String, Vec<u8>> {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(name).cloned())
    }

    fn names(&self) -> Result<Vec<String>, Error> {
        Ok(self.keys().cloned().collect())
    }

    fn name(&self) -> &'static str {
        "the model in memory"
    }
}

/// The bytes of a file that must be there.
pub(crate) fn required(files: &dyn Files, name: &str) -> Result<Vec<u8>, Error> {
    files.read(name)?.ok_or_else(|| Error::Missing {
        place: files.name().to_owned(),
        file: name.to_owned(),
    })
}

/// Parses a JSON file, saying where it goes wrong.
pub(crate) fn json<T: serde::de::DeserializeOwned>(file: &str, bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes)
        .map_err(|error| Error::malformed(file, format!("not valid JSON: {error}")))
}
