//! `hashed-ngrams`: words and character trigrams, hashed into a few hundred components; nothing to download.
//!
//! The exact definition, version 1:
//!
//! 1. The text is lower-cased, and its white space collapsed to single spaces.
//! 2. Its features are its words (`text::words`), its pairs of neighbouring words joined by a
//!    space, and the trigrams of characters of ` text ` (a space on either side); each with a
//!    first byte that tells the kind: `w`, `p` or `c`.
//! 3. A feature has the 64-bit XXH3 of its UTF-8 bytes as its hash h. It counts into component
//!    `(h >> 1) mod d`, with the sign minus where h is odd.
//! 4. A feature that occurs k times adds `1 + ln k`.
//! 5. The vector is divided by its Euclidean length.

use std::collections::BTreeMap;

use numeric::{Vectors, stable_hash};
use rayon::prelude::*;
use text::{collapse_space, words};

use crate::{Description, Embedded, Embedder, Error};

/// The name on the command line.
pub(crate) const NAME: &str = "hashed-ngrams";
/// Changes with anything that changes a vector.
const VERSION: &str = "1";
const DIMENSION: usize = 256;
const LARGEST: usize = 1 << 16;

/// Hashed n-grams of one dimension.
#[derive(Debug)]
pub(crate) struct HashedNGrams {
    dimension: usize,
}

impl HashedNGrams {
    /// With `dimension` components, or 256.
    pub(crate) fn new(dimension: Option<usize>) -> Result<Self, Error> {
        match dimension.unwrap_or(DIMENSION) {
            dimension @ 1..=LARGEST => Ok(Self { dimension }),
            other => Err(Error::Dimension(format!(
                "{NAME} has from 1 to {LARGEST} components, not {other}"
            ))),
        }
    }

    fn vector(&self, row: usize, text: &str) -> Result<Vec<f32>, Error> {
        let text = collapse_space(&text.to_lowercase());
        if text.is_empty() {
            return Err(Error::Empty { row });
        }
        let mut components = vec![0.0f64; self.dimension];
        for (hash, count) in counts(&text) {
            let sign = if hash & 1 == 1 { -1.0 } else { 1.0 };
            components[((hash >> 1) % self.dimension as u64) as usize] +=
                sign * (1.0 + f64::from(count).ln());
        }
        let length = components
            .iter()
            .map(|value| value * value)
            .sum::<f64>()
            .sqrt();
        if length == 0.0 {
            return Err(Error::Vectors(numeric::VectorsError::Zero { row }));
        }
        Ok(components
            .iter()
            .map(|value| (value / length) as f32)
            .collect())
    }
}

/// How often each feature occurs, by its hash.
fn counts(text: &str) -> BTreeMap<u64, u32> {
    let mut counts = BTreeMap::new();
    let mut feature = String::new();
    let mut count = |kind: char, parts: &[&str]| {
        feature.clear();
        feature.push(kind);
        feature.push_str(parts[0]);
        for part in &parts[1..] {
            feature.push(' ');
            feature.push_str(part);
        }
        *counts.entry(stable_hash(feature.as_bytes())).or_insert(0) += 1;
    };
    let found: Vec<&str> = words(text).collect();
    found.iter().for_each(|word| count('w', &[word]));
    found.windows(2).for_each(|pair| count('p', pair));
    let padded = format!(" {text} ");
    let starts: Vec<usize> = padded
        .char_indices()
        .map(|(at, _)| at)
        .chain([padded.len()])
        .collect();
    starts
        .windows(4)
        .for_each(|place| count('c', &[&padded[place[0]..place[3]]]));
    counts
}

impl Embedder for HashedNGrams {
    fn describe(&self) -> Description {
        Description {
            embedder: NAME.to_owned(),
            revision: VERSION.to_owned(),
            pooling: "sum".to_owned(),
            normalised: true,
            dimension: self.dimension,
        }
    }

    fn embed(&self, texts: &[&str]) -> Result<Embedded, Error> {
        let rows = texts
            .par_iter()
            .enumerate()
            .map(|(row, text)| self.vector(row, text));
        let rows = rows
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Embedded {
            vectors: Vectors::new(rows.concat(), self.dimension)?,
            truncated: 0,
        })
    }

    fn is_slow(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn embed(texts: &[&str]) -> Vectors {
        HashedNGrams::new(None)
            .expect("256")
            .embed(texts)
            .expect("embedded")
            .vectors
    }

    fn cosine(vectors: &Vectors, one: usize, other: usize) -> f32 {
        vectors
            .row(one)
            .iter()
            .zip(vectors.row(other))
            .map(|(a, b)| a * b)
            .sum()
    }

    #[test]
    fn a_text_of_one_letter_is_one_word_and_one_trigram() {
        // "a": the word `wa` and the trigram `c a ` (a space on either side), each once.
        let vector = embed(&["A"]);
        let places: Vec<usize> = ["wa", "c a "]
            .map(|feature| ((stable_hash(feature.as_bytes()) >> 1) % 256) as usize)
            .to_vec();
        let expected = 0.5f32.sqrt();
        assert_ne!(places[0], places[1]);
        assert!(
            places
                .iter()
                .all(|place| (vector.row(0)[*place].abs() - expected).abs() < 1e-6)
        );
        assert_eq!(
            vector.row(0).iter().filter(|value| **value != 0.0).count(),
            2
        );
    }

    #[test]
    fn like_texts_are_near_and_unlike_ones_far() {
        let vectors = embed(&[
            "The rake came late.",
            "the rake came  very late",
            "Was kostet der Kessel?",
        ]);
        assert!(cosine(&vectors, 0, 1) > 0.6, "{}", cosine(&vectors, 0, 1));
        assert!(
            cosine(&vectors, 0, 2).abs() < 0.3,
            "{}",
            cosine(&vectors, 0, 2)
        );
    }

    #[test]
    fn the_vectors_never_change() {
        // Computed from the definition above in Python with xxhash 4.1.0; a change needs another VERSION.
        let embedder = HashedNGrams::new(Some(8)).expect("8");
        let found = embedder
            .embed(&["The rake came  late and the spade broke"])
            .expect("embedded")
            .vectors;
        let expected = [
            0.293_102, 0.0, 0.101_581, -0.044_97, -0.101_581, 0.439_652, -0.834_335, 0.044_97,
        ];
        assert!(
            found
                .row(0)
                .iter()
                .zip(expected)
                .all(|(a, b)| (a - b).abs() < 1e-5),
            "{found:?}"
        );
    }

    #[test]
    fn a_text_of_nothing_is_refused_by_its_row() {
        let error = HashedNGrams::new(None)
            .expect("256")
            .embed(&["a", " \n"])
            .expect_err("empty");
        assert_eq!(
            error.to_string(),
            "row 1: the text is empty, so it has no direction among vectors"
        );
        assert!(HashedNGrams::new(Some(0)).is_err());
        assert_eq!(embed(&["!"]).len(), 1);
    }

    proptest! {
        #[test]
        fn every_text_has_a_direction_of_length_1_that_depends_on_itself_alone(text in "\\PC*[a-z]") {
            let alone = embed(&[&text]);
            let length: f32 = alone.row(0).iter().map(|value| value * value).sum();
            prop_assert!((length - 1.0).abs() < 1e-4);
            let beside = embed(&["beside it", &text]);
            prop_assert_eq!(beside.row(1), alone.row(0));
        }
    }
}
