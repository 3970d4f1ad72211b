//! Drops texts that are nearly the same as one that is kept.

use std::num::NonZeroUsize;

use clap::ValueEnum;
use numeric::{Seed, Share};
use rayon::prelude::*;
use serde::{Serialize, Serializer};
use text::{Cluster, Clustering, Join, JoinBuilder, MinHash, Rarity, Rows, Shingle};

use super::Rule;
use crate::judging::{Candidates, Files, Judge, JudgeSet, Observed, Rejection};

/// Of how many random permutations bands are made; more would miss fewer pairs.
const PERMUTATIONS: usize = 128;
/// The permutations are the same in every run, since which rows are dropped is no matter of chance.
const SEED: Seed = Seed::new(0);

/// What a group of texts that are alike is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Grouping {
    /// A kept text and those that are like it: a chain of texts, each like the next, does not vanish whole.
    Star,
    /// All that such chains connect.
    Components,
}

/// How pairs that are worth a comparison are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Candidacy {
    /// By rare shingles in common: no pair is missed.
    Exact,
    /// By MinHash bands chosen from the threshold: for long texts; one pair in 200 right at the threshold is missed.
    Minhash,
}

/// A row is dropped for a kept one that is at least as similar as the threshold.
///
/// Every pair is compared by the exact Jaccard similarity of its shingles.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
pub(crate) struct NearDuplicate {
    /// Drop texts whose Jaccard similarity to a kept text is at least this, a fraction above 0
    #[arg(long = "near-duplicate", value_name = "SIMILARITY", value_parser = threshold)]
    #[serde(rename = "near_duplicate")]
    threshold: Option<Share>,
    /// The pieces by which similarity is measured: words:N or chars:N [default: words:3]
    #[arg(long, value_name = "SHINGLE", requires = "threshold")]
    #[serde(serialize_with = "as_text")]
    shingle: Option<Shingle>,
    /// What a group is, of which one text stays [default: star]
    #[arg(long, value_enum, value_name = "GROUP", requires = "threshold")]
    cluster: Option<Grouping>,
    /// Texts of a group at most, those with the same shingles counted once; one that would be too many stays [default: no bound]
    #[arg(long, value_name = "TEXTS", requires = "threshold")]
    max_cluster: Option<NonZeroUsize>,
    /// How pairs are found that are then compared [default: exact]
    #[arg(long, value_enum, value_name = "WAY", requires = "threshold")]
    candidates: Option<Candidacy>,
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

    fn options(&self) -> &'static [&'static str] {
        &[
            "threshold",
            "shingle",
            "cluster",
            "max_cluster",
            "candidates",
        ]
    }

    fn asked(&self) -> bool {
        self.threshold.is_some()
    }

    fn prepare<'a>(&'a self, files: &mut Files<'_>) -> anyhow::Result<Judge<'a>> {
        let cluster = match self.cluster {
            Some(Grouping::Components) => Cluster::Components,
            _ => Cluster::Star,
        };
        Ok(Judge::Set(Box::new(Shingles {
            shingle: self.shingle.map_or_else(|| "words:3".parse(), Ok)?,
            how: Clustering {
                threshold: self.threshold.unwrap_or(Share::ONE),
                cluster,
                most: self.max_cluster.map(NonZeroUsize::get),
            },
            candidacy: self.candidates.unwrap_or(Candidacy::Exact),
            memory: files.memory,
            kept: Some(Vec::new()),
            total: 0,
        })))
    }
}

/// The shingles of all rows, or of none where they are too many to keep.
struct Shingles {
    shingle: Shingle,
    how: Clustering,
    candidacy: Candidacy,
    /// How many bytes of shingles may be kept.
    memory: usize,
    /// The shingles of rows by their numbers; none where they have to be made again.
    kept: Option<Vec<Sets>>,
    /// How many shingles there are in all rows together.
    total: usize,
}

/// The shingles of some rows.
struct Sets {
    numbers: Vec<u32>,
    sets: Rows<u64>,
}

impl Sets {
    fn of(rows: &Candidates<'_>, shingle: Shingle) -> Self {
        Self {
            numbers: rows.numbers().map(|number| number as u32).collect(),
            sets: shingle.sets(&rows.texts),
        }
    }

    /// The places of the rows that are `alive`.
    fn alive(&self, alive: &[bool]) -> Vec<usize> {
        let rows = 0..self.numbers.len();
        rows.filter(|row| alive[self.numbers[*row] as usize])
            .collect()
    }
}

impl JudgeSet for Shingles {
    fn observe(&mut self, rows: &Candidates<'_>) -> anyhow::Result<()> {
        let sets = Sets::of(rows, self.shingle);
        self.total += sets.sets.values().len();
        if self.total * size_of::<u64>() > self.memory {
            self.kept = None;
        }
        if let Some(kept) = &mut self.kept {
            kept.push(sets);
        }
        Ok(())
    }

    fn resolve(&mut self, set: &Observed<'_>) -> anyhow::Result<Vec<(usize, Rejection)>> {
        let join = match self.candidacy {
            Candidacy::Exact => self.by_rarity(set)?,
            Candidacy::Minhash => self.by_bands(set)?,
        };
        let sets = self.sets_of(join.rows(), set)?;
        self.kept = None;
        let places: Vec<usize> = {
            let mut wanted = vec![false; set.alive.len()];
            join.rows()
                .iter()
                .for_each(|row| wanted[*row as usize] = true);
            let place = |row: usize| join.rows().partition_point(|other| (*other as usize) < row);
            set.in_order()
                .filter(|row| wanted[*row])
                .map(place)
                .collect()
        };
        let duplicates = join.duplicates(&sets, &places, &self.how);
        let rows = join.rows().iter().zip(duplicates);
        let dropped = rows.filter_map(|(row, duplicate)| {
            let duplicate = duplicate?;
            let of = join.rows()[duplicate.of] as usize;
            Some((
                *row as usize,
                Rejection::like(of, Some(duplicate.similarity)),
            ))
        });
        Ok(dropped.collect())
    }
}

impl Shingles {
    /// Hands the shingles of all rows to `visit`, as they were kept or by making them again.
    fn each(
        &self,
        set: &Observed<'_>,
        mut visit: impl FnMut(&Sets, &[usize]),
    ) -> anyhow::Result<()> {
        if let Some(kept) = &self.kept {
            kept.iter()
                .for_each(|sets| visit(sets, &sets.alive(set.alive)));
            return Ok(());
        }
        set.each(|rows| {
            let sets = Sets::of(rows, self.shingle);
            visit(&sets, &sets.alive(set.alive));
            Ok(())
        })
    }

    fn by_rarity(&self, set: &Observed<'_>) -> anyhow::Result<Join> {
        let rarity = Rarity::new(self.total);
        self.each(set, |sets, rows| rarity.add(&sets.sets, rows))?;
        let threshold = self.how.threshold.fraction();
        self.join(set, |shingles, keys| rarity.keys(shingles, threshold, keys))
    }

    fn by_bands(&self, set: &Observed<'_>) -> anyhow::Result<Join> {
        let minhash = MinHash::new(self.how.threshold, PERMUTATIONS, SEED);
        self.join(set, |shingles, keys| minhash.keys(shingles, keys))
    }

    fn join(
        &self,
        set: &Observed<'_>,
        keys: impl Fn(&[u64], &mut Vec<text::Key>) + Sync,
    ) -> anyhow::Result<Join> {
        let mut builder = JoinBuilder::default();
        self.each(set, |sets, rows| {
            let of = |row: &usize| {
                let mut found = Vec::new();
                keys(sets.sets.row(*row), &mut found);
                found
            };
            let found: Vec<Vec<text::Key>> = rows.par_iter().map(of).collect();
            for (row, keys) in rows.iter().zip(found) {
                builder.add(sets.numbers[*row], &keys);
            }
        })?;
        Ok(builder.finish())
    }

    /// The shingles of the rows with these numbers, ascending.
    fn sets_of(&self, numbers: &[u32], set: &Observed<'_>) -> anyhow::Result<Rows<u64>> {
        let (mut wanted, mut found) = (numbers.iter().peekable(), Rows::default());
        self.each(set, |sets, rows| {
            for row in rows {
                if wanted
                    .next_if(|number| **number == sets.numbers[*row])
                    .is_some()
                {
                    found.push(sets.sets.row(*row).iter().copied());
                }
            }
        })?;
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use dataset::Reading;
    use proptest::prelude::*;
    use text::jaccard;

    use super::super::testing::{judged, judgement, kept, like, score};
    use super::*;
    use crate::judgement::Judgement;
    use crate::judging::testing::set;

    fn rule(threshold: &str, shingle: &str) -> NearDuplicate {
        NearDuplicate {
            threshold: threshold.parse().ok(),
            shingle: shingle.parse().ok(),
            ..NearDuplicate::default()
        }
    }

    #[test]
    fn the_first_of_a_star_stays_and_a_chain_does_not_vanish() {
        // Of {a b c d}, {b c d e} and {c d e f}, neighbours share 3 of 5, the ends 2 of 6.
        let verdicts = judged(&rule("0.6", "words:1"), &["a b c d", "b c d e", "c d e f"]);
        assert_eq!(kept(&verdicts), [true, false, true]);
        assert_eq!(verdicts[1], Some(Rejection::like(0, Some(0.6))));
    }

    #[test]
    fn of_a_component_one_stays() {
        let rule = NearDuplicate {
            cluster: Some(Grouping::Components),
            ..rule("0.6", "words:1")
        };
        let verdicts = judged(&rule, &["a b c d", "b c d e", "c d e f"]);
        assert_eq!(verdicts[2], Some(Rejection::like(0, Some(1.0 / 3.0))));
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
        assert_eq!(score(&verdicts[2]), Some(5.0 / 7.0));
    }

    #[test]
    fn the_longest_stays_where_it_rather_stays() {
        let rows = [("a b c", None), ("a b c d", None), ("a b c e", None)];
        let longest = "longest".parse().expect("an order");
        let rule = rule("0.6", "words:1");
        let judgement = judgement(&[&rule], &rows, &longest);
        assert!(judgement.keeps(1) && !judgement.keeps(0) && !judgement.keeps(2));
    }

    #[test]
    fn a_threshold_of_0_is_refused() {
        assert!(threshold("0").is_err() && threshold("80").is_err());
        assert_eq!(threshold("0.8").map(Share::fraction), Ok(0.8));
    }

    #[test]
    fn little_memory_changes_nothing() {
        let texts: Vec<String> = (0..300)
            .map(|row| format!("a b c{} d{} e{}", row / 2, row / 5, row % 7))
            .collect();
        let rows: Vec<(&str, Option<&str>)> =
            texts.iter().map(|text| (text.as_str(), None)).collect();
        let rule = rule("0.5", "words:1");
        let of = |memory| {
            let mut files = Files::new("text", Reading::default(), memory);
            let (_folder, source) = set(&rows);
            let judged = Judgement::of(
                &[&rule],
                &[source],
                &mut files,
                &"longest".parse().expect("an order"),
                &[],
            );
            let (judgement, _) = judged.expect("verdicts");
            (0..rows.len())
                .map(|row| judgement.reason(row).cloned())
                .collect::<Vec<_>>()
        };
        assert_eq!(of(0), of(usize::MAX));
        assert!(of(0).iter().filter(|verdict| verdict.is_some()).count() > 20);
    }

    proptest! {
        #[test]
        fn every_dropped_row_has_a_kept_one_like_it(
            texts in prop::collection::vec("[a-d]( [a-d]){0,4}", 1..30), bands in any::<bool>(),
        ) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let shingle: Shingle = "words:1".parse().expect("a shingle");
            let candidates = bands.then_some(Candidacy::Minhash);
            let verdicts = judged(&NearDuplicate { candidates, ..rule("0.5", "words:1") }, &texts);
            for (row, verdict) in verdicts.iter().enumerate() {
                let Some(kept) = like(verdict) else { continue };
                let similarity = jaccard(&shingle.hashes(texts[row]), &shingle.hashes(texts[kept]));
                prop_assert!(kept < row && verdicts[kept].is_none() && similarity >= 0.5);
                prop_assert_eq!(score(verdict), Some(similarity));
            }
        }
    }
}
