//! How much smaller gzip makes the set: the compression ratio.
//!
//! # Definition
//!
//! bytes of all texts joined by one space / bytes of the same as one gzip member (header and
//! trailer, 18 bytes, included), by zlib at level 9.
//!
//! # Range
//!
//! From below 1 (a few bytes) to about 1000, lower is more varied. It grows with the set, since the
//! first text pays for what the next ones reuse, and it depends on the order: deflate finds what is
//! repeated within 32 KiB only, so that copies far apart go unseen.
//!
//! # Cost
//!
//! O(bytes) time, at about 10 MB/s on one core, O(1) memory; one stream cannot be split.
//!
//! # Source
//!
//! Shaib et al. 2024 (arXiv 2403.00553), whose space between texts is kept. Their package
//! (`diversity` 0.3.1) compresses the compressed bytes once more and counts a file name, so that its
//! ratio is lower on small sets; here the text is compressed once. Other deflate implementations
//! give other digits: this is zlib's.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

pub(super) static COMPRESSION_RATIO_GZIP: Metric = Metric {
    name: "compression_ratio_gzip",
    family: "compression_ratio",
    unit: "bytes a compressed byte",
    direction: Direction::LowerIsMoreVaried,
    about: "bytes of the joined texts over their bytes as gzip",
    params: &[
        Param::text("algorithm", "zlib"),
        Param::integer("level", 9),
        Param::text("join", "space"),
    ],
    preset: Preset::Fast,
    jackknife: true,
    compute: Compute::Texts(|texts, _| Ok(compression_ratio(texts.rows())?.into())),
};

fn compression_ratio(texts: &[&str]) -> Result<f64, MeasureError> {
    let raw = texts.iter().map(|text| text.len()).sum::<usize>() + texts.len().saturating_sub(1);
    MeasureError::check("bytes", 1, raw)?;
    let compressed = gzip_bytes(texts)
        .map_err(|_| MeasureError::Undefined("zlib could not compress the texts"))?;
    Ok(raw as f64 / compressed as f64)
}

/// The size of the texts, joined by one space, as gzip.
fn gzip_bytes(texts: &[&str]) -> io::Result<usize> {
    let mut encoder = GzEncoder::new(Counter(0), Compression::best());
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            encoder.write_all(b" ")?;
        }
        encoder.write_all(text.as_bytes())?;
    }
    Ok(encoder.finish()?.0)
}

/// Counts bytes instead of keeping them.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_is_compressed_well_and_noise_is_not() {
        let run = "a".repeat(10_000);
        assert!(compression_ratio(&[&run]).expect("not empty") > 200.0);
        assert!(compression_ratio(&["x"]).expect("not empty") < 0.1);
    }

    #[test]
    fn the_space_between_texts_counts() {
        // "a b" is 3 bytes; stored as one fixed block: 2 + 3 literals, in all 18 + 5.
        assert_eq!(compression_ratio(&["a", "b"]), Ok(3.0 / 23.0));
    }

    #[test]
    fn a_set_without_a_byte_is_refused() {
        let what = "bytes";
        let too_few = Err(MeasureError::TooFew {
            what,
            needs: 1,
            has: 0,
        });
        assert_eq!(compression_ratio(&[""]), too_few);
    }
}
