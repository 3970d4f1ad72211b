//! Texts as weighted words: scikit-learn's `TfidfVectorizer` with its default settings.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::features::Features;
use super::tokens::for_each_term;
use crate::Error;

/// The terms of a training set and how rare each is.
///
/// A text's value for a term is its count times `ln((1 + n) / (1 + df)) + 1`, with n texts of which
/// df hold the term; a text's values are divided by their Euclidean length.
#[derive(Clone, Debug, PartialEq)]
pub struct Tfidf {
    vocabulary: BTreeMap<String, u32>,
    idf: Vec<f64>,
    longest: usize,
}

impl Tfidf {
    /// Learns the terms of `texts`: words, and runs of up to `longest` words.
    pub fn fit(texts: &[&str], longest: usize) -> Result<Self, Error> {
        check_longest(longest)?;
        let mut counts: BTreeMap<String, (u32, usize)> = BTreeMap::new();
        for (row, text) in texts.iter().enumerate() {
            for_each_term(text, longest, |term| match counts.get_mut(term) {
                Some((texts, last)) if *last != row => (*texts, *last) = (*texts + 1, row),
                Some(_) => {}
                None => drop(counts.insert(term.to_owned(), (1, row))),
            });
        }
        if counts.is_empty() {
            return Err(Error::request(format!(
                "none of {} texts has a word of two characters or more",
                texts.len()
            )));
        }
        let all = texts.len() as f64;
        let idf = counts
            .values()
            .map(|(texts, _)| ((1.0 + all) / (1.0 + f64::from(*texts))).ln() + 1.0)
            .collect();
        let vocabulary = counts.into_keys().zip(0..).collect();
        Ok(Self {
            vocabulary,
            idf,
            longest,
        })
    }

    /// The same from its parts; `idf` has one number a term.
    pub(super) fn from_parts(
        vocabulary: BTreeMap<String, u32>,
        idf: Vec<f64>,
        longest: usize,
    ) -> Result<Self, Error> {
        check_longest(longest)?;
        if vocabulary.len() != idf.len() {
            return Err(Error::request(format!(
                "{} terms have {} weights",
                vocabulary.len(),
                idf.len()
            )));
        }
        let mut columns: Vec<u32> = vocabulary.values().copied().collect();
        columns.sort_unstable();
        match columns
            .iter()
            .zip(0..)
            .find(|(column, expected)| **column != *expected)
        {
            None => Ok(Self {
                vocabulary,
                idf,
                longest,
            }),
            Some((_, expected)) => Err(Error::request(format!(
                "no term, or more than one, has the number {expected}"
            ))),
        }
    }

    /// The terms with their columns, sorted.
    pub fn vocabulary(&self) -> &BTreeMap<String, u32> {
        &self.vocabulary
    }

    /// The weight of each column.
    pub fn idf(&self) -> &[f64] {
        &self.idf
    }

    /// The most words of a term.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// The values of texts; terms that were not learnt count nothing.
    pub fn transform(&self, texts: &[&str]) -> Features {
        let rows: Vec<Vec<(u32, f64)>> = texts.par_iter().map(|text| self.row(text)).collect();
        let mut features = Features::new(self.idf.len());
        rows.into_iter().for_each(|row| features.push(row));
        features
    }

    fn row(&self, text: &str) -> Vec<(u32, f64)> {
        let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
        for_each_term(text, self.longest, |term| {
            if let Some(column) = self.vocabulary.get(term) {
                *counts.entry(*column).or_default() += 1.0;
            }
        });
        let mut row: Vec<(u32, f64)> = counts
            .into_iter()
            .map(|(column, count)| (column, count * self.idf[column as usize]))
            .collect();
        let length = row
            .iter()
            .map(|(_, value)| value * value)
            .sum::<f64>()
            .sqrt();
        row.iter_mut().for_each(|(_, value)| *value /= length);
        row
    }
}

fn check_longest(longest: usize) -> Result<(), Error> {
    match longest {
        1..=5 => Ok(()),
        _ => Err(Error::request(format!(
            "terms of up to {longest} words make no sense here; expected 1 to 5"
        ))),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) const TEXTS: [&str; 7] = [
        "the rake came late and the spade broke",
        "i love the new rake",
        "a kettle of tea , hot tea",
        "the kettle leaks : I want a refund",
        "what a lovely spade",
        "Café tea was late",
        "it's 3 pm_now 42",
    ];

    #[test]
    fn terms_and_values_are_those_of_scikit_learn() {
        // TfidfVectorizer().fit_transform(TEXTS), scikit-learn 1.9.1
        let tfidf = Tfidf::fit(&TEXTS, 1).expect("learnt");
        let terms: Vec<&str> = tfidf.vocabulary().keys().map(String::as_str).collect();
        assert_eq!(terms.len(), 23);
        assert_eq!(terms[..6], ["42", "and", "broke", "café", "came", "hot"]);
        assert!((tfidf.idf()[0] - 2.386_294_361_119_891).abs() < 1e-15);
        let expected = [
            0.375_800_233_868_821,
            0.375_800_233_868_821,
            0.375_800_233_868_821,
            0.311_946_467_571_026_23,
            0.311_946_467_571_026_23,
            0.311_946_467_571_026_23,
            0.533_282_998_774_847_7,
        ];
        let row: Vec<f64> = tfidf
            .transform(&TEXTS)
            .row(0)
            .map(|(_, value)| value)
            .collect();
        assert_eq!(row.len(), expected.len());
        assert!(
            row.iter()
                .zip(expected)
                .all(|(found, value)| (found - value).abs() < 1e-15),
            "{row:?}"
        );
    }

    #[test]
    fn pairs_of_words_are_terms_where_asked_for() {
        // TfidfVectorizer(ngram_range=(1, 2)), scikit-learn 1.9.1: 48 terms
        let tfidf = Tfidf::fit(&TEXTS, 2).expect("learnt");
        assert_eq!(tfidf.vocabulary().len(), 48);
        assert!(tfidf.vocabulary().contains_key("café tea"));
        let (_, value) = tfidf.transform(&TEXTS).row(0).next().expect("a term");
        assert!((value - 0.266_492_772_344_822_6).abs() < 1e-15);
    }

    #[test]
    fn a_text_of_unknown_words_has_no_values() {
        let tfidf = Tfidf::fit(&TEXTS, 1).expect("learnt");
        assert_eq!(tfidf.transform(&["zebra", ""]).row(0).count(), 0);
    }

    #[test]
    fn texts_without_words_are_refused() {
        assert!(Tfidf::fit(&["a", "!"], 1).is_err() && Tfidf::fit(&TEXTS, 0).is_err());
    }
}
