//! A set of rows to be measured: their texts, their labels and their vectors, as far as known.

use std::borrow::Cow;
use std::sync::OnceLock;

use numeric::Vectors;
use text::{TokenIds, Tokenizer};

use crate::Reads;

/// A set of rows, each by its text, its label or its vector, or by several of them.
#[derive(Clone, Debug)]
pub struct Set<'a> {
    len: usize,
    texts: Option<Texts<'a>>,
    labels: Option<Vec<&'a str>>,
    vectors: Option<Cow<'a, Vectors>>,
}

impl<'a> Set<'a> {
    /// A set of `len` rows of which nothing is known yet.
    pub const fn of_rows(len: usize) -> Self {
        Self {
            len,
            texts: None,
            labels: None,
            vectors: None,
        }
    }

    /// The set of these texts, cut into tokens by `tokenizer`.
    pub fn of_texts(texts: &[&'a str], tokenizer: Tokenizer) -> Self {
        Self::of_rows(texts.len()).with_texts(Texts::new(texts.to_vec(), tokenizer))
    }

    /// The set of these vectors.
    pub fn of_vectors(vectors: &'a Vectors) -> Self {
        Self::of_rows(vectors.len()).with_vectors(Cow::Borrowed(vectors))
    }

    /// The same rows with a text each.
    ///
    /// # Panics
    ///
    /// If there is not one a row, which is a bug of the caller.
    #[must_use]
    pub fn with_texts(self, texts: Texts<'a>) -> Self {
        assert_eq!(texts.len(), self.len, "a text a row");
        let texts = Some(texts);
        Self { texts, ..self }
    }

    /// The same rows with a label each.
    ///
    /// # Panics
    ///
    /// If there is not one a row, which is a bug of the caller.
    #[must_use]
    pub fn with_labels(self, labels: Vec<&'a str>) -> Self {
        assert_eq!(labels.len(), self.len, "a label a row");
        let labels = Some(labels);
        Self { labels, ..self }
    }

    /// The same rows with a vector each.
    ///
    /// # Panics
    ///
    /// If there is not one a row, which is a bug of the caller.
    #[must_use]
    pub fn with_vectors(self, vectors: Cow<'a, Vectors>) -> Self {
        assert_eq!(vectors.len(), self.len, "a vector a row");
        let vectors = Some(vectors);
        Self { vectors, ..self }
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no row.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The texts, if they are known.
    pub fn texts(&self) -> Option<&Texts<'a>> {
        self.texts.as_ref()
    }

    /// The labels, if they are known.
    pub fn labels(&self) -> Option<&[&'a str]> {
        self.labels.as_deref()
    }

    /// The vectors, if they are known.
    pub fn vectors(&self) -> Option<&Vectors> {
        self.vectors.as_deref()
    }

    /// Whether that is known of the rows which a measure reads.
    pub const fn knows(&self, reads: Reads) -> bool {
        match reads {
            Reads::Texts => self.texts.is_some(),
            Reads::Labels => self.labels.is_some(),
            Reads::Vectors => self.vectors.is_some(),
        }
    }

    /// The rows at these places, in this order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let labels = self.labels.as_ref();
        let vectors = self.vectors.as_ref();
        Self {
            len: rows.len(),
            texts: self.texts.as_ref().map(|texts| texts.select(rows)),
            labels: labels.map(|labels| rows.iter().map(|row| labels[*row]).collect()),
            vectors: vectors.map(|vectors| Cow::Owned(vectors.select(rows))),
        }
    }
}

/// Texts, and their tokens once somebody asks for them.
#[derive(Clone, Debug)]
pub struct Texts<'a> {
    rows: Vec<&'a str>,
    tokenizer: Tokenizer,
    tokens: OnceLock<TokenIds>,
}

impl<'a> Texts<'a> {
    /// These texts, to be cut into tokens by `tokenizer`.
    pub const fn new(rows: Vec<&'a str>, tokenizer: Tokenizer) -> Self {
        Self {
            rows,
            tokenizer,
            tokens: OnceLock::new(),
        }
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The texts, first to last.
    pub fn rows(&self) -> &[&'a str] {
        &self.rows
    }

    /// How they are cut into tokens.
    pub const fn tokenizer(&self) -> Tokenizer {
        self.tokenizer
    }

    /// Their tokens, a row a text, cut once for all measures.
    pub fn tokens(&self) -> &TokenIds {
        self.tokens
            .get_or_init(|| TokenIds::new(&self.rows, self.tokenizer))
    }

    /// The texts at these places, in this order; what was cut is not cut again.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        let selected = Self::new(
            rows.iter().map(|row| self.rows[*row]).collect(),
            self.tokenizer,
        );
        if let Some(tokens) = self.tokens.get() {
            selected.tokens.get_or_init(|| tokens.select(rows));
        }
        selected
    }

    /// These texts and then `others`, as one list.
    #[must_use]
    pub fn followed_by(&self, others: &Self) -> Self {
        Self::new([&*self.rows, &*others.rows].concat(), self.tokenizer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selecting_keeps_all_that_is_known_and_the_order() {
        let vectors = Vectors::new(vec![1.0, 2.0, 3.0], 1).expect("three rows");
        let set = Set::of_texts(&["a", "b", "c"], Tokenizer::Whitespace)
            .with_vectors(Cow::Borrowed(&vectors))
            .with_labels(vec!["x", "y", "z"]);
        let chosen = set.select(&[2, 0]);
        assert_eq!(chosen.texts().expect("texts").rows(), ["c", "a"]);
        assert_eq!(chosen.labels().expect("labels"), ["z", "x"]);
        assert_eq!(chosen.vectors().expect("vectors").values(), [3.0, 1.0]);
        assert_eq!((chosen.len(), set.len()), (2, 3));
    }

    #[test]
    fn a_selection_has_the_same_tokens_whether_they_were_cut_before_or_not() {
        let texts = Texts::new(vec!["b a", "a c", "c"], Tokenizer::Unicode);
        let cut_after = texts.select(&[1, 2]).tokens().clone();
        assert_eq!(texts.tokens().kinds(), 3);
        assert_eq!(*texts.select(&[1, 2]).tokens(), cut_after);
    }

    #[test]
    fn nothing_is_known_that_was_not_handed_in() {
        let set = Set::of_texts(&["a"], Tokenizer::Unicode);
        assert!(set.knows(Reads::Texts) && !set.knows(Reads::Vectors));
        assert!(!Set::of_rows(3).knows(Reads::Labels));
    }
}
