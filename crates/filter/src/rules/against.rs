//! Drops texts that overlap with test sets, so that no model is tested on what it was trained on.

use std::collections::{HashMap, HashSet};
use std::num::NonZeroUsize;

use dataset::{Source, Table, columns};
use numeric::stable_hash;
use rayon::prelude::*;
use serde::Serialize;
use text::{Form, normalise};

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeRows, Like, Rejection, Verdict};

/// The length of a run of words that no two texts share by chance (Brown et al. 2020, appendix C).
const RUN: NonZeroUsize = NonZeroUsize::new(13).expect("13 is not 0");

/// A row is dropped if it shares a run of N words with a test row.
///
/// Case, punctuation and white space do not count. A text of fewer words than a run has is one run
/// by itself, so it matches only texts of exactly its words; a text without any word matches only
/// itself.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct Against {
    /// Drop texts that overlap with this test set; may be given several times
    #[arg(long, value_name = "TEST")]
    against: Vec<Source>,
    /// How many successive words in common are an overlap; shorter texts must be the same as a whole [default: 13]
    #[arg(long, value_name = "WORDS", requires = "against")]
    overlap_ngram: Option<NonZeroUsize>,
}

impl Rule for Against {
    fn name(&self) -> &'static str {
        "against"
    }

    fn options(&self) -> &'static [&'static str] {
        &["against", "overlap_ngram"]
    }

    fn asked(&self) -> bool {
        !self.against.is_empty()
    }

    fn prepare<'a>(&'a self, files: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        let n = self.overlap_ngram.unwrap_or(RUN).get();
        let (mut ids, mut texts) = (Vec::new(), Vec::new());
        for source in &self.against {
            let table = Table::read(source, &files.reading, "test", &[&columns::ID])?;
            files.inputs.extend_from_slice(table.inputs());
            ids.extend(table.texts(columns::ID.name)?.into_iter().map(Box::from));
            texts.extend(table.texts(files.column)?.into_iter().map(str::to_owned));
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        Ok(Judge::Rows(Box::new(Tests {
            ids,
            runs: Runs::of(&texts, n),
        })))
    }
}

/// The rows of the test sets.
struct Tests {
    ids: Vec<Box<str>>,
    runs: Runs,
}

impl JudgeRows for Tests {
    /// The score is the share of the row's runs that the test row has, and the match its id.
    fn verdicts(&self, rows: &Candidates<'_>) -> anyhow::Result<Vec<Verdict>> {
        let verdict = |text: &&str| {
            let (share, test) = self.runs.overlap(text)?;
            Some(Rejection {
                score: Some(share),
                like: Like::Other(self.ids[test].clone()),
            })
        };
        Ok(rows.texts.par_iter().map(verdict).collect())
    }
}

/// Every run of words of the test texts.
struct Runs {
    /// Words a run.
    n: usize,
    tests: Vec<Cut>,
    /// The first test text that has a run, by the hash of the run.
    known: HashMap<u64, u32>,
}

impl Runs {
    fn of(tests: &[&str], n: usize) -> Self {
        let tests: Vec<Cut> = tests.par_iter().map(|text| Cut::new(text)).collect();
        let mut known = HashMap::new();
        for (cut, test) in tests.iter().zip(0..) {
            for run in cut.runs(n) {
                known.entry(stable_hash(run.as_bytes())).or_insert(test);
            }
        }
        Self { n, tests, known }
    }

    /// The share of the runs of `text` that are in a test text, and which one: the one that has its
    /// first shared run, the earliest of several.
    fn overlap(&self, text: &str) -> Option<(f64, usize)> {
        let cut = Cut::new(text);
        let known = |run: &str| self.known.get(&stable_hash(run.as_bytes())).copied();
        let test = cut.runs(self.n).find_map(known)? as usize;
        let share = cut.share_in(&self.tests[test], self.n);
        (share > 0.0).then_some((share, test))
    }
}

/// A text as its lower-cased words, one space between them.
struct Cut {
    words: String,
    /// Where each word begins and ends.
    edges: Vec<(usize, usize)>,
}

impl Cut {
    fn new(text: &str) -> Self {
        let text = normalise(text, Form::Nfkc);
        let (mut words, mut edges) = (String::with_capacity(text.len()), Vec::new());
        for word in text::words(&text) {
            if !edges.is_empty() {
                words.push(' ');
            }
            edges.push((words.len(), words.len() + word.len()));
            words.push_str(word);
        }
        let words = if edges.is_empty() { text } else { words };
        Self { words, edges }
    }

    /// Every run of `n` words, or the whole where there are fewer.
    fn runs(&self, n: usize) -> impl Iterator<Item = &str> {
        let whole = (self.edges.len() < n).then_some(self.words.as_str());
        let run = |edges: &[(usize, usize)]| &self.words[edges[0].0..edges[edges.len() - 1].1];
        self.edges.windows(n).map(run).chain(whole)
    }

    /// The share of these runs that are runs of `test`, compared whole.
    fn share_in(&self, test: &Self, n: usize) -> f64 {
        let runs: HashSet<&str> = test.runs(n).collect();
        let shared = self.runs(n).filter(|run| runs.contains(run)).count();
        shared as f64 / self.runs(n).count() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::judged;
    use super::*;

    fn found(text: &str, test: &str, n: usize) -> Option<f64> {
        let (share, test) = Runs::of(&["something else", test], n).overlap(text)?;
        assert_eq!(test, 1);
        Some(share)
    }

    #[test]
    fn a_run_in_common_is_an_overlap_whatever_its_case_and_punctuation() {
        // Runs of 3: "x the cat", "the cat sat", "cat sat down"; the test has the second.
        assert_eq!(
            found("x The cat, sat down", "so the CAT sat!", 3),
            Some(1.0 / 3.0)
        );
        assert_eq!(found("x The cat, sat down", "so the CAT sat!", 4), None);
    }

    #[test]
    fn a_short_text_must_be_the_same_as_a_whole() {
        assert_eq!(found("good film", "Good film.", 13), Some(1.0));
        assert_eq!(found("a good film", "Good film.", 13), None);
        assert_eq!(found("!?", "!?", 13), Some(1.0));
        assert_eq!(found("!?", "?!", 13), None);
    }

    #[test]
    fn a_row_of_a_test_file_is_dropped_and_the_test_row_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.csv");
        let (one, two) = ("1".repeat(32), "2".repeat(32));
        std::fs::write(&path, format!("id,text\n{one},one two three\n{two},four\n"))
            .expect("written");
        let rule = Against {
            against: vec![Source::Path(path)],
            overlap_ngram: None,
        };
        let verdicts = judged(&rule, &["Four!", "five", "one two"]);
        assert_eq!(
            verdicts[0],
            Some(Rejection {
                score: Some(1.0),
                like: Like::Other(two.into())
            })
        );
        assert_eq!(verdicts[1..], [None, None]);
    }
}
