//! Drops texts that are nearly the same as one that is kept.

use numeric::{Seed, Share};
use serde::{Serialize, Serializer};
use text::{MinHash, Shingle, SimilarPair};

use super::{Candidates, Files, Rejection, Rule, Verdict};

/// Of how many random permutations candidates are found; more would miss fewer pairs.
const PERMUTATIONS: usize = 128;
/// The permutations are the same in every run, since which rows are dropped is no matter of chance.
const SEED: Seed = Seed::new(0);

/// A row is dropped if a row before it that is kept is at least as similar as the threshold.
///
/// So every dropped row has a kept one like it, and a chain of rows, each like the next, does not
/// vanish whole. Candidates are found by `MinHash` and verified by their exact Jaccard similarity:
/// no pair below the threshold counts, and one in 200 right at it may be missed.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct NearDuplicate {
    /// Drop texts whose Jaccard similarity to a kept text before them is at least this, a fraction above 0
    #[arg(long, value_name = "SIMILARITY", value_parser = threshold)]
    near_duplicate: Option<Share>,
    /// The pieces by which similarity is measured: words:N or chars:N [default: words:3]
    #[arg(long, value_name = "SHINGLE", requires = "near_duplicate")]
    #[serde(serialize_with = "as_text")]
    shingle: Option<Shingle>,
}

fn threshold(text: &str) -> Result<Share, String> {
    let share: Share = text
        .parse()
        .map_err(|error: numeric::ShareError| error.to_string())?;
    (share > Share::ZERO)
        .then_some(share)
        .ok_or_else(|| "all texts have a similarity of at least 0".to_owned())
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field")]
fn as_text<S: Serializer>(shingle: &Option<Shingle>, serializer: S) -> Result<S::Ok, S::Error> {
    match shingle {
        Some(shingle) => serializer.collect_str(shingle),
        None => serializer.serialize_none(),
    }
}

impl Rule for NearDuplicate {
    fn name(&self) -> &'static str {
        "near-duplicate"
    }

    fn asked(&self) -> bool {
        self.near_duplicate.is_some()
    }

    fn judge(&self, rows: &Candidates<'_>, _: &mut Files<'_>) -> anyhow::Result<Vec<Verdict>> {
        let threshold = self.near_duplicate.unwrap_or(Share::ONE);
        let shingle = self.shingle.map_or_else(|| "words:3".parse(), Ok)?;
        let sets = shingle.sets(&rows.texts);
        let pairs = MinHash::new(threshold, PERMUTATIONS, SEED).similar_pairs(&sets, threshold);
        let like = too_like(rows.ids.len(), pairs);
        let verdict = |(kept, similarity): (usize, f64)| Rejection {
            score: Some(similarity),
            like: Some(rows.ids[kept].to_owned()),
        };
        Ok(like.into_iter().map(|found| found.map(verdict)).collect())
    }
}

/// For each of `n` rows, the kept row before it that it is most like, the first of several; `None`
/// for rows that are kept.
///
/// Of rows with equal sets only the first is paired with others, so what holds of it holds of them.
fn too_like(n: usize, mut pairs: Vec<SimilarPair>) -> Vec<Option<(usize, f64)>> {
    pairs.sort_by_key(|pair| (pair.second, pair.first));
    let mut like: Vec<Option<(usize, f64)>> = vec![None; n];
    for pairs in pairs.chunk_by(|one, other| one.second == other.second) {
        let kept = pairs.iter().filter(|pair| like[pair.first].is_none());
        let kept = kept.map(|pair| (pair.first, pair.similarity));
        let most = kept.reduce(|best, next| if next.1 > best.1 { next } else { best });
        let equal = || {
            pairs
                .iter()
                .find(|pair| pair.similarity == 1.0)
                .and_then(|pair| like[pair.first])
        };
        like[pairs[0].second] = most.or_else(equal);
    }
    like
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use text::jaccard;

    use super::super::testing::{judged, kept};
    use super::*;

    fn rule(threshold: &str, shingle: &str) -> NearDuplicate {
        NearDuplicate {
            near_duplicate: threshold.parse().ok(),
            shingle: shingle.parse().ok(),
        }
    }

    #[test]
    fn the_first_of_a_star_stays_and_a_chain_does_not_vanish() {
        // Of {a b c d}, {b c d e} and {c d e f}, neighbours share 3 of 5, the ends 2 of 6.
        let verdicts = judged(&rule("0.6", "words:1"), &["a b c d", "b c d e", "c d e f"]);
        assert_eq!(kept(&verdicts), [true, false, true]);
        assert_eq!(
            verdicts[1],
            Some(Rejection {
                score: Some(0.6),
                like: Some("0".to_owned())
            })
        );
    }

    #[test]
    fn a_copy_of_a_dropped_row_is_dropped_with_it() {
        let verdicts = judged(&rule("0.6", "words:1"), &["a b c d", "b c d e", "e d c b"]);
        assert_eq!(kept(&verdicts), [true, false, false]);
        assert_eq!(verdicts[1], verdicts[2]);
    }

    #[test]
    fn the_most_like_of_the_kept_rows_is_named() {
        // To {a b c d} 3 of 5, to {b c d e f} 4 of 5.
        let verdicts = judged(
            &rule("0.6", "words:1"),
            &["a b c d", "b c d e f x y", "b c d e f", "b c d e"],
        );
        assert_eq!(kept(&verdicts), [true, true, false, false]);
        assert_eq!(
            verdicts[2].as_ref().and_then(|rejection| rejection.score),
            Some(5.0 / 7.0)
        );
    }

    #[test]
    fn a_threshold_of_0_is_refused() {
        assert!(threshold("0").is_err() && threshold("80").is_err());
        assert_eq!(threshold("0.8").map(Share::fraction), Ok(0.8));
    }

    proptest! {
        #[test]
        fn every_dropped_row_has_a_kept_one_like_it(texts in prop::collection::vec("[a-d]( [a-d]){0,4}", 1..30)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let shingle: Shingle = "words:1".parse().expect("a shingle");
            let verdicts = judged(&rule("0.5", "words:1"), &texts);
            for (row, verdict) in verdicts.iter().enumerate() {
                let Some(rejection) = verdict else { continue };
                let like: usize = rejection.like.as_deref().expect("a row").parse().expect("an id");
                let similarity = jaccard(&shingle.hashes(texts[row]), &shingle.hashes(texts[like]));
                prop_assert!(like < row && verdicts[like].is_none() && similarity >= 0.5);
                prop_assert_eq!(rejection.score, Some(similarity));
            }
        }
    }
}
