//! What the Hub says a file's content is, and the check that it is so.

use serde::{Deserialize, Serialize};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// The name of a content: the file's SHA-256 for large files, git's blob id for the others.
///
/// It is also the content's file name in the cache, so only hexadecimal digits get this far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum BlobId {
    Sha256(String),
    GitSha1(String),
}

impl BlobId {
    /// The id in `text`, told apart by its length; none where it is no id.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match (hex, text.len()) {
            (true, 64) => Some(Self::Sha256(text.to_owned())),
            (true, 40) => Some(Self::GitSha1(text.to_owned())),
            _ => None,
        }
    }

    /// The digits.
    pub(crate) fn hex(&self) -> &str {
        match self {
            Self::Sha256(hex) | Self::GitSha1(hex) => hex,
        }
    }

    /// Whether git holds only a pointer to the content.
    pub(crate) fn is_lfs(&self) -> bool {
        matches!(self, Self::Sha256(_))
    }

    /// A fresh check of a content of `size` bytes.
    pub(crate) fn check(&self, size: u64) -> Check {
        match self {
            Self::Sha256(_) => Check::Sha256(Sha256::new()),
            Self::GitSha1(_) => Check::GitSha1(Sha1::new_with_prefix(format!("blob {size}\0"))),
        }
    }
}

impl TryFrom<String> for BlobId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text).ok_or_else(|| "neither 40 nor 64 hexadecimal digits".to_owned())
    }
}

impl From<BlobId> for String {
    fn from(id: BlobId) -> Self {
        id.hex().to_owned()
    }
}

/// The digest of the bytes seen so far.
pub(crate) enum Check {
    Sha256(Sha256),
    GitSha1(Sha1),
}

impl Check {
    /// Takes the next bytes in.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(digest) => digest.update(bytes),
            Self::GitSha1(digest) => digest.update(bytes),
        }
    }

    /// The id of all bytes taken in, in hexadecimal digits.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Sha256(digest) => hex(&digest.finalize()),
            Self::GitSha1(digest) => hex(&digest.finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |half: u8| char::from(DIGITS[usize::from(half)]);
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(b & 15)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(kind: &BlobId, content: &[u8]) -> String {
        let mut check = kind.check(content.len() as u64);
        check.update(content);
        check.finish()
    }

    #[test]
    fn the_ids_are_those_of_sha256sum_and_git_hash_object() {
        let large = BlobId::new(&"0".repeat(64)).expect("an id");
        let small = BlobId::new(&"0".repeat(40)).expect("an id");
        // printf 'hello\n' | sha256sum; printf 'hello\n' | git hash-object --stdin
        assert_eq!(
            id_of(&large, b"hello\n"),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
        assert_eq!(
            id_of(&small, b"hello\n"),
            "ce013625030ba8dba906f756967f9e9ca394464a"
        );
        // The empty blob, which every git knows.
        assert_eq!(
            id_of(&small, b""),
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        );
    }

    #[test]
    fn what_could_be_a_path_is_no_id() {
        for text in [
            "",
            "../x",
            "main",
            &"0".repeat(41),
            &"G".repeat(40),
            &"/".repeat(40),
        ] {
            assert_eq!(BlobId::new(text), None, "{text:?}");
        }
    }
}
