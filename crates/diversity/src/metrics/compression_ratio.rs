//! How much smaller a compressor makes the set: the compression ratio.
//!
//! # Definition
//!
//! Bytes of all texts joined by one space / bytes of the same, compressed as one stream:
//!
//! - `compression_ratio_gzip`: one gzip member by zlib at level 9, header and trailer included.
//! - `compression_ratio_zstd`: zstd at level 19 with long-distance matching and a window of up to
//!   128 MiB (`zstd -19 --long`, without a checksum).
//! - `compression_ratio_xz`: xz at preset 6 with CRC64, a window of 8 MiB.
//!
//! # Range
//!
//! From below 1 (a few bytes) to about 1000 with gzip, lower is more varied. It grows with the set,
//! since the first text pays for what the next ones reuse: compare at equal numbers of bytes. gzip
//! sees what is repeated within 32 KiB only, so that the order of texts matters and copies far
//! apart go unseen; zstd sees the whole of most sets.
//!
//! # Cost
//!
//! O(bytes) time: about 10 MB/s with gzip and 2 to 4 MB/s with the others, on one core, since one
//! stream cannot be split; O(1) memory (up to 400 MB with zstd, 100 MB with xz).
//!
//! # Source
//!
//! Shaib et al. 2024 (arXiv 2403.00553), whose space between texts is kept. `cr_gzip_cshaib` is what
//! `compression_ratio` of their package `diversity` 0.3.1 computes, before it rounds to 3 digits:
//! it compresses the compressed bytes once more into a file that names itself, so that the ratio of
//! small sets is lower. Its `xz` is `compression_ratio_xz`. Other versions of a library give other
//! digits: these are of zlib 1.3, zstd 1.5 and liblzma 5.8; zlib 1.2.13 and liblzma 5.4 agree.

use crate::compressed::{Codec, compressed_bytes, raw_bytes};
use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset, Texts};

const fn metric(
    name: &'static str,
    about: &'static str,
    preset: Preset,
    params: &'static [Param],
    compute: fn(&Texts<'_>, &Context) -> Measured,
) -> Metric {
    Metric {
        name,
        family: "compression_ratio",
        unit: "bytes a compressed byte",
        direction: Direction::LowerIsMoreVaried,
        about,
        params,
        preset,
        jackknife: true,
        compute: Compute::Texts(compute),
    }
}

pub(super) static COMPRESSION_RATIO_GZIP: Metric = metric(
    "compression_ratio_gzip",
    "bytes of the joined texts over their bytes as gzip",
    Preset::Fast,
    &[
        Param::text("algorithm", "zlib"),
        Param::integer("level", 9),
        JOIN,
    ],
    |texts, _| Ok(compression_ratio(texts.rows(), Codec::Gzip)?.into()),
);

pub(super) static COMPRESSION_RATIO_ZSTD: Metric = metric(
    "compression_ratio_zstd",
    "bytes of the joined texts over their bytes as zstd with a long window",
    Preset::Standard,
    &[
        Param::text("algorithm", "zstd"),
        Param::integer("level", 19),
        Param::integer("window_log", 27),
        JOIN,
    ],
    |texts, _| Ok(compression_ratio(texts.rows(), Codec::Zstd)?.into()),
);

pub(super) static COMPRESSION_RATIO_XZ: Metric = metric(
    "compression_ratio_xz",
    "bytes of the joined texts over their bytes as xz",
    Preset::All,
    &[
        Param::text("algorithm", "xz"),
        Param::integer("preset", 6),
        JOIN,
    ],
    |texts, _| Ok(compression_ratio(texts.rows(), Codec::Xz)?.into()),
);

pub(super) static CR_GZIP_CSHAIB: Metric = metric(
    "cr_gzip_cshaib",
    "bytes of the joined texts over their bytes as gzip of gzip, as diversity 0.3.1 does",
    Preset::Compat("cshaib"),
    &[
        Param::text("algorithm", "zlib, twice, with a file name"),
        Param::integer("level", 9),
        JOIN,
    ],
    |texts, _| Ok(compression_ratio(texts.rows(), Codec::GzipTwice)?.into()),
);

const JOIN: Param = Param::text("join", "space");

fn compression_ratio(texts: &[&str], codec: Codec) -> Result<f64, MeasureError> {
    let raw = raw_bytes(texts);
    MeasureError::check("bytes", 1, raw)?;
    let refused = |_| MeasureError::Undefined("the compressor could not take the texts");
    let compressed = compressed_bytes(texts, codec).map_err(refused)?;
    Ok(raw as f64 / compressed as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tests::{assert_refused, value};

    #[test]
    fn a_long_run_is_compressed_well_and_noise_is_not() {
        let run = "a".repeat(10_000);
        for metric in [&COMPRESSION_RATIO_GZIP, &COMPRESSION_RATIO_ZSTD] {
            assert!(value(metric, &[&run]).expect("not empty") > 200.0);
            assert!(value(metric, &["x"]).expect("not empty") < 0.2);
        }
    }

    #[test]
    fn value_of_a_worked_example() {
        // "a b" is 3 bytes; stored as one fixed block: 2 + 3 literals, in all 18 + 5.
        assert_eq!(value(&COMPRESSION_RATIO_GZIP, &["a", "b"]), Ok(3.0 / 23.0));
    }

    #[test]
    fn a_set_without_a_byte_is_refused() {
        for metric in [
            &COMPRESSION_RATIO_GZIP,
            &COMPRESSION_RATIO_ZSTD,
            &COMPRESSION_RATIO_XZ,
            &CR_GZIP_CSHAIB,
        ] {
            assert_refused(metric, &[""], "the set has 0 bytes");
        }
    }
}
