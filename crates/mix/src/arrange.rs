//! In what order the rows of a mix stand.

use std::str::FromStr;

use numeric::Seed;
use serde::{Serialize, Serializer};

use crate::draw::Taken;
use crate::order::{hash, place};
use crate::pool::Pool;

/// An order of the result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Arrangement {
    /// By a hash of the id: it tells nothing of the source.
    #[default]
    Shuffled,
    /// Sources alternate as their shares have it, the rows of each by a hash of the id.
    Interleaved,
    /// By this column of numbers, ascending, rows without a number last; ties by a hash of the id.
    Ascending(String),
    /// The same, descending.
    Descending(String),
}

impl FromStr for Arrangement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let column = |name: &str| (!name.is_empty()).then(|| name.to_owned());
        let known = match text.split_once(':') {
            Some(("ascending", name)) => column(name).map(Self::Ascending),
            Some(("descending", name)) => column(name).map(Self::Descending),
            _ if text == "shuffled" => Some(Self::Shuffled),
            _ if text == "interleaved" => Some(Self::Interleaved),
            _ => None,
        };
        let known_are = "shuffled, interleaved, ascending:COLUMN, descending:COLUMN";
        known.ok_or_else(|| format!("`{text}` is no order; known are {known_are}"))
    }
}

impl Serialize for Arrangement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Shuffled => serializer.serialize_str("shuffled"),
            Self::Interleaved => serializer.serialize_str("interleaved"),
            Self::Ascending(column) => serializer.collect_str(&format_args!("ascending:{column}")),
            Self::Descending(column) => {
                serializer.collect_str(&format_args!("descending:{column}"))
            }
        }
    }
}

impl Arrangement {
    /// The column of numbers that it needs.
    pub(crate) fn column(&self) -> Option<&str> {
        match self {
            Self::Ascending(column) | Self::Descending(column) => Some(column),
            _ => None,
        }
    }

    /// A number to sort by, ascending, for a value of the column; rows without one come last.
    pub(crate) fn key(&self, value: Option<f64>) -> u64 {
        let Some(value) = value.filter(|value| !value.is_nan()) else {
            return u64::MAX;
        };
        // The two zeros are one number; negative floats have their bits turned round.
        let bits = (value + 0.0).to_bits();
        let ascending = if bits >> 63 == 1 {
            !bits
        } else {
            bits | 1 << 63
        };
        match self {
            Self::Descending(_) => !ascending,
            _ => ascending,
        }
    }
}

/// A row of a source in the mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    /// The number of the row in its source.
    pub(crate) row: u32,
    /// How often it was taken before.
    pub(crate) repeat: u32,
    /// The place in the mix.
    pub(crate) place: u32,
}

/// What is sorted to find places.
struct Entry {
    key: u64,
    hash: u64,
    id: u128,
    pool: u32,
    row: u32,
    repeat: u32,
}

/// What is taken of one source.
pub(crate) struct Part<'a> {
    pub(crate) pool: &'a Pool,
    /// The rows of the source in the order in which they are taken.
    pub(crate) order: &'a [u32],
    pub(crate) taken: Taken,
    /// What the rows of the source are sorted by first; none where by nothing.
    pub(crate) keys: Option<&'a [u64]>,
}

/// Where each row of the parts stands in the mix; for each part by row and repetition.
pub(crate) fn arranged(parts: &[Part<'_>], how: &Arrangement, seed: Seed) -> Vec<Vec<Placed>> {
    let key = seed.key("mix/shuffle");
    let mut entries = Vec::new();
    for (pool, part) in parts.iter().enumerate() {
        let first = entries.len();
        entries.extend(part.taken.picks().map(|(at, repeat)| {
            let row = part.order[at];
            let id = part.pool.ids[row as usize];
            // A repetition has a place of its own.
            let hash = hash(key.wrapping_add(u64::from(repeat)), id);
            let key = part.keys.map_or(0, |keys| keys[row as usize]);
            Entry {
                key,
                hash,
                id,
                pool: pool as u32,
                row,
                repeat,
            }
        }));
        if *how == Arrangement::Interleaved {
            let rows = &mut entries[first..];
            rows.sort_unstable_by_key(|entry| (entry.hash, entry.id, entry.repeat));
            let n = rows.len();
            rows.iter_mut()
                .enumerate()
                .for_each(|(earlier, entry)| entry.key = place(earlier, n));
        }
    }
    entries.sort_unstable_by_key(|entry| {
        (
            entry.key,
            entry.hash,
            entry.id,
            entry.repeat,
            entry.pool,
            entry.row,
        )
    });
    let mut placed: Vec<Vec<Placed>> = parts.iter().map(|_| Vec::new()).collect();
    for (place, entry) in entries.into_iter().enumerate() {
        placed[entry.pool as usize].push(Placed {
            row: entry.row,
            repeat: entry.repeat,
            place: place as u32,
        });
    }
    for rows in &mut placed {
        rows.sort_unstable_by_key(|placed| (placed.row, placed.repeat));
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Lengths;
    use crate::pool::testing::pool;

    #[test]
    fn an_order_is_written_as_it_is_read() {
        for text in ["shuffled", "interleaved", "ascending:n", "descending:a:b"] {
            let order: Arrangement = text.parse().expect("known");
            assert_eq!(serde_json::to_value(&order).expect("a text"), text);
        }
        assert!("ascending".parse::<Arrangement>().is_err());
    }

    #[test]
    fn numbers_sort_as_their_keys_do() {
        let ascending = Arrangement::Ascending("n".to_owned());
        let descending = Arrangement::Descending("n".to_owned());
        let numbers = [-3.0, -0.5, 0.0, 1e-9, 2.0].map(Some);
        assert!(
            numbers
                .windows(2)
                .all(|pair| ascending.key(pair[0]) < ascending.key(pair[1]))
        );
        assert!(
            numbers
                .windows(2)
                .all(|pair| descending.key(pair[0]) > descending.key(pair[1]))
        );
        assert_eq!(
            (ascending.key(None), descending.key(None)),
            (u64::MAX, u64::MAX)
        );
    }

    #[test]
    fn sources_alternate_where_they_are_interleaved() {
        let of = |from: u128, n: u128| {
            let rows: Vec<(u128, &str)> = (from..from + n).map(|id| (id, "")).collect();
            pool("set.jsonl", &rows).expect("a pool")
        };
        let (one, other) = (of(0, 2), of(10, 6));
        let orders: Vec<Vec<u32>> = vec![(0..2).collect(), (0..6).collect()];
        let part = |pool, order: &'_ [u32]| {
            let taken = Lengths::ones(order.len()).take(order.len() as u64, 0, 1);
            (pool, taken.expect("all"))
        };
        let (a, b) = (part(&one, &orders[0]), part(&other, &orders[1]));
        let parts = [
            Part {
                pool: a.0,
                order: &orders[0],
                taken: a.1,
                keys: None,
            },
            Part {
                pool: b.0,
                order: &orders[1],
                taken: b.1,
                keys: None,
            },
        ];
        let placed = arranged(&parts, &Arrangement::Interleaved, Seed::new(1));
        let mut places: Vec<u32> = placed[0].iter().map(|placed| placed.place).collect();
        places.sort_unstable();
        // Of 6 rows the k-th stands at (2k − 1) / 6, of 2 at 1/2 and 3/2: ties with the 2nd and the 5th.
        assert!(
            (1..=2).contains(&places[0]) && (5..=6).contains(&places[1]),
            "{places:?}"
        );
    }
}
