//! `--training`: whether the model was trained on what it is tested on.
//!
//! A test row is known as a whole where a training text has its words in their order, and known in
//! part where both share a run of 13 words (Brown et al. 2020, "Language models are few-shot
//! learners", appendix C). Case, punctuation and white space do not count; a text of fewer words
//! than a run is one run by itself.

use std::collections::{BTreeSet, HashMap};

use dataset::results::ResultRow;
use dataset::{Input, Provenance, Reading, Source, Table, columns};
use numeric::{Bootstrap, Seed};
use rayon::prelude::*;
use serde_json::{Value, json};
use text::{Form, normalise};

use crate::tasks::Judged;

/// The length of a run of words that no two texts share by chance.
const RUN: usize = 13;

/// What models were trained on.
pub(crate) struct Training {
    pub(crate) tables: Vec<Table>,
}

impl Training {
    /// Reads the sources; none are no training set.
    pub(crate) fn read(sources: &[Source], how: &Reading) -> anyhow::Result<Option<Self>> {
        let tables = Table::read_each(sources, how, "training", &[])?;
        Ok((!tables.is_empty()).then_some(Self { tables }))
    }

    /// What was read, for the provenance.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.tables.iter().flat_map(Table::inputs)
    }

    /// The text of every row: of `column`, or where there is none, of prompt and completion, or of
    /// question and answer.
    pub(crate) fn texts(&self, column: &str) -> anyhow::Result<Vec<String>> {
        let mut texts = Vec::new();
        for table in &self.tables {
            let pairs = [
                (columns::PROMPT.name, columns::COMPLETION.name),
                (columns::QUESTION.name, columns::ANSWER.name),
            ];
            let pair = pairs
                .iter()
                .find(|(one, other)| table.has(one) && table.has(other));
            match pair.filter(|_| !table.has(column)) {
                Some((one, other)) => {
                    let pairs = table.texts(one)?.into_iter().zip(table.texts(other)?);
                    texts.extend(pairs.map(|(one, other)| format!("{one} {other}")));
                }
                None => texts.extend(table.texts(column)?.into_iter().map(str::to_owned)),
            }
        }
        Ok(texts)
    }

    /// Whether each of `tests` is known, as a whole and in part.
    pub(crate) fn overlap(&self, tests: &[String], column: &str) -> anyhow::Result<Overlap> {
        Ok(Overlap::of(tests, &self.texts(column)?))
    }

    /// Refuses a set that a model's history does not know; whether there is a history at all.
    pub(crate) fn check(&self, judged: &Judged) -> anyhow::Result<bool> {
        let Some(history) = &judged.input.provenance else {
            return Ok(false);
        };
        let known = known(history);
        for input in self.inputs() {
            let hash = input.node.hash.to_string();
            if !known.iter().any(|(known, _)| *known == hash) {
                let names: BTreeSet<&str> = known.iter().map(|(_, name)| name.as_str()).collect();
                let error = anyhow::anyhow!(
                    "{} is not what {} was trained on: its hash is not in the model's history, \
                     which knows {}",
                    input.node.name,
                    judged.input.node.name,
                    names.into_iter().collect::<Vec<_>>().join(", ")
                );
                return Err(cli::with_hint(
                    error,
                    "name the files that were given to `train`",
                ));
            }
        }
        Ok(true)
    }
}

/// The sets in a history, by hash, with the names under which they were read.
fn known(history: &Provenance) -> Vec<(String, String)> {
    let inputs = history
        .nodes
        .values()
        .flatten()
        .flat_map(|node| &node.inputs);
    let inputs = inputs.filter(|input| input.rows > 0);
    inputs
        .map(|input| (input.hash.to_string(), input.name.clone()))
        .collect()
}

/// For each test row whether a training text is the same, and what share of its runs is in one.
#[derive(Debug)]
pub(crate) struct Overlap {
    pub(crate) exact: Vec<bool>,
    pub(crate) share: Vec<f64>,
}

impl Overlap {
    fn of(tests: &[String], training: &[String]) -> Self {
        let tests: Vec<Cut> = tests.par_iter().map(|text| Cut::new(text)).collect();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut wholes: HashMap<&str, usize> = HashMap::new();
        for cut in &tests {
            let next = wholes.len();
            wholes.entry(&cut.words).or_insert(next);
            for run in cut.runs() {
                let next = places.len();
                places.entry(run).or_insert(next);
            }
        }
        let found = training.par_iter().map(|text| {
            let cut = Cut::new(text);
            let runs = cut.runs().filter_map(|run| places.get(run).copied());
            (
                runs.collect::<Vec<_>>(),
                wholes.get(cut.words.as_str()).copied(),
            )
        });
        let found: Vec<(Vec<usize>, Option<usize>)> = found.collect();
        let (mut seen, mut same) = (vec![false; places.len()], vec![false; wholes.len()]);
        for (runs, whole) in found {
            runs.into_iter().for_each(|run| seen[run] = true);
            whole.into_iter().for_each(|whole| same[whole] = true);
        }
        let share = |cut: &Cut| {
            let (mut all, mut known) = (0.0, 0.0);
            for run in cut.runs() {
                all += 1.0;
                known += f64::from(u8::from(seen[places[run]]));
            }
            known / all
        };
        Self {
            exact: tests
                .iter()
                .map(|cut| same[wholes[cut.words.as_str()]])
                .collect(),
            share: tests.iter().map(share).collect(),
        }
    }

    /// Which rows share a run with a training text.
    pub(crate) fn in_part(&self) -> Vec<bool> {
        self.share.iter().map(|share| *share > 0.0).collect()
    }

    /// What is told beside every figure.
    pub(crate) fn told(&self, training: &Training, verified: bool) -> Value {
        let hashes = training.inputs().map(|input| input.node.hash.to_string());
        let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
        json!({
            "exact": count(&self.exact),
            "ngram_13": count(&self.in_part()),
            "n": self.exact.len(),
            "training": hashes.collect::<Vec<_>>(),
            "in_history": verified,
        })
    }

    /// The share of rows that are known as a whole, and of those that are in part.
    pub(crate) fn figures(&self, groups: &[usize], seed: Seed) -> [ResultRow; 2] {
        let bootstrap = Bootstrap::new(groups, seed);
        let row = |metric: &str, flags: &[bool]| {
            let estimate = bootstrap.share(flags);
            let interval = estimate.interval.as_ref();
            ResultRow {
                metric: metric.to_owned(),
                unit: Some("share".to_owned()),
                direction: Some("lower_is_better".to_owned()),
                n: Some(flags.len() as i64),
                value: Some(estimate.value),
                low: interval.map(|interval| interval.low),
                high: interval.map(|interval| interval.high),
                interval_method: interval.map(|interval| interval.method.to_owned()),
                params: json!({}),
                ..ResultRow::default()
            }
        };
        [
            row("contamination_exact", &self.exact),
            row("contamination_ngram_13", &self.in_part()),
        ]
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

    /// Every run of words, or the whole where there are fewer.
    fn runs(&self) -> impl Iterator<Item = &str> {
        let whole = (self.edges.len() < RUN).then_some(self.words.as_str());
        let run = |edges: &[(usize, usize)]| &self.words[edges[0].0..edges[edges.len() - 1].1];
        self.edges.windows(RUN).map(run).chain(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlap(tests: &[&str], training: &[&str]) -> Overlap {
        let owned = |texts: &[&str]| -> Vec<String> {
            texts.iter().map(|text| (*text).to_owned()).collect()
        };
        Overlap::of(&owned(tests), &owned(training))
    }

    #[test]
    fn a_row_is_known_whatever_its_case_and_punctuation() {
        let found = overlap(
            &["The tea, is hot!", "the tea is cold"],
            &["the TEA is hot"],
        );
        assert_eq!(
            (found.exact, found.share),
            (vec![true, false], vec![1.0, 0.0])
        );
    }

    #[test]
    fn a_shared_run_is_counted_by_its_share() {
        let words: Vec<String> = (0..15).map(|word| format!("w{word}")).collect();
        let test = words.join(" ");
        // 15 words have 3 runs of 13; the training text has the first two of them.
        let training = format!("so {} there", words[..14].join(" "));
        let found = overlap(&[&test], &[&training]);
        assert_eq!(found.exact, [false]);
        assert!((found.share[0] - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(found.in_part(), [true]);
        assert_eq!(overlap(&[&test], &["w0 w1 w2"]).share, [0.0]);
    }
}
