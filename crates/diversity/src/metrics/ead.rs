//! Distinct n-grams over those that as many uniform draws would give: expectation-adjusted distinct.
//!
//! # Definition
//!
//! N / (U · (1 − ((U − 1) / U)ᶜ)): N distinct n-grams, C n-grams, U = Vⁿ possible ones, where V is
//! the number of distinct tokens of the set.
//!
//! # Range
//!
//! Above 0, higher is more varied; about 1 where n-grams are drawn uniformly from all possible
//! ones, and so far less sensitive to the size of the set than distinct-n. There is no such measure
//! of n = 1 here: with the vocabulary of the set itself N = V, so that it only says how large C is.
//!
//! # Cost
//!
//! That of `distinct`.
//!
//! # Source
//!
//! Liu et al. 2022 (ACL), "Rethinking and Refining the Distinct Metric", for single tokens and a
//! vocabulary that is given (such as the 30,522 pieces of a tokenizer). Where others go on with V
//! possible n-grams at n > 1, distinct n-grams soon exceed V and the value has no meaning; here it
//! is Vⁿ, which keeps the expectation of uniform draws at 1.

use text::TokenIds;

use crate::{Compute, Context, Direction, MeasureError, Measured, Metric, Param, Preset, Texts};

const fn metric(
    name: &'static str,
    preset: Preset,
    params: &'static [Param],
    compute: fn(&Texts<'_>, &Context) -> Measured,
) -> Metric {
    Metric {
        name,
        family: "ead",
        unit: "ratio",
        direction: Direction::HigherIsMoreVaried,
        about: "distinct n-grams over those that as many uniform draws would give",
        params,
        preset,
        jackknife: true,
        compute: Compute::Tokens(compute),
    }
}

pub(super) static EAD_2: Metric = metric(
    "ead_2",
    Preset::Fast,
    &[Param::integer("n", 2), VOCABULARY],
    |texts, _| Ok(ead(texts.tokens(), 2)?.into()),
);
pub(super) static EAD_3: Metric = metric(
    "ead_3",
    Preset::All,
    &[Param::integer("n", 3), VOCABULARY],
    |texts, _| Ok(ead(texts.tokens(), 3)?.into()),
);
pub(super) static EAD_4: Metric = metric(
    "ead_4",
    Preset::All,
    &[Param::integer("n", 4), VOCABULARY],
    |texts, _| Ok(ead(texts.tokens(), 4)?.into()),
);
pub(super) static EAD_5: Metric = metric(
    "ead_5",
    Preset::All,
    &[Param::integer("n", 5), VOCABULARY],
    |texts, _| Ok(ead(texts.tokens(), 5)?.into()),
);

const VOCABULARY: Param = Param::text("vocabulary", "of the set, to the power of n");

fn ead(tokens: &TokenIds, n: i32) -> Result<f64, MeasureError> {
    let ngrams = tokens.ngrams(n as usize);
    MeasureError::check("n-grams", 1, ngrams.total())?;
    let possible = (tokens.kinds() as f64).powi(n);
    // U (1 − (1 − 1 / U)^C), without the loss of digits that a large U would bring.
    let never = ngrams.total() as f64 * (-possible.recip()).ln_1p();
    Ok(ngrams.kinds() as f64 / (-possible * never.exp_m1()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use numeric::Seed;
    use text::Tokenizer;

    fn of(texts: &[&str], n: i32) -> Result<f64, MeasureError> {
        ead(&TokenIds::new(texts, Tokenizer::Whitespace), n)
    }

    #[test]
    fn value_of_a_worked_example() {
        // V = 2, U = 4 bigrams; ab, bb: N = C = 2: 2 / (4 (1 − (3/4)²)) = 8/7.
        let found = of(&["a b b"], 2).expect("bigrams");
        assert!((found - 8.0 / 7.0).abs() < 1e-14, "{found}");
        assert_eq!(of(&["a a a"], 2), Ok(1.0));
    }

    #[test]
    fn uniform_draws_score_about_1_whatever_their_number() {
        for draws in [1_000, 30_000] {
            let mut stream = Seed::new(3).stream("words");
            let words: Vec<_> = (0..draws).map(|_| stream.below(50).to_string()).collect();
            let found = of(&[&words.join(" ")], 2).expect("bigrams");
            assert!((found - 1.0).abs() < 0.05, "{found}");
        }
    }

    #[test]
    fn a_set_without_a_bigram_is_refused() {
        let error = of(&["one", "two"], 2).expect_err("no bigram").to_string();
        assert_eq!(error, "the set has 0 n-grams, and at least 1 is needed");
    }
}
