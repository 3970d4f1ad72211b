//! Arms against the human-only arm, seed by seed.

use numeric::holm;

use crate::arms::{Arm, ArmKey, Study};
use crate::measure::Measure;
use crate::statistics::over_seeds;

/// Above this an adjusted p-value shows nothing.
const LEVEL: f64 = 0.05;

/// Differences, each with its seed.
type BySeed = Vec<(Option<i64>, f64)>;

/// What a difference shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The arm does better than human rows alone.
    Better,
    /// It does worse.
    Worse,
    /// Neither is shown.
    NotShown,
}

/// The difference of an arm to the human-only arm.
#[derive(Clone, Debug)]
pub(crate) struct Difference<'a> {
    /// The arm.
    pub(crate) arm: &'a Arm,
    /// The human-only arm of the same human rows.
    pub(crate) human: &'a Arm,
    /// The mean of the differences, arm less human.
    pub(crate) mean: f64,
    /// Its 95 % t-interval.
    pub(crate) interval: Option<(f64, f64)>,
    /// Its p-value after Holm's correction for all differences of the study.
    pub(crate) p: Option<f64>,
    /// How many seeds both have.
    pub(crate) seeds: usize,
    /// What it shows.
    pub(crate) verdict: Verdict,
}

/// The difference of every arm with synthetic rows, in the order of the arms.
pub(crate) fn differences<'a>(study: &'a Study, measure: &Measure) -> Vec<Difference<'a>> {
    let mixed = study
        .arms
        .iter()
        .filter(|arm| arm.key.share().is_some_and(|share| share > 0.0));
    let mut differences: Vec<_> = mixed
        .filter_map(|arm| difference(study, arm, measure))
        .collect();
    let adjusted = holm(&differences.iter().map(|one| one.p).collect::<Vec<_>>());
    for (one, p) in differences.iter_mut().zip(adjusted) {
        one.p = p;
        let better = measure.oriented(one.mean) > 0.0;
        one.verdict = match p {
            Some(p) if p < LEVEL && better => Verdict::Better,
            Some(p) if p < LEVEL => Verdict::Worse,
            _ => Verdict::NotShown,
        };
    }
    differences
}

/// Every arm with synthetic rows, with its difference to the human-only arm in each seed.
pub(crate) fn differences_by_seed<'a>(
    study: &'a Study,
    measure: &Measure,
) -> Vec<(&'a Arm, BySeed)> {
    let mixed = study
        .arms
        .iter()
        .filter(|arm| arm.key.share().is_some_and(|share| share > 0.0));
    let paired = mixed.filter_map(|arm| {
        let human = human_only(study, &arm.key, &measure.name)?;
        Some((arm, pairs(arm, human, measure)?))
    });
    paired.collect()
}

/// The difference of `arm` to `human` in each seed that both have.
fn pairs(arm: &Arm, human: &Arm, measure: &Measure) -> Option<BySeed> {
    let (of_arm, of_human) = (
        arm.figures.get(&measure.name)?,
        human.figures.get(&measure.name)?,
    );
    let pairs = of_arm
        .iter()
        .filter_map(|(seed, one)| Some((*seed, one.value - of_human.get(seed)?.value)));
    Some(pairs.collect())
}

fn difference<'a>(study: &'a Study, arm: &'a Arm, measure: &Measure) -> Option<Difference<'a>> {
    let human = human_only(study, &arm.key, &measure.name)?;
    let pairs = pairs(arm, human, measure)?;
    let over = over_seeds(&pairs.iter().map(|pair| pair.1).collect::<Vec<_>>())?;
    let (mean, interval, p, seeds) = (over.mean, over.interval, over.p, over.seeds);
    Some(Difference {
        arm,
        human,
        mean,
        interval,
        p,
        seeds,
        verdict: Verdict::NotShown,
    })
}

/// The human-only arm with a value of `measure` that was cut from the human rows as `key` was;
/// among several the one of the same design and level.
pub(crate) fn human_only<'a>(study: &'a Study, key: &ArmKey, measure: &str) -> Option<&'a Arm> {
    let fits = |arm: &&Arm| {
        arm.key.is_human_only() && arm.has(measure) && arm.key.real_fraction == key.real_fraction
    };
    let likeness = |arm: &Arm| (arm.key.design == key.design, arm.key.level == key.level);
    // Of equally like ones the first.
    study
        .arms
        .iter()
        .rev()
        .filter(fits)
        .max_by_key(|arm| likeness(arm))
}

#[cfg(test)]
mod tests {
    use dataset::results::ResultRow;
    use serde_json::json;

    use super::*;
    use crate::arms::studies;
    use crate::measure::Kind;

    fn rows(proportion: f64, values: &[f64]) -> Vec<ResultRow> {
        let rows = values.iter().enumerate().map(|(seed, value)| ResultRow {
            seed: Some(seed as i64),
            metric: "perplexity".to_owned(),
            value: Some(*value),
            direction: Some("lower_is_better".to_owned()),
            params: json!({"proportion": proportion}),
            ..ResultRow::default()
        });
        rows.collect()
    }

    #[test]
    fn arms_are_paired_by_seed() {
        // Differences 1, 2, 3: mean 2, t(2)-interval 2 ± 2.484, p 0.0742, alone and so not corrected.
        let all = [
            rows(0.0, &[1.0, 5.0, 9.0, 7.0]),
            rows(0.5, &[2.0, 7.0, 12.0]),
        ]
        .concat();
        let study = &studies(&all)[0];
        let measure = study.of_kind(Kind::Performance).next().expect("perplexity");
        let found = differences(study, measure);
        assert_eq!((found.len(), found[0].seeds, found[0].mean), (1, 3, 2.0));
        assert!((found[0].p.expect("a p-value") - 0.0742).abs() < 1e-4);
        assert_eq!(found[0].verdict, Verdict::NotShown);
    }

    #[test]
    fn a_higher_perplexity_is_worse() {
        let all = [
            rows(0.0, &[1.0, 5.0, 9.0, 7.0]),
            rows(1.0, &[11.0, 15.1, 19.0, 16.9]),
        ]
        .concat();
        let study = &studies(&all)[0];
        let measure = study.of_kind(Kind::Performance).next().expect("perplexity");
        assert_eq!(differences(study, measure)[0].verdict, Verdict::Worse);
    }

    #[test]
    fn without_a_human_only_arm_there_is_no_difference() {
        let all = rows(0.5, &[1.0, 2.0]);
        let study = &studies(&all)[0];
        let measure = study.of_kind(Kind::Performance).next().expect("perplexity");
        assert!(differences(study, measure).is_empty());
    }
}
