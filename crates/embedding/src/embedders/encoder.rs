//! A sentence encoder in the layout of sentence-transformers, from a directory or the Hub.

use dataset::{Directory, DirectorySource, Input};
use model::Encoder;

use crate::{Description, Embedded, Embedder, Error};

/// An encoder and where it came from.
#[derive(Debug)]
pub(crate) struct SentenceEncoder {
    encoder: Encoder,
    input: Input,
}

impl SentenceEncoder {
    /// Loads the encoder that `source` names.
    pub(crate) fn open(source: &DirectorySource) -> Result<Self, Error> {
        let directory = Directory::open(source)?;
        let encoder = Encoder::load(&directory).map_err(|source| Error::Encoder {
            name: directory.name().to_owned(),
            source,
        })?;
        Ok(Self {
            encoder,
            input: directory.input("embedder")?,
        })
    }

    fn failed(&self, source: model::Error) -> Error {
        Error::Encoder {
            name: self.input.node.name.clone(),
            source,
        }
    }
}

impl Embedder for SentenceEncoder {
    /// The revision is the commit on the Hub, or else the beginning of the directory's content hash.
    fn describe(&self) -> Description {
        let node = &self.input.node;
        Description {
            embedder: node.name.clone(),
            revision: node.revision.clone().unwrap_or_else(|| node.hash.short()),
            pooling: self.encoder.pooling().to_owned(),
            normalised: self.encoder.normalizes(),
            dimension: self.encoder.dim(),
        }
    }

    fn embed(&self, texts: &[&str]) -> Result<Embedded, Error> {
        if let Some(row) = texts.iter().position(|text| text.trim().is_empty()) {
            return Err(Error::Empty { row });
        }
        let truncated = self
            .encoder
            .truncated(texts)
            .map_err(|cause| self.failed(cause))?;
        let vectors = self
            .encoder
            .embed(texts)
            .map_err(|cause| self.failed(cause))?;
        Ok(Embedded { vectors, truncated })
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_encoder_is_read_and_described() {
        let Ok(fixtures) = std::env::var("POLYCULTURE_FIXTURES") else {
            eprintln!("skipped: POLYCULTURE_FIXTURES is not set");
            return;
        };
        let encoder = crate::open(
            &format!("{fixtures}/models/minilm").parse().expect("a name"),
            Some(384),
        )
        .expect("loaded");
        let description = encoder.describe();
        assert_eq!(
            (description.embedder.as_str(), description.pooling.as_str()),
            ("minilm", "mean")
        );
        let long = "word ".repeat(2000);
        let embedded = encoder
            .embed(&["a cat", "a kitten", &long])
            .expect("embedded");
        assert_eq!(
            (
                embedded.vectors.len(),
                embedded.vectors.dim(),
                embedded.truncated
            ),
            (3, 384, 1)
        );
        assert!(matches!(
            encoder.embed(&["a", ""]),
            Err(Error::Empty { row: 1 })
        ));
    }
}
