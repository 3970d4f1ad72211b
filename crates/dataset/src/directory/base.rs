//! The model that an adapter was made for: how an adapter's files speak of it, and how it is found again.

use std::path::{Component, Path, PathBuf};

use super::{Directory, DirectorySource};
use crate::error::{Error, Result, shown};

impl DirectorySource {
    /// What the files of the directory `from` say of this one: `OWNER/NAME` on the Hub, and on disk
    /// the path as it was typed, or if that was absolute, the way there from the folder of `from`.
    pub fn reference_from(&self, from: &Path) -> String {
        let path = match self {
            Self::Hub(path) => return path.repository(),
            Self::Path(path) if path.is_absolute() => way(from, path),
            Self::Path(path) => path.clone(),
        };
        let parts = path
            .components()
            .map(|part| part.as_os_str().to_string_lossy());
        parts
            .collect::<Vec<_>>()
            .join("/")
            .trim_start_matches("//")
            .to_owned()
    }
}

impl Directory {
    /// The directory that a file of this one calls `reference`: on disk as seen from here, from the
    /// folder of this directory, or beside it; otherwise on the Hub, at `revision` where one is said.
    pub fn related(&self, reference: &str, revision: Option<&str>) -> Result<Self> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let named = Path::new(reference);
        let mut places = vec![named.to_owned(), folder.join(named)];
        places.extend(named.file_name().map(|name| folder.join(name)));
        let own = self.path.canonicalize().ok();
        let is_other = |place: &&PathBuf| place.is_dir() && place.canonicalize().ok() != own;
        if let Some(place) = places.iter().find(is_other) {
            return Self::open(&DirectorySource::Path(place.clone()));
        }
        let missing = || {
            let name = &self.name;
            Error::new(format!(
                "{name} was made for `{}`, which is not there",
                shown(reference)
            ))
            .with_hint(format!(
                "put that directory beside {name}, or run where its path is right"
            ))
        };
        let at = revision.map_or(String::new(), |revision| format!("@{revision}"));
        match format!("hf://{reference}{at}").parse::<DirectorySource>() {
            Ok(source) if reference.split('/').count() == 2 && !reference.starts_with('.') => {
                Self::open(&source).map_err(|cause| missing().caused_by(cause))
            }
            _ => Err(missing()),
        }
    }

    /// The commit of the Hub that it was read at.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }
}

/// The way from the folder of `from` to `to`, both made absolute.
fn way(from: &Path, to: &Path) -> PathBuf {
    let from = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
    let from: Vec<Component<'_>> = from
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[shared..].iter().map(|_| Component::ParentDir);
    up.chain(to[shared..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn source(text: &str) -> DirectorySource {
        text.parse().expect("an address")
    }

    #[test]
    fn a_base_is_named_without_an_absolute_path() {
        let from = Path::new("/data/out/adapter");
        assert_eq!(
            source("/data/models/base").reference_from(from),
            "../models/base"
        );
        assert_eq!(source("models/base/").reference_from(from), "models/base");
        assert_eq!(source("hf://O/N@main").reference_from(from), "O/N");
    }

    #[test]
    fn a_base_is_found_from_here_from_the_folder_and_beside() {
        let folder = tempfile::tempdir().expect("a folder");
        let make = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).expect("made");
            path
        };
        make("models/base");
        make("near");
        let adapter = Directory::open(&DirectorySource::Path(make("out/adapter"))).expect("there");
        let found = |reference: &str| adapter.related(reference, None).map(|base| base.path);
        assert!(found("../models/base").is_ok());
        assert!(found(&folder.path().join("models/base").to_string_lossy()).is_ok());
        let error = found("base").expect_err("nowhere").to_string();
        assert_eq!(error, "adapter was made for `base`, which is not there");
        make("out/base");
        assert_eq!(
            found("elsewhere/base").expect("beside"),
            folder.path().join("out/base")
        );
        assert!(found("adapter").is_err(), "itself is not its base");
    }
}
