//! What is learnt from: a sequence of tokens, and which of them count.

use numeric::stable_hash;

use crate::Error;
use crate::config::Config;
use crate::ops::IGNORED;

/// A sequence whose tokens from some place on are to be predicted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    ids: Vec<u32>,
    from: usize,
}

impl Example {
    /// Every token but the first counts.
    pub fn text(ids: Vec<u32>) -> Self {
        Self { ids, from: 1 }
    }

    /// Only the completion counts; the prompt is context.
    pub fn completion(prompt: &[u32], completion: &[u32]) -> Self {
        Self {
            ids: [prompt, completion].concat(),
            from: prompt.len().max(1),
        }
    }

    /// All its tokens.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// How many tokens count.
    pub fn counted(&self) -> usize {
        self.ids.len().saturating_sub(self.from)
    }

    /// The rows the model computes: all tokens but the last.
    pub(crate) fn rows(&self) -> usize {
        self.ids.len() - 1
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
        if self.rows() > config.max_position_embeddings {
            return refuse(format!(
                "has {} tokens, more than the model's {} positions",
                self.ids.len(),
                config.max_position_embeddings
            ));
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
        for example in examples {
            let rows = example.rows();
            batch.ids.extend_from_slice(&example.ids[..rows]);
            let targets = example.ids[1..].iter().enumerate();
            batch
                .targets
                .extend(targets.map(|(at, id)| if at + 1 < example.from { IGNORED } else { *id }));
            batch.lengths.push(rows);
        }
        batch
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
            let words = example.ids.iter().copied().chain([example.from as u32]);
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
