//! Drops texts that repeat themselves: the repetition filter of Gopher (Rae et al. 2021, table A1).

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;
use serde::Serialize;
use text::whitespace_tokens;

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Rejection, Verdict};

/// Of the most frequent n-gram at most this share of all characters, for n = 2, 3, 4.
const TOP: [(usize, f64); 3] = [(2, 0.20), (3, 0.18), (4, 0.16)];
/// Of n-grams that were there before at most this share, for n = 5 to 10.
const AGAIN: [(usize, f64); 6] = [
    (5, 0.15),
    (6, 0.14),
    (7, 0.13),
    (8, 0.12),
    (9, 0.11),
    (10, 0.10),
];

/// The bounds of the paper, counted as `datatrove` does: characters of n-grams without the white
/// space between their words, against all characters of the text.
///
/// Deviation: an n-gram that is there once is not counted as the most frequent one, since in a
/// short text any n-gram is a large share.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct GopherRepetition {
    /// Drop texts that fail the repetition filter of Gopher: at most 0.3 of lines and of paragraphs again, or 0.2 of their characters; of the top 2-, 3-, 4-gram 0.2, 0.18, 0.16 of characters; of repeated 5- to 10-grams 0.15 down to 0.1
    #[arg(long)]
    gopher_repetition: bool,
}

impl Rule for GopherRepetition {
    fn name(&self) -> &'static str {
        "gopher-repetition"
    }

    fn options(&self) -> &'static [&'static str] {
        &["gopher_repetition"]
    }

    fn asked(&self) -> bool {
        self.gopher_repetition
    }

    fn prepare<'a>(&'a self, _: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        Ok(Judge::Rows(Box::new(self)))
    }
}

impl JudgeRows for &GopherRepetition {
    /// The score is the share that is too large, of the first that is.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |text: &&str| fault(text).map(Rejection::scored);
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

/// The first share that is too large.
fn fault(text: &str) -> Option<f64> {
    let all = text.chars().count().max(1) as f64;
    let (lines, line_chars) = again(text.lines().filter(|line| !line.is_empty()));
    let (paragraphs, paragraph_chars) = again(text.split("\n\n").filter(|part| !part.is_empty()));
    let words: Vec<&str> = whitespace_tokens(text).collect();
    let blocks = [
        (lines, 0.3),
        (paragraphs, 0.3),
        (line_chars as f64 / all, 0.2),
        (paragraph_chars as f64 / all, 0.2),
    ];
    let top = TOP
        .iter()
        .map(|(n, most)| (top(&words, *n) as f64 / all, *most));
    let repeated = AGAIN
        .iter()
        .map(|(n, most)| (repeated(&words, *n) as f64 / all, *most));
    let mut shares = blocks.into_iter().chain(top).chain(repeated);
    shares
        .find(|(share, most)| share > most)
        .map(|(share, _)| share)
}

/// The share of parts that were there before, and the characters that they have.
pub(super) fn again<'a>(parts: impl Iterator<Item = &'a str>) -> (f64, usize) {
    let (mut known, mut n, mut repeated, mut chars) = (HashSet::new(), 0, 0, 0);
    for part in parts {
        n += 1;
        if !known.insert(part) {
            repeated += 1;
            chars += part.chars().count();
        }
    }
    (f64::from(repeated) / f64::from(n.max(1)), chars)
}

fn chars_of(words: &[&str]) -> usize {
    words.iter().map(|word| word.chars().count()).sum()
}

/// The characters of all occurrences of the n-gram that has most of them.
fn top(words: &[&str], n: usize) -> usize {
    let mut counts: HashMap<&[&str], usize> = HashMap::new();
    for gram in words.windows(n) {
        *counts.entry(gram).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    let top = counts
        .into_iter()
        .filter(|(_, count)| *count == most && most > 1);
    top.map(|(gram, count)| chars_of(gram) * count)
        .max()
        .unwrap_or(0)
}

/// The characters of n-grams that were there before, none counted in two of them.
fn repeated(words: &[&str], n: usize) -> usize {
    let (mut known, mut chars, mut at) = (HashSet::new(), 0, 0);
    while at + n <= words.len() {
        let gram = &words[at..at + n];
        if known.insert(gram) {
            at += 1;
        } else {
            chars += chars_of(gram);
            at += n;
        }
    }
    chars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_come_again_are_counted() {
        assert_eq!(again("a\nb\na\na".lines()), (0.5, 2));
        assert_eq!(
            fault("one line here\nanother one there\none line here"),
            Some(1.0 / 3.0)
        );
    }

    #[test]
    fn the_top_gram_is_counted_with_all_its_occurrences() {
        let words = ["a", "bb", "a", "bb", "c"];
        // "a bb" twice: 3 characters each.
        assert_eq!(top(&words, 2), 6);
        assert_eq!(top(&["a", "b", "c"], 2), 0);
    }

    #[test]
    fn repeated_grams_do_not_overlap() {
        // a b c a b c a b c: the second and the third "a b c", 3 characters each.
        let words = ["a", "b", "c", "a", "b", "c", "a", "b", "c"];
        assert_eq!(repeated(&words, 3), 6);
    }

    #[test]
    fn prose_passes() {
        let prose =
            "A fox crossed the yard before dawn and left its tracks in fresh snow beside our gate.";
        assert_eq!(fault(prose), None);
        assert_eq!(fault(""), None);
    }
}
