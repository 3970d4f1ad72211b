//! What is learnt from: a sequence of tokens, and which of them count.

use numeric::stable_hash;

use crate::Error;
use crate::config::Config;
use crate::ops::IGNORED;

/// Sequences of which some tokens are to be predicted: mostly one, or several that are learnt
/// from together and do not see one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    ids: Vec<u32>,
    /// Which tokens count; the first of a sequence never does.
    counts: Vec<bool>,
    /// Where each sequence ends.
    ends: Vec<usize>,
}

impl Example {
    /// Every token but the first counts.
    pub fn text(ids: Vec<u32>) -> Self {
        let counts = vec![true; ids.len()];
        Self::masked(ids, counts)
    }

    /// Only the completion counts; the prompt is context.
    pub fn completion(prompt: &[u32], completion: &[u32]) -> Self {
        let ids = [prompt, completion].concat();
        let counts = (0..ids.len()).map(|at| at >= prompt.len()).collect();
        Self::masked(ids, counts)
    }

    /// The tokens count of which `counts` says so, but for the first.
    pub fn masked(ids: Vec<u32>, mut counts: Vec<bool>) -> Self {
        counts.resize(ids.len(), false);
        if let Some(first) = counts.first_mut() {
            *first = false;
        }
        let ends = vec![ids.len()];
        Self { ids, counts, ends }
    }

    /// All sequences of `examples` as one example, each by itself in attention and in its positions.
    pub fn packed(examples: &[&Self]) -> Self {
        let mut packed = Self {
            ids: Vec::new(),
            counts: Vec::new(),
            ends: Vec::new(),
        };
        for example in examples {
            let before = packed.ids.len();
            packed.ids.extend_from_slice(&example.ids);
            packed.counts.extend_from_slice(&example.counts);
            packed
                .ends
                .extend(example.ends.iter().map(|end| before + end));
        }
        packed
    }

    /// All its tokens.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many tokens count.
    pub fn counted(&self) -> usize {
        self.counts.iter().filter(|counts| **counts).count()
    }

    /// Its sequences: their tokens, and which of them count.
    pub fn sequences(&self) -> impl Iterator<Item = (&[u32], &[bool])> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| (&self.ids[start..*end], &self.counts[start..*end]))
    }

    /// The rows the model computes: all tokens but the last of each sequence.
    pub(crate) fn rows(&self) -> usize {
        self.ids.len() - self.ends.len()
    }

    /// Refuses an example that the model cannot learn from; `row` is its place in the set.
    pub(crate) fn check(&self, row: usize, config: &Config) -> Result<(), Error> {
        let refuse = |reason: String| Err(Error::request(format!("example {row} {reason}")));
        if self.counted() == 0 {
            return refuse(format!(
                "has {} tokens, none of which counts",
                self.ids.len()
            ));
        }
        for (ids, _) in self.sequences() {
            if ids.is_empty() {
                return refuse("has a sequence without tokens".to_owned());
            }
            if ids.len() - 1 > config.max_position_embeddings {
                return refuse(format!(
                    "has {} tokens, more than the model's {} positions",
                    ids.len(),
                    config.max_position_embeddings
                ));
            }
        }
        match self
            .ids
            .iter()
            .find(|id| **id as usize >= config.vocab_size)
        {
            None => Ok(()),
            Some(id) => refuse(format!(
                "has token {id}, beyond the vocabulary of {}",
                config.vocab_size
            )),
        }
    }
}

/// Several examples one after another.
pub(crate) struct Batch {
    pub(crate) ids: Vec<u32>,
    pub(crate) targets: Vec<u32>,
    pub(crate) lengths: Vec<usize>,
}

impl Batch {
    pub(crate) fn new(examples: &[&Example]) -> Self {
        let mut batch = Self {
            ids: Vec::new(),
            targets: Vec::new(),
            lengths: Vec::new(),
        };
        for (ids, counts) in examples.iter().flat_map(|example| example.sequences()) {
            batch.ids.extend_from_slice(&ids[..ids.len() - 1]);
            let targets = ids.iter().zip(counts).skip(1);
            batch
                .targets
                .extend(targets.map(|(id, counts)| if *counts { *id } else { IGNORED }));
            batch.lengths.push(ids.len() - 1);
        }
        batch
    }

    /// How many tokens of each sequence count.
    pub(crate) fn counted(&self) -> Vec<usize> {
        let mut targets = self.targets.iter();
        let counts = self.lengths.iter().map(|length| {
            let own = targets.by_ref().take(*length);
            own.filter(|target| **target != IGNORED).count()
        });
        counts.collect()
    }
}

/// Cuts examples, in order, into groups of at least one example and at most `rows` rows.
pub(crate) fn groups<'a>(examples: &[&'a Example], rows: usize) -> Vec<Vec<&'a Example>> {
    let mut groups: Vec<Vec<&Example>> = Vec::new();
    let mut filled = 0;
    for example in examples {
        match groups.last_mut() {
            Some(group) if filled + example.rows() <= rows => group.push(example),
            _ => {
                filled = 0;
                groups.push(vec![example]);
            }
        }
        filled += example.rows();
    }
    groups
}

/// A number that differs where the examples do, so that a checkpoint knows its set.
pub(crate) fn fingerprint(examples: &[Example]) -> u64 {
    examples
        .iter()
        .fold(examples.len() as u64, |hash, example| {
            let counts = example.counts.iter().map(|counts| u32::from(*counts));
            let ends = example.ends.iter().map(|end| *end as u32);
            let words = example.ids.iter().copied().chain(counts).chain(ends);
            let bytes: Vec<u8> = hash
                .to_le_bytes()
                .into_iter()
                .chain(words.flat_map(u32::to_le_bytes))
                .collect();
            stable_hash(&bytes)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_counts_is_a_target() {
        let prompted = Example::completion(&[1, 2, 3], &[4, 5]);
        let plain = Example::text(vec![7, 8]);
        assert_eq!((prompted.counted(), plain.counted()), (2, 1));
        let batch = Batch::new(&[&prompted, &plain]);
        assert_eq!(batch.ids, [1, 2, 3, 4, 7]);
        assert_eq!(batch.targets, [IGNORED, IGNORED, 4, 5, 8]);
        assert_eq!(batch.lengths, [4, 1]);
    }

    #[test]
    fn packed_sequences_stay_apart() {
        let masked = Example::masked(vec![1, 2, 3], vec![true, false, true]);
        let packed = Example::packed(&[&masked, &Example::text(vec![7, 8])]);
        assert_eq!(
            (packed.counted(), packed.rows(), packed.ids().len()),
            (2, 3, 5)
        );
        let batch = Batch::new(&[&packed]);
        assert_eq!(batch.ids, [1, 2, 7]);
        assert_eq!(batch.targets, [IGNORED, 3, 8]);
        assert_eq!(batch.lengths, [2, 1]);
        let config = Config::preset("tiny").expect("known");
        let long = Example::text(vec![1; 200]);
        assert!(Example::packed(&[&long, &long]).check(0, &config).is_ok());
    }

    #[test]
    fn groups_hold_at_most_their_rows() {
        let examples: Vec<Example> = [3, 3, 9, 2, 2]
            .map(|n| Example::text(vec![0; n + 1]))
            .into();
        let all: Vec<&Example> = examples.iter().collect();
        let sizes: Vec<usize> = groups(&all, 6).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 1, 2]);
    }

    #[test]
    fn what_cannot_be_learnt_from_is_refused() {
        let config = Config::preset("tiny").expect("known");
        let check = |example: Example| example.check(4, &config).map_err(|error| error.to_string());
        assert_eq!(
            check(Example::text(vec![1])),
            Err("example 4 has 1 tokens, none of which counts".to_owned())
        );
        assert!(check(Example::text(vec![1; 257])).is_ok());
        assert!(check(Example::text(vec![1; 258])).is_err());
        assert!(check(Example::completion(&[1], &[320])).is_err());
        assert!(check(Example::completion(&[], &[1])).is_err());
        assert_ne!(
            fingerprint(&[Example::text(vec![1, 2])]),
            fingerprint(&[Example::completion(&[1, 2], &[])])
        );
    }
}
