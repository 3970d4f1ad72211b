//! How many bytes texts have once they are compressed, without keeping the bytes.

use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use liblzma::write::XzEncoder;

/// A way to compress, with all its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// zlib at level 9 in one gzip member without a name.
    Gzip,
    /// zlib at level 9 twice, the second time in a member that names the file `compressed`.
    GzipTwice,
    /// zstd at level 19 with a window of up to 128 MiB, searched for long matches as well.
    Zstd,
    /// xz at preset 6 with CRC64: a window of 8 MiB.
    Xz,
}

/// Pieces of this many bytes are handed to a compressor, so that its calls do not count.
const PIECE: usize = 1 << 17;
/// ln₂ of the longest window of zstd in bytes; what `zstd --long` takes, and what every decoder
/// accepts.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The size of the texts, joined by one space.
pub(crate) fn raw_bytes(texts: &[&str]) -> usize {
    texts.iter().map(|text| text.len()).sum::<usize>() + texts.len().saturating_sub(1)
}

/// The size of the texts, joined by one space, once they are compressed.
pub(crate) fn compressed_bytes(texts: &[&str], codec: Codec) -> io::Result<usize> {
    match codec {
        Codec::Gzip => {
            let encoder = GzEncoder::new(Count::default(), Compression::best());
            Ok(write(texts, encoder)?.finish()?.bytes)
        }
        Codec::GzipTwice => {
            let encoder = GzBuilder::new()
                .filename("compressed")
                .write(Count::default(), Compression::best());
            // As Python writes it: no time, no operating system.
            let inner = GzBuilder::new().operating_system(255);
            let inner = inner.write(encoder, Compression::best());
            Ok(write(texts, inner)?.finish()?.finish()?.bytes)
        }
        Codec::Zstd => {
            let mut encoder = zstd::Encoder::new(Count::default(), 19)?;
            encoder.set_pledged_src_size(Some(raw_bytes(texts) as u64))?;
            encoder.window_log(ZSTD_WINDOW_LOG)?;
            encoder.long_distance_matching(true)?;
            Ok(write(texts, encoder)?.finish()?.bytes)
        }
        Codec::Xz => Ok(write(texts, XzEncoder::new(Count::default(), 6))?
            .finish()?
            .bytes),
    }
}

/// Writes the texts, joined by one space, and hands the writer back.
fn write<W: Write>(texts: &[&str], writer: W) -> io::Result<W> {
    let mut writer = BufWriter::with_capacity(PIECE, writer);
    for (at, text) in texts.iter().enumerate() {
        if at > 0 {
            writer.write_all(b" ")?;
        }
        writer.write_all(text.as_bytes())?;
    }
    writer.into_inner().map_err(io::IntoInnerError::into_error)
}

/// Counts bytes instead of keeping them.
#[derive(Default)]
struct Count {
    bytes: usize,
}

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(texts: &[&str], codec: Codec) -> usize {
        compressed_bytes(texts, codec).expect("a count takes everything")
    }

    #[test]
    fn the_space_between_texts_counts() {
        // "a b" is 3 bytes; as one fixed block 2 + 3 literals, in all 18 + 5.
        assert_eq!(raw_bytes(&["a", "b"]), 3);
        assert_eq!(bytes(&["a", "b"], Codec::Gzip), 23);
        assert_eq!(raw_bytes(&[]), 0);
    }

    #[test]
    fn a_second_gzip_adds_its_frame_and_the_name() {
        // Noise is stored: 18 of the frame, 11 of the name, 5 of the block.
        let noise: String = (0..2000u32)
            .map(|i| char::from((33 + (i * i * 7919 + i) % 90) as u8))
            .collect();
        let once = bytes(&[&noise], Codec::Gzip);
        assert_eq!(bytes(&[&noise], Codec::GzipTwice), once + 34);
    }

    #[test]
    fn only_long_windows_see_copies_that_are_far_apart() {
        // 300 kB of words drawn by a quadratic residue, then the same again.
        let word = |i: u64| format!("{:x} ", (i * i).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40);
        let once: String = (0..45_000).map(word).collect();
        let ratio = |codec| bytes(&[&once, &once], codec) as f64 / bytes(&[&once], codec) as f64;
        assert!(ratio(Codec::Gzip) > 1.9, "{}", ratio(Codec::Gzip));
        assert!(ratio(Codec::Zstd) < 1.05, "{}", ratio(Codec::Zstd));
        assert!(ratio(Codec::Xz) < 1.05, "{}", ratio(Codec::Xz));
    }
}
