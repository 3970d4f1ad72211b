//! The rule by which a row gets its id: from what it holds, never from where it lies.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result, shown};

/// 128 bits of a SHA-256, written as 32 hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(u128);

impl RowId {
    /// The id of a row that was read: its content, and which of the identical rows it is, from 0.
    pub fn of_content(content: &[u8], ordinal: u64) -> Self {
        Self::of("row", content, ordinal)
    }

    /// The id of a row that was generated: the request, and which of its samples it is, from 0.
    pub fn of_sample(request: &[u8], sample: u64) -> Self {
        Self::of("sample", request, sample)
    }

    fn of(kind: &str, bytes: &[u8], index: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(kind.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
        hash.update(index.to_le_bytes());
        let mut head = [0; 16];
        head.copy_from_slice(&hash.finalize()[..16]);
        Self(u128::from_be_bytes(head))
    }
}

impl FromStr for RowId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let number = u128::from_str_radix(text, 16).ok();
        let hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        number
            .filter(|_| hex)
            .map(Self)
            .ok_or_else(|| Error::new(format!("`{}` is no id of 32 hex digits", shown(text))))
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Gives ids to rows as they are read, counting identical ones.
///
/// Memory: about 20 to 40 bytes for each distinct row, as the table has grown last.
#[derive(Debug, Default)]
pub struct IdAssigner {
    seen: HashSet<u128, BuildHasherDefault<OfHash>>,
    /// How often what is there more than once was seen.
    repeated: HashMap<u128, u64>,
}

impl IdAssigner {
    /// The id of the next row, which holds `content`.
    pub fn assign(&mut self, content: &[u8]) -> RowId {
        let first = RowId::of_content(content, 0);
        if self.seen.insert(first.0) {
            return first;
        }
        let ordinal = self.repeated.entry(first.0).or_insert(0);
        *ordinal += 1;
        RowId::of_content(content, *ordinal)
    }
}

/// The hash of what is a hash already: its lower half.
#[derive(Debug, Default)]
struct OfHash(u64);

impl Hasher for OfHash {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_ne_bytes(word);
        }
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identical_rows_get_different_ids_that_do_not_depend_on_other_rows() {
        let mut one = IdAssigner::default();
        let (a0, b0, a1) = (one.assign(b"a"), one.assign(b"b"), one.assign(b"a"));
        let mut other = IdAssigner::default();
        assert_eq!((a0, a1), (other.assign(b"a"), other.assign(b"a")));
        assert!(a0 != a1 && a0 != b0 && a1 != b0);
    }

    #[test]
    fn an_id_is_32_hex_digits_and_never_changes() {
        // sha256("row" + u64le(1) + "a" + u64le(0)), first 16 bytes, computed with Python's hashlib.
        assert_eq!(RowId::of_content(b"a", 0).to_string(), GOLDEN_ROW);
        assert_eq!(RowId::of_content(b"a", 0).to_string().len(), 32);
        assert_ne!(RowId::of_content(b"a", 0), RowId::of_sample(b"a", 0));
    }

    #[test]
    fn an_id_is_read_back_from_its_digits() {
        let id = RowId::of_content(b"a", 0);
        assert_eq!(id.to_string().parse::<RowId>().expect("an id"), id);
        let short = "467f".parse::<RowId>().expect_err("too short").to_string();
        assert_eq!(short, "`467f` is no id of 32 hex digits");
    }

    const GOLDEN_ROW: &str = "467fe96bb64b52f47ae7b0cb1b9df738";
}
