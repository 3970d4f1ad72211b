//! The address of a repository on the Hub, and the rule that keeps file names inside it.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result, shown};

/// What the Hub keeps in a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepoKind {
    /// Files of rows.
    Dataset,
    /// Weights, their configuration and a tokenizer.
    Model,
}

impl RepoKind {
    /// The word that the Hub's addresses and the cache's folders use.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Dataset => "datasets",
            Self::Model => "models",
        }
    }

    fn form(self) -> &'static str {
        match self {
            Self::Dataset => "hf://datasets/OWNER/NAME[@REVISION][/PATH]",
            Self::Model => "hf://OWNER/NAME[@REVISION][/PATH]",
        }
    }
}

/// An address such as `hf://datasets/OWNER/NAME@REVISION/PATH`; without `datasets/` it is a model's.
///
/// A revision with slashes is written with `%2F`, but for `refs/pr/N` and `refs/convert/NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubPath {
    kind: RepoKind,
    owner: String,
    name: String,
    revision: Option<String>,
    path: Option<String>,
}

impl HubPath {
    /// Whether `text` is meant as an address on the Hub.
    pub fn is_meant(text: &str) -> bool {
        text.starts_with("hf://")
    }

    /// A data set's or a model's repository.
    pub fn kind(&self) -> RepoKind {
        self.kind
    }

    /// The part before the slash of the repository's name.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The part after the slash of the repository's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The repository as people write it, `OWNER/NAME`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The branch, tag or commit asked for; `main` where none is named.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    /// The file, folder or pattern asked for.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// Whether a revision is named.
    pub(crate) fn names_a_revision(&self) -> bool {
        self.revision.is_some()
    }

    /// The same address at another revision.
    pub(crate) fn at(&self, revision: &str) -> Self {
        let mut moved = self.clone();
        moved.revision = Some(revision.to_owned());
        moved
    }

    fn check(self, text: &str) -> Result<Self> {
        let refuse = |what: &str| refusal(text, self.kind, what);
        check_part(&self.owner).map_err(|what| refuse(&format!("the owner {what}")))?;
        check_part(&self.name).map_err(|what| refuse(&format!("the name {what}")))?;
        if let Some(revision) = &self.revision {
            check_relative(revision).map_err(|what| refuse(&format!("the revision {what}")))?;
        }
        if let Some(path) = &self.path {
            check_relative(path).map_err(|what| refuse(&format!("the path {what}")))?;
        }
        Ok(self)
    }
}

impl FromStr for HubPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let rest = text
            .strip_prefix("hf://")
            .ok_or_else(|| refusal(text, RepoKind::Dataset, "it does not start with hf://"))?;
        let (kind, rest) = match rest.strip_prefix("datasets/") {
            Some(rest) => (RepoKind::Dataset, rest),
            None => (RepoKind::Model, rest),
        };
        let (owner, rest) = rest
            .split_once('/')
            .ok_or_else(|| refusal(text, kind, "the owner or the name is missing"))?;
        let first = rest.split('/').next().unwrap_or_default();
        let (name, revision, path) = match first.split_once('@') {
            Some((name, _)) => {
                let (revision, path) = split_revision(&rest[name.len() + 1..]);
                (name, Some(revision), path)
            }
            None => (first, None, &rest[first.len()..]),
        };
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let address = Self {
            kind,
            owner: owner.to_owned(),
            name: name.to_owned(),
            revision,
            path: (!path.is_empty()).then(|| path.to_owned()),
        };
        address.check(text)
    }
}

impl fmt::Display for HubPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let folder = match self.kind {
            RepoKind::Dataset => "datasets/",
            RepoKind::Model => "",
        };
        write!(f, "hf://{folder}{}/{}", self.owner, self.name)?;
        if let Some(revision) = &self.revision {
            if special_length(revision) == Some(revision.len()) {
                write!(f, "@{revision}")?;
            } else {
                write!(f, "@{}", revision.replace('/', "%2F"))?;
            }
        }
        self.path.iter().try_for_each(|path| write!(f, "/{path}"))
    }
}

/// Refuses a name that would leave its folder, or that some system reads as another place.
pub(crate) fn check_relative(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("is empty");
    }
    if name.chars().any(char::is_control) {
        return Err("holds a control character");
    }
    if name.contains('\\') {
        return Err("holds a backslash");
    }
    name.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), &'static str> {
    let bytes = segment.as_bytes();
    match segment {
        "" => return Err("is absolute or holds an empty part"),
        "." | ".." => return Err("holds a part that is . or .."),
        _ => {}
    }
    if segment.eq_ignore_ascii_case(".git") {
        return Err("names a .git folder");
    }
    if bytes.len() > 255 {
        return Err("holds a part of more than 255 bytes");
    }
    if bytes.len() >= 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' {
        return Err("holds a drive letter");
    }
    Ok(())
}

/// The Hub's own rule for owners and names; `--` separates them in the cache's folders.
fn check_part(part: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if part.is_empty() {
        return Err("is empty");
    }
    if part.len() > 96 || !part.chars().all(allowed) {
        return Err("is not made of at most 96 letters, digits, hyphens, underscores and dots");
    }
    if part.contains("--") || part.contains("..") || part == "." {
        return Err("holds .. or --");
    }
    Ok(())
}

/// Splits what follows the @ into the revision and the rest.
fn split_revision(text: &str) -> (String, &str) {
    if let Some(length) = special_length(text) {
        return (text[..length].to_owned(), &text[length..]);
    }
    let end = text.find('/').unwrap_or(text.len());
    let revision = text[..end].replace("%2F", "/").replace("%2f", "/");
    (revision, &text[end..])
}

/// How much of `text` is one of the two kinds of revision that are written with their slashes.
fn special_length(text: &str) -> Option<usize> {
    let prefix = ["refs/pr/", "refs/convert/"]
        .into_iter()
        .find(|prefix| text.starts_with(prefix))?;
    let last = text[prefix.len()..].split('/').next().unwrap_or_default();
    Some(prefix.len() + last.len())
}

fn refusal(text: &str, kind: RepoKind, what: &str) -> Error {
    Error::new(format!("{} is no address on the Hub: {what}", shown(text))).with_hint(format!(
        "write {}, such as hf://datasets/fancyzhx/ag_news or hf://HuggingFaceTB/SmolLM2-135M",
        kind.form()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> HubPath {
        text.parse().expect("a valid address")
    }

    fn refused(text: &str) -> String {
        text.parse::<HubPath>().expect_err("refused").to_string()
    }

    #[test]
    fn every_part_of_an_address_is_read_and_given_back() {
        let address = parsed("hf://datasets/fancyzhx/ag_news@v1.0/data/train-*.parquet");
        assert_eq!(address.kind(), RepoKind::Dataset);
        assert_eq!(address.repository(), "fancyzhx/ag_news");
        assert_eq!(address.revision(), "v1.0");
        assert_eq!(address.path(), Some("data/train-*.parquet"));
        for text in [
            "hf://o/n",
            "hf://o/n@main",
            "hf://datasets/o/n/a/b.csv",
            "hf://datasets/o/n@refs/convert/parquet/default/train",
            "hf://o/n@refs/pr/3",
            "hf://o/n@feature%2Fx/sub",
        ] {
            assert_eq!(parsed(text).to_string(), text);
        }
    }

    #[test]
    fn a_revision_may_hold_slashes() {
        assert_eq!(parsed("hf://o/n@feature%2Fx/sub").revision(), "feature/x");
        let converted = parsed("hf://datasets/o/n@refs/convert/parquet/default");
        assert_eq!(converted.revision(), "refs/convert/parquet");
        assert_eq!(converted.path(), Some("default"));
    }

    #[test]
    fn an_address_without_owner_says_what_the_form_is() {
        let error = "hf://gpt2".parse::<HubPath>().expect_err("refused");
        assert_eq!(
            error.to_string(),
            "hf://gpt2 is no address on the Hub: the owner or the name is missing"
        );
        assert!(error.hint().expect("a hint").contains("hf://OWNER/NAME"));
    }

    #[test]
    fn an_address_that_leaves_the_repository_is_refused() {
        assert!(refused("hf://o/n/../../etc/passwd").contains(".."));
        assert!(refused("hf://o/n@../x").contains("revision"));
        assert!(refused("hf://../n").contains("owner"));
        assert!(refused("hf://o/a--b").contains("--"));
        assert!(refused("hf://o/n@/x").contains("revision is empty"));
    }

    #[test]
    fn names_that_some_system_reads_as_another_place_are_refused() {
        let long = "x".repeat(256);
        for name in [
            "",
            "/etc/passwd",
            "a/../b",
            "..",
            "./a",
            "a//b",
            "a\\b",
            "C:/x",
            "a/c:x",
            ".git/config",
            "a/.GIT",
            "a\0b",
            "a\nb",
            &long,
        ] {
            assert!(check_relative(name).is_err(), "{name:?}");
        }
        for name in ["a", ".gitattributes", "a b/ü.json", "..a", "time 12:30.csv"] {
            assert_eq!(check_relative(name), Ok(()), "{name:?}");
        }
    }
}
