//! Hashes that are the same on every machine and in every version: what stable choices rest on.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The 64-bit XXH3 of `bytes`.
pub fn stable_hash(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

/// The 64-bit XXH3 of `bytes` under `key`: another key is another, independent order.
pub fn keyed_hash(key: u64, bytes: &[u8]) -> u64 {
    xxh3_64_with_seed(bytes, key)
}

/// Maps a hash to [0, 1) by its 53 highest bits, so that every value is an exact f64.
pub fn unit_interval(hash: u64) -> f64 {
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_xxh3() {
        // XXH3_64bits("", 0), from the xxHash specification's test vectors.
        assert_eq!(stable_hash(b""), 0x2d06_8005_38d3_94c2);
        assert_ne!(keyed_hash(1, b"row"), keyed_hash(2, b"row"));
    }

    #[test]
    fn the_unit_interval_is_half_open() {
        assert_eq!(unit_interval(0), 0.0);
        assert!(unit_interval(u64::MAX) < 1.0);
    }
}
