//! The effective number of different texts by the n-grams that they share: the n-gram Vendi Score.
//!
//! # Definition
//!
//! The Vendi Score of order 1 where the similarity of two texts is the mean of the cosines of their
//! counts of n-grams of 1 to 4 tokens. A text too short for some n takes part with the others: its
//! counts of each order that it has are one vector of length 1, put side by side and brought to
//! length 1 again.
//!
//! # Range
//!
//! 1 (all the same) to n (no two texts share a token), higher is more varied; repeating the whole
//! set changes nothing. Longer texts share more and score lower.
//!
//! # Cost
//!
//! O(n³) time and O(n²) memory, since the vectors have more components than there are texts: more
//! than 4096 texts are refused.
//!
//! # Source
//!
//! Friedman and Dieng 2023 (TMLR), "The Vendi Score", section 5. `vendi-score` 0.0.3
//! (`text_utils.ngram_vendi_score`) has the same value where every text has 4 tokens; a shorter one is
//! there less like itself than 1.

use numeric::Symmetric;
use text::{NGrams, TokenIds};

use super::vendi::effective_number;
use crate::{Compute, Direction, MeasureError, Metric, Param, Preset};

/// The length of the longest n-grams.
const LONGEST: usize = 4;
/// How many texts are compared at most.
const MOST: usize = 4096;

pub(super) static NGRAM_VENDI_4: Metric = Metric {
    name: "ngram_vendi_4",
    family: "ngram_vendi",
    unit: "effective texts",
    direction: Direction::HigherIsMoreVaried,
    about: "effective number of different texts, by the n-grams of 1 to 4 tokens that they share",
    params: &[
        Param::integer("q", 1),
        Param::text("kernel", "mean cosine of n-gram counts"),
        Param::integer("longest", LONGEST as u64),
    ],
    preset: Preset::All,
    jackknife: false,
    compute: Compute::Tokens(|texts, _| Ok(ngram_vendi(texts.tokens(), LONGEST, 1.0)?.into())),
};

/// The Vendi Score of order `q` by n-grams of 1 to `longest` tokens.
pub fn ngram_vendi(tokens: &TokenIds, longest: usize, q: f64) -> Result<f64, MeasureError> {
    let n = tokens.rows().len();
    MeasureError::check("texts", 1, n)?;
    if n > MOST {
        let what =
            "there are more than 4096 texts, and all pairs of them are needed; take a sample";
        return Err(MeasureError::Undefined(what));
    }
    let mut similar = vec![0.0f64; n * n];
    let mut orders = vec![0.0f64; n];
    for order in 1..=longest {
        add_cosines(&NGrams::of_order(tokens, order), &mut similar, &mut orders);
    }
    if orders.contains(&0.0) {
        let what = "a text has no token, and so is like no text at all";
        return Err(MeasureError::Undefined(what));
    }
    let scale = |i: usize, j: usize| (orders[i] * orders[j]).sqrt() * n as f64;
    let similarity = Symmetric::from_fn(n, |i, j| similar[i * n + j] / scale(i, j));
    Ok(effective_number(&similarity.eigenvalues()?, q))
}

/// Adds the cosines of one order to those of the pairs i ≥ j, and 1 to the orders that each text has.
fn add_cosines(ngrams: &NGrams<'_>, similar: &mut [f64], orders: &mut [f64]) {
    let n = orders.len();
    // The texts that have each n-gram, and how large a part of their vectors it is.
    let mut holders: Vec<Vec<(usize, f64)>> = vec![Vec::new(); ngrams.kinds()];
    for (row, ids) in ngrams.rows().iter().enumerate() {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        let counts = ids
            .chunk_by(|a, b| a == b)
            .map(|same| (same[0], same.len() as f64));
        let counts: Vec<(u32, f64)> = counts.collect();
        let squares: f64 = counts.iter().map(|(_, count)| count * count).sum();
        for (id, count) in counts {
            holders[id as usize].push((row, count / squares.sqrt()));
        }
        orders[row] += f64::from(u8::from(squares > 0.0));
    }
    for holders in holders {
        for (at, (row, part)) in holders.iter().enumerate() {
            for (other, of_other) in &holders[..=at] {
                similar[row * n + other] += part * of_other;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use text::Tokenizer;

    fn value(texts: &[&str], longest: usize, q: f64) -> Result<f64, MeasureError> {
        ngram_vendi(&TokenIds::new(texts, Tokenizer::Whitespace), longest, q)
    }

    #[test]
    fn value_of_a_worked_example() {
        // Unigrams a b and a c have cosine 1/2, bigrams none: K = 1/4 off the diagonal, eigenvalues
        // (1 ± 1/4) / 2; at q = 2 that is 1 / (25/64 + 9/64).
        let found = value(&["a b", "a c"], 2, 2.0).expect("finite");
        assert!((found - 64.0 / 34.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn equal_texts_are_one_and_those_without_a_common_token_all() {
        assert!((value(&["a b c d"; 5], 4, 1.0).expect("finite") - 1.0).abs() < 1e-9);
        let different = ["a b c d", "e f g h", "i j k l"];
        assert!((value(&different, 4, 1.0).expect("finite") - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_short_text_is_like_itself() {
        assert!((value(&["a", "a"], 4, 1.0).expect("finite") - 1.0).abs() < 1e-9);
        assert!((value(&["a", "b c d e"], 4, 1.0).expect("finite") - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_text_without_tokens_and_too_many_texts_have_a_reason() {
        let error = value(&["a", " "], 4, 1.0)
            .expect_err("no token")
            .to_string();
        assert_eq!(error, "a text has no token, and so is like no text at all");
        let error = value(&vec!["a"; MOST + 1], 4, 1.0)
            .expect_err("many")
            .to_string();
        assert!(
            error.starts_with("there are more than 4096 texts"),
            "{error}"
        );
    }
}
