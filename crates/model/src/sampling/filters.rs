//! Which tokens may be drawn: top-k, top-p, min-p and typical-p.

use std::cmp::Ordering;

use super::Sampling;

/// A probability and its token.
type Candidate = (f32, u32);

impl Sampling {
    /// Whether some tokens may not be drawn.
    pub(super) fn filters(self) -> bool {
        self.top_p < 1.0 || self.top_k > 0 || self.min_p > 0.0 || self.typical_p < 1.0
    }

    /// The tokens that pass the filters; equally likely ones go by the smaller id.
    pub(super) fn candidates(self, probabilities: &[f32]) -> Vec<Candidate> {
        let mut kept: Vec<Candidate> = probabilities.iter().copied().zip(0..).collect();
        if self.top_k > 0 && self.top_k < kept.len() {
            kept.select_nth_unstable_by(self.top_k - 1, |a, b| likelier(*a, *b));
            kept.truncate(self.top_k);
        }
        if self.top_p < 1.0 {
            // All tokens below this share together have less than 1 − top_p.
            let least = (1.0 - self.top_p) * mass(&kept) / kept.len() as f64;
            let all = mass(&kept);
            kept.retain(|(p, _)| f64::from(*p) >= least);
            kept.sort_unstable_by(|a, b| likelier(*a, *b));
            cut(&mut kept, self.top_p * all);
        } else {
            kept.sort_unstable_by(|a, b| likelier(*a, *b));
        }
        let least = kept
            .first()
            .map_or(0.0, |(p, _)| f64::from(*p) * self.min_p);
        kept.retain(|(p, _)| f64::from(*p) >= least);
        if self.typical_p < 1.0 {
            keep_typical(&mut kept, self.typical_p);
        }
        kept
    }
}

/// Keeps those whose surprise −ln p is nearest to the entropy of what is left.
fn keep_typical(kept: &mut Vec<Candidate>, share: f64) {
    let all = mass(kept);
    let surprise = |p: f32| -(f64::from(p) / all).max(f64::MIN_POSITIVE).ln();
    let entropy: f64 = kept
        .iter()
        .map(|(p, _)| f64::from(*p) / all * surprise(*p))
        .sum();
    let distance = |p: f32| (surprise(p) - entropy).abs();
    kept.sort_by(|a, b| distance(a.0).total_cmp(&distance(b.0)).then(a.1.cmp(&b.1)));
    cut(kept, share * all);
}

fn mass(candidates: &[Candidate]) -> f64 {
    candidates.iter().map(|(p, _)| f64::from(*p)).sum()
}

/// Keeps the first ones until they have the given probability.
fn cut(candidates: &mut Vec<Candidate>, wanted: f64) {
    let mut before = 0.0;
    let enough = candidates.iter().take_while(|(p, _)| {
        let needed = before < wanted;
        before += f64::from(*p);
        needed
    });
    let enough = enough.count();
    candidates.truncate(enough);
}

fn likelier(a: Candidate, b: Candidate) -> Ordering {
    b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
}

/// The first of the largest logits.
pub(super) fn likeliest(logits: &[f32]) -> u32 {
    let mut best = 0;
    for (id, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = id;
        }
    }
    best as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(sampling: Sampling) -> Vec<u32> {
        let probabilities = [0.125, 0.5, 0.125, 0.25];
        sampling
            .candidates(&probabilities)
            .into_iter()
            .map(|(_, id)| id)
            .collect()
    }

    #[test]
    fn filters_keep_what_they_say() {
        let all = Sampling::at(1.0);
        assert!(!all.filters());
        assert_eq!(kept(Sampling { top_k: 2, ..all }), [1, 3]);
        assert_eq!(kept(Sampling { top_p: 0.6, ..all }), [1, 3]);
        assert_eq!(kept(Sampling { top_p: 0.45, ..all }), [1]);
        assert_eq!(kept(Sampling { min_p: 0.4, ..all }), [1, 3]);
        // Of the two that top-k leaves, the first has two thirds.
        assert_eq!(
            kept(Sampling {
                top_k: 2,
                top_p: 0.6,
                ..all
            }),
            [1]
        );
        // Equal probabilities go by the smaller id.
        assert_eq!(kept(Sampling { top_k: 3, ..all }), [1, 3, 0]);
    }

    #[test]
    fn the_typical_is_near_the_entropy_and_not_the_likeliest() {
        // The entropy is 1.75 ln 2 and the surprises are 3, 1, 3 and 2 times ln 2: their distances
        // are 1.25, 0.75, 1.25 and 0.25, so the token of probability 1/4 comes first.
        let typical = |typical_p| {
            kept(Sampling {
                typical_p,
                ..Sampling::at(1.0)
            })
        };
        assert_eq!(typical(0.2), [3]);
        assert_eq!(typical(0.3), [3, 1]);
        assert_eq!(typical(0.8), [3, 1, 0]);
    }

    #[test]
    fn the_first_of_equal_logits_is_the_likeliest() {
        assert_eq!(likeliest(&[1.0, 3.0, 3.0]), 1);
    }
}
