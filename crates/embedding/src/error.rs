//! Why texts could not be embedded.

use thiserror::Error;

/// What went wrong with an embedder or a text.
#[derive(Debug, Error)]
pub enum Error {
    /// Neither an embedder nor a directory.
    #[error("there is no embedder and no directory called `{name}`; known embedders are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A dimension that cannot be had.
    #[error("{0}")]
    Dimension(String),
    /// A text without anything to embed.
    #[error("row {row}: the text is empty, so it has no direction among vectors")]
    Empty {
        /// Which row, from 0.
        row: usize,
    },
    /// The directory of an encoder could not be read.
    #[error(transparent)]
    Files(#[from] dataset::Error),
    /// The encoder could not be loaded or run.
    #[error("the encoder {name} cannot be used")]
    Encoder {
        /// The encoder's name.
        name: String,
        /// Why.
        source: model::Error,
    },
    /// The vectors are not finite, or one has no direction.
    #[error(transparent)]
    Vectors(#[from] numeric::VectorsError),
}

impl Error {
    /// The same of texts that are those from row `first` on of a set.
    #[must_use]
    pub fn from_row(self, first: usize) -> Self {
        use numeric::VectorsError::{NotFinite, Zero};
        match self {
            Self::Empty { row } => Self::Empty { row: first + row },
            Self::Vectors(Zero { row }) => Self::Vectors(Zero { row: first + row }),
            Self::Vectors(NotFinite { row, component }) => Self::Vectors(NotFinite {
                row: first + row,
                component,
            }),
            other => other,
        }
    }

    pub(crate) fn files(cause: dataset::Error) -> Self {
        Self::Files(cause)
    }
}
