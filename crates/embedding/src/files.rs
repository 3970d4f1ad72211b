//! A directory on disk or from the Hub as the files that a model is read from.

use dataset::Directory;

/// A directory that `model` can read.
#[derive(Clone, Copy, Debug)]
pub struct ModelFiles<'a>(pub &'a Directory);

impl model::Files for ModelFiles<'_> {
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, model::Error> {
        let read = self.0.read(name);
        read.map_err(|cause| model::Error::Read { file: name.to_owned(), source: cause.into() })
    }

    fn name(&self) -> &str {
        self.0.name()
    }
}
