//! Logits that depend on the tokens before them.

use std::collections::BTreeMap;

use super::Sampling;

/// The tokens of a prompt and how often each was written after it.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    counts: BTreeMap<u32, u32>,
}

impl History {
    /// What is remembered of a prompt; nothing where the sampling needs no memory.
    pub(crate) fn new(prompt: &[u32], sampling: Sampling) -> Self {
        let tokens = prompt.iter().filter(|_| sampling.penalises());
        Self {
            counts: tokens.map(|token| (*token, 0)).collect(),
        }
    }

    /// Remembers a token that was written.
    pub(crate) fn write(&mut self, token: u32) {
        *self.counts.entry(token).or_insert(0) += 1;
    }

    /// Applies the penalties: repetition to all tokens seen, presence and frequency to those written.
    pub(super) fn penalise(&self, sampling: Sampling, logits: &mut [f32]) {
        if !sampling.penalises() {
            return;
        }
        let repetition = sampling.repetition_penalty;
        for (token, count) in &self.counts {
            let Some(logit) = logits.get_mut(*token as usize) else {
                continue;
            };
            let mut value = f64::from(*logit);
            value = if value > 0.0 {
                value / repetition
            } else {
                value * repetition
            };
            if *count > 0 {
                value -= sampling.presence_penalty + sampling.frequency_penalty * f64::from(*count);
            }
            *logit = value as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn penalties_of_a_worked_example() {
        let sampling = Sampling {
            repetition_penalty: 2.0,
            presence_penalty: 0.5,
            frequency_penalty: 0.25,
            ..Sampling::at(1.0)
        };
        let mut history = History::new(&[0, 1], sampling);
        for token in [2, 2, 1] {
            history.write(token);
        }
        let mut logits = [4.0, -1.0, 3.0, 7.0];
        history.penalise(sampling, &mut logits);
        // 4/2 of the prompt alone; −1·2 − 0.5 − 0.25 of both; 3/2 − 0.5 − 2·0.25 written twice.
        assert_eq!(logits, [2.0, -2.75, 0.5, 7.0]);
    }

    #[test]
    fn without_penalties_nothing_is_remembered_or_changed() {
        let history = History::new(&[0, 1], Sampling::at(1.0));
        assert!(history.counts.is_empty());
        let mut logits = [1.0, 2.0];
        history.penalise(Sampling::at(1.0), &mut logits);
        assert_eq!(logits, [1.0, 2.0]);
    }
}
