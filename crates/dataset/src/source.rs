//! Where a set is read from: a file, a folder or glob of shards, standard input, or the Hub.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::error::{Error, Result};
use crate::hub::{self, HubPath};

/// What a set is read from, as it stands on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `-`: standard input.
    Stdin,
    /// A file, or a folder of shards.
    Path(PathBuf),
    /// A pattern such as `shards/*.parquet`.
    Glob(String),
    /// `hf://…`.
    Hub(HubPath),
}

/// One file of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) path: PathBuf,
    /// The name for messages and provenance: the file's own, without its folder.
    pub(crate) name: String,
    /// The commit it was downloaded at.
    pub(crate) revision: Option<String>,
}

const EXTENSIONS: &[&str] = &[
    "parquet", "jsonl", "ndjson", "json", "csv", "tsv", "txt", "arrow", "arrows", "feather", "gz",
];

impl FromStr for Source {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::new("an input is named by an empty text"));
        }
        if text == "-" {
            Ok(Self::Stdin)
        } else if text.starts_with("hf://") {
            Ok(Self::Hub(text.parse()?))
        } else if text.contains(['*', '?', '[']) && !Path::new(text).exists() {
            Ok(Self::Glob(text.to_owned()))
        } else {
            Ok(Self::Path(PathBuf::from(text)))
        }
    }
}

impl fmt::Display for Source {
    /// The name for messages, without the folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdin => f.write_str("standard input"),
            Self::Path(path) => f.write_str(&file_name(path)),
            Self::Glob(pattern) => f.write_str(&file_name(Path::new(pattern))),
            Self::Hub(path) => path.fmt(f),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The last part of `path`: what is said of a file, since its folder is nobody else's business.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

impl Source {
    /// Whether it can be read only once, as standard input, a named pipe or `/dev/fd/63` can.
    pub(crate) fn is_read_once(&self) -> bool {
        match self {
            Self::Stdin => true,
            Self::Path(path) => path
                .metadata()
                .is_ok_and(|found| !found.is_file() && !found.is_dir()),
            Self::Glob(_) | Self::Hub(_) => false,
        }
    }

    /// The files to read, in order; not for [`Source::Stdin`].
    ///
    /// `split` names the split of a data set on the Hub.
    pub(crate) fn pieces(&self, split: Option<&str>) -> Result<Vec<Piece>> {
        let paths = match self {
            Self::Stdin => Vec::new(),
            Self::Path(path) if path.is_dir() => in_folder(path)?,
            Self::Path(path) if path.exists() => vec![path.clone()],
            Self::Path(path) => {
                return Err(Error::new(format!("there is no file {}", path.display())));
            }
            Self::Glob(pattern) => matching(pattern)?,
            Self::Hub(path) => return fetched(path, split),
        };
        Ok(paths
            .into_iter()
            .map(|path| Piece {
                name: file_name(&path),
                path,
                revision: None,
            })
            .collect())
    }
}

fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
    let io = |cause| Error::io("list", folder.display(), cause);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let known = path
            .extension()
            .and_then(OsStr::to_str)
            .is_some_and(|e| EXTENSIONS.contains(&e.to_lowercase().as_str()));
        if path.is_file() && known && !hidden {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(Error::new(format!(
            "the folder {} holds no file that can be read",
            folder.display()
        ))
        .with_hint(format!(
            "files are told by their extension: {}",
            EXTENSIONS.join(", ")
        )));
    }
    Ok(paths)
}

fn matching(pattern: &str) -> Result<Vec<PathBuf>> {
    let found = glob::glob(pattern)
        .map_err(|cause| Error::new(format!("`{pattern}` is no valid pattern")).caused_by(cause))?;
    let paths = found.collect::<Result<Vec<_>, _>>();
    let mut paths = paths
        .map_err(|cause| Error::new(format!("could not list `{pattern}`")).caused_by(cause))?;
    paths.retain(|path| path.is_file());
    paths.sort();
    if paths.is_empty() {
        return Err(Error::new(format!("no file matches `{pattern}`")));
    }
    Ok(paths)
}

fn fetched(path: &HubPath, split: Option<&str>) -> Result<Vec<Piece>> {
    let fetched = hub::fetch_dataset(path, split)?;
    let pieces = fetched
        .files
        .into_iter()
        .zip(fetched.names)
        .map(|(path, name)| Piece {
            path,
            name,
            revision: Some(fetched.revision.clone()),
        });
    Ok(pieces.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_told() {
        let told = |text: &str| text.parse::<Source>().expect("a source");
        assert_eq!(told("-"), Source::Stdin);
        assert_eq!(told("a/b.parquet"), Source::Path("a/b.parquet".into()));
        assert_eq!(told("a/*.parquet"), Source::Glob("a/*.parquet".to_owned()));
        assert!(matches!(told("hf://datasets/owner/name"), Source::Hub(_)));
        assert!("".parse::<Source>().is_err());
    }

    #[test]
    fn only_the_name_of_a_file_is_told() {
        assert_eq!(
            "a/b.parquet"
                .parse::<Source>()
                .expect("a source")
                .to_string(),
            "b.parquet"
        );
    }

    #[test]
    fn shards_come_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b-00001.csv", "b-00000.CSV", ".hidden.csv", "notes.md"] {
            std::fs::write(folder.path().join(name), "text\n").expect("written");
        }
        let pieces = Source::Path(folder.path().to_owned())
            .pieces(None)
            .expect("shards");
        let names: Vec<_> = pieces.iter().map(|piece| piece.name.as_str()).collect();
        assert_eq!(names, ["b-00000.CSV", "b-00001.csv"]);
        let pattern = format!("{}/*1.csv", folder.path().display());
        assert_eq!(Source::Glob(pattern).pieces(None).expect("one").len(), 1);
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        assert!(Source::Path("no/such.csv".into()).pieces(None).is_err());
        assert!(
            Source::Glob("no/such/*.csv".to_owned())
                .pieces(None)
                .is_err()
        );
    }
}
