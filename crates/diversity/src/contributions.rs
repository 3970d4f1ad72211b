//! What each row adds to the variety of its set, and how it stands to a reference.

use numeric::Vectors;

use crate::distances::Centred;
use crate::metrics::{Kernel, self_chances};
use crate::shift::{dsir_log_weights, nearest};
use crate::{JointTokens, MeasureError, Pair, Reads};

/// A number a row, by one definition.
#[derive(Debug)]
pub struct Contribution {
    /// The name of the column; what it holds never changes under the same name.
    pub name: &'static str,
    /// What it says about a row, in one line.
    pub about: &'static str,
    /// The function, by what it reads.
    pub compute: EachRow,
}

/// The function of a contribution, by what it reads; a row that has no value is `None`.
#[derive(Clone, Copy, Debug)]
pub enum EachRow {
    /// Reads the vectors of the set.
    Vectors(fn(&Vectors) -> ByRow),
    /// Reads the vectors of the reference and of the set.
    BothVectors(fn(&Vectors, &Vectors) -> ByRow),
    /// Reads the tokens of both.
    BothTokens(fn(&JointTokens) -> ByRow),
    /// Reads the texts of the reference and of the set.
    BothTexts(fn(&[&str], &[&str]) -> ByRow),
}

/// A value a row, or the reason why no row has one.
pub type ByRow = Result<Vec<Option<f64>>, MeasureError>;

/// All contributions.
pub static CONTRIBUTIONS: &[&Contribution] = &[
    &SELF_CHANCE,
    &NEAREST_DISTANCE,
    &NEAREST_REFERENCE_DISTANCE,
    &NGRAM_NOVELTY_4,
    &DSIR_LOG_WEIGHT,
];

static SELF_CHANCE: Contribution = Contribution {
    name: "dcscore_cosine_tau0.1",
    about: "how surely the row picks itself among all: what it adds to DCScore, 0 to 1",
    compute: EachRow::Vectors(|vectors| {
        let chances = self_chances(vectors, Kernel::Cosine, 0.1)?;
        Ok(chances.into_iter().map(Some).collect())
    }),
};

static NEAREST_DISTANCE: Contribution = Contribution {
    name: "nearest_distance",
    about: "Euclidean distance from the nearest other row of the set",
    compute: EachRow::Vectors(|vectors| {
        MeasureError::check("vectors", 2, vectors.len())?;
        let set = Centred::new(vectors, &numeric::mean_vector(vectors));
        let found = nearest(&set, &set, true).into_iter();
        Ok(found.map(|found| Some(found.square.sqrt())).collect())
    }),
};

static NEAREST_REFERENCE_DISTANCE: Contribution = Contribution {
    name: "nearest_reference_distance",
    about: "Euclidean distance from the nearest row of the reference",
    compute: EachRow::BothVectors(|reference, vectors| {
        MeasureError::check("vectors in its reference", 1, reference.len())?;
        let (reference, set) = Centred::both(reference, vectors);
        let found = nearest(&set, &reference, false).into_iter();
        Ok(found.map(|found| Some(found.square.sqrt())).collect())
    }),
};

static NGRAM_NOVELTY_4: Contribution = Contribution {
    name: "ngram_novelty_4",
    about: "share of the row's runs of 4 tokens that the reference lacks",
    compute: EachRow::BothTokens(|tokens| Ok(novelty_by_row(tokens, 4))),
};

static DSIR_LOG_WEIGHT: Contribution = Contribution {
    name: "dsir_log_weight",
    about: "how much likelier the row is in the reference than in the set, in nats",
    compute: EachRow::BothTexts(|reference, texts| {
        let weights = dsir_log_weights(reference, texts)?;
        Ok(weights.into_iter().map(Some).collect())
    }),
};

impl Contribution {
    /// What it reads.
    pub const fn reads(&self) -> Reads {
        match self.compute {
            EachRow::Vectors(_) | EachRow::BothVectors(_) => Reads::Vectors,
            EachRow::BothTokens(_) | EachRow::BothTexts(_) => Reads::Texts,
        }
    }

    /// Whether it compares with a reference.
    pub const fn needs_reference(&self) -> bool {
        !matches!(self.compute, EachRow::Vectors(_))
    }

    /// The value of each row of `pair.other`; of the reference only what is needed is looked at.
    pub fn measure(&self, pair: &Pair<'_>) -> ByRow {
        let missing = || {
            let (name, reads) = (self.name, self.reads().name());
            MeasureError::Missing { name, reads }
        };
        match self.compute {
            EachRow::Vectors(compute) => compute(pair.other.vectors().ok_or_else(missing)?),
            EachRow::BothVectors(compute) => {
                let (reference, other) = pair.vectors().ok_or_else(missing)??;
                compute(reference, other)
            }
            EachRow::BothTokens(compute) => compute(pair.tokens().ok_or_else(missing)?),
            EachRow::BothTexts(compute) => {
                let (reference, other) = pair.texts().ok_or_else(missing)?;
                compute(reference.rows(), other.rows())
            }
        }
    }
}

/// The share of the n-grams of each row of the set that the reference lacks; `None` of a row that
/// has none.
fn novelty_by_row(tokens: &JointTokens, n: usize) -> Vec<Option<f64>> {
    let ngrams = text::NGrams::of_order(&tokens.tokens, n);
    let mut known = vec![false; ngrams.kinds()];
    let rows: Vec<&[u32]> = ngrams.rows().iter().collect();
    let (reference, other) = rows.split_at(tokens.split);
    for id in reference.iter().copied().flatten() {
        known[*id as usize] = true;
    }
    let share = |row: &&[u32]| {
        let novel = row.iter().filter(|id| !known[**id as usize]).count();
        (!row.is_empty()).then(|| novel as f64 / row.len() as f64)
    };
    other.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Set;
    use std::borrow::Cow;
    use text::Tokenizer;

    fn values(name: &str, pair: &Pair<'_>) -> ByRow {
        let named = |contribution: &&&Contribution| contribution.name == name;
        CONTRIBUTIONS
            .iter()
            .find(named)
            .expect("known")
            .measure(pair)
    }

    fn line(values: &[f32]) -> Vectors {
        Vectors::new(values.to_vec(), 1).expect("whole rows")
    }

    #[test]
    fn distances_of_a_worked_example() {
        let (reference, set) = (line(&[0.0, 10.0]), line(&[1.0, 4.0, 9.0]));
        let pair = Pair::new(Set::of_vectors(&reference), Set::of_vectors(&set));
        let within = values("nearest_distance", &pair).expect("three rows");
        assert_eq!(within, [Some(3.0), Some(3.0), Some(5.0)]);
        let between = values("nearest_reference_distance", &pair).expect("rows");
        assert_eq!(between, [Some(1.0), Some(4.0), Some(1.0)]);
    }

    #[test]
    fn chances_add_up_to_the_score() {
        let set = Vectors::new(vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0], 2).expect("three rows");
        let pair = Pair::new(Set::of_rows(0), Set::of_vectors(&set));
        let chances = values("dcscore_cosine_tau0.1", &pair).expect("three rows");
        // Two rows of one direction pick each other as often as themselves.
        let chances: Vec<f64> = chances.into_iter().flatten().collect();
        assert!(
            (chances[0] - 0.5).abs() < 1e-4 && chances[2] > 0.999,
            "{chances:?}"
        );
    }

    #[test]
    fn novelty_of_a_row_without_n_grams_is_none() {
        let set = |texts: &[&'static str]| Set::of_texts(texts, Tokenizer::Unicode);
        let pair = Pair::new(set(&["a b c d e"]), set(&["a b c d f", "a b"]));
        let found = values("ngram_novelty_4", &pair).expect("texts");
        assert_eq!(found, [Some(0.5), None]);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let vectors = line(&[0.0, 1.0]);
        let other = Set::of_vectors(&vectors).with_labels(vec!["a", "b"]);
        let pair = Pair::new(Set::of_rows(0), other);
        let error = values("dsir_log_weight", &pair).expect_err("no texts");
        assert_eq!(
            error.to_string(),
            "`dsir_log_weight` reads texts, and the rows have none"
        );
        let cow = Cow::Borrowed(&vectors);
        assert!(
            values(
                "nearest_distance",
                &Pair::new(Set::of_rows(0), Set::of_rows(2).with_vectors(cow))
            )
            .is_ok()
        );
    }
}
