//! What is known of vectors: which embedder made them, in which version, and what they are like.

use std::collections::BTreeMap;

/// What the metadata of an `embedding` column says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// The embedder's name.
    pub embedder: String,
    /// Its version: the commit of a model, or a number that changes with every vector.
    pub revision: String,
    /// How the vectors of tokens become one: `mean`, `cls`, or `sum` for hashed n-grams.
    pub pooling: String,
    /// Whether every vector has length 1.
    pub normalised: bool,
    /// The number of components.
    pub dimension: usize,
}

impl Description {
    /// The same by key, as field metadata and configurations hold it.
    pub fn to_map(&self) -> BTreeMap<String, String> {
        let pairs = [
            ("embedder", self.embedder.clone()),
            ("revision", self.revision.clone()),
            ("pooling", self.pooling.clone()),
            ("normalised", self.normalised.to_string()),
            ("dimension", self.dimension.to_string()),
        ];
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect()
    }

    /// What field metadata says of vectors of `dimension`; `unknown` where it says nothing.
    pub fn of_metadata(metadata: &BTreeMap<String, String>, dimension: usize) -> Self {
        let said = |key: &str| {
            metadata
                .get(key)
                .map_or_else(|| "unknown".to_owned(), Clone::clone)
        };
        Self {
            embedder: said("embedder"),
            revision: said("revision"),
            pooling: said("pooling"),
            normalised: metadata
                .get("normalised")
                .is_some_and(|value| value == "true"),
            dimension,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_comes_back() {
        let description = Description {
            embedder: "minilm".to_owned(),
            revision: "1".to_owned(),
            pooling: "mean".to_owned(),
            normalised: true,
            dimension: 384,
        };
        assert_eq!(
            Description::of_metadata(&description.to_map(), 384),
            description
        );
        assert_eq!(
            Description::of_metadata(&BTreeMap::new(), 2).embedder,
            "unknown"
        );
    }
}
