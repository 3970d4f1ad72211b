//! Texts to vectors: hashed n-grams, which need no download, and sentence encoders.
//!
//! An embedder is a file in `embedders/`; which one made a vector is told by [`Description`], which
//! `embed` writes beside the vectors.

mod description;
mod embedders;
mod error;
mod name;

use dataset::{DirectorySource, Input};
use numeric::Vectors;

pub use description::Description;
pub use error::Error;
pub use name::Name;

/// Turns texts into vectors.
pub trait Embedder: std::fmt::Debug {
    /// Which embedder it is, and what its vectors are like.
    fn describe(&self) -> Description;

    /// The vectors of `texts`, of shape (n, d).
    ///
    /// A text's vector does not depend on the texts beside it. A text without anything to embed
    /// is an error that names its row.
    fn embed(&self, texts: &[&str]) -> Result<Embedded, Error>;

    /// Whether vectors take so long that they are worth keeping until the output is there.
    fn is_slow(&self) -> bool {
        true
    }

    /// The model that it reads, for the provenance; `None` where there is none.
    fn input(&self) -> Option<&Input> {
        None
    }
}

/// Vectors, and what was lost on the way.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedded {
    /// The vectors, one a text.
    pub vectors: Vectors,
    /// How many texts were longer than the embedder reads; their ends were left out.
    pub truncated: usize,
}

/// The embedders that have a name of their own; any other name is that of an encoder's directory.
pub const NAMED: [&str; 1] = [embedders::hashed_ngrams::NAME];

/// The embedder called `name`: `hashed-ngrams`, a directory in the layout of sentence-transformers,
/// or `hf://OWNER/NAME`.
///
/// `dimension` is for embedders that can have any; an encoder of another one is refused.
pub fn open(name: &Name, dimension: Option<usize>) -> Result<Box<dyn Embedder>, Error> {
    let given = name.as_str();
    if given == embedders::hashed_ngrams::NAME {
        return Ok(Box::new(embedders::hashed_ngrams::HashedNGrams::new(
            dimension,
        )?));
    }
    let source: DirectorySource = given.parse().map_err(Error::files)?;
    if let DirectorySource::Path(path) = &source
        && !path.is_dir()
    {
        return Err(Error::Unknown {
            name: given.to_owned(),
            known: NAMED.join(", "),
        });
    }
    let encoder = embedders::encoder::SentenceEncoder::open(&source)?;
    match dimension.filter(|asked| *asked != encoder.describe().dimension) {
        None => Ok(Box::new(encoder)),
        Some(asked) => {
            let found = encoder.describe().dimension;
            Err(Error::Dimension(format!(
                "{name} makes vectors of dimension {found}, not {asked}"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().expect("a name")
    }

    #[test]
    fn an_unknown_embedder_is_refused_with_the_known_ones() {
        let error = open(&name("hashed"), None).expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "there is no embedder and no directory called `hashed`; known embedders are hashed-ngrams"
        );
        assert_eq!(
            open(&Name::default(), None)
                .expect("known")
                .describe()
                .dimension,
            256
        );
    }
}
