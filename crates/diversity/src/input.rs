//! A set of rows to be measured: their texts or their vectors.

use std::borrow::Cow;

use numeric::Vectors;

/// A set of rows, by their texts or by their vectors.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// A text a row.
    Texts(Cow<'a, [&'a str]>),
    /// A vector a row.
    Vectors(Cow<'a, Vectors>),
}

impl<'a> Input<'a> {
    /// The set of these texts.
    pub fn texts(texts: &'a [&'a str]) -> Self {
        Self::Texts(Cow::Borrowed(texts))
    }

    /// The set of these vectors.
    pub fn vectors(vectors: &'a Vectors) -> Self {
        Self::Vectors(Cow::Borrowed(vectors))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Texts(texts) => texts.len(),
            Self::Vectors(vectors) => vectors.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the rows are: `texts` or `vectors`.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Texts(_) => "texts",
            Self::Vectors(_) => "vectors",
        }
    }

    /// The rows at these places, in this order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        match self {
            Self::Texts(texts) => Self::Texts(rows.iter().map(|row| texts[*row]).collect()),
            Self::Vectors(vectors) => Self::Vectors(Cow::Owned(vectors.select(rows))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selecting_keeps_the_kind_and_the_order() {
        let texts = ["a", "b", "c"];
        let Input::Texts(chosen) = Input::texts(&texts).select(&[2, 0]) else {
            panic!("texts stay texts");
        };
        assert_eq!(*chosen, ["c", "a"]);
    }
}
