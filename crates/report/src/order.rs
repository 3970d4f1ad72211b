//! Does measured diversity follow the levels? A study whose levels do not order it says so.

use crate::arms::{Arm, Study};
use crate::factor::Factor;
use crate::measure::{Kind, Measure};

/// What a measure of diversity does from level to level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// More varied with every step.
    Rises,
    /// Less varied with every step.
    Falls,
    /// It turns, or stands still, between these two levels.
    Broken(Factor, Factor),
}

/// The order of one measure over the levels.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// The measure.
    pub(crate) measure: Measure,
    /// What it does.
    pub(crate) order: Order,
}

/// The arms whose diversity stands for the levels, in their order: the generated sets, or where
/// those were not measured, the mixes with the largest synthetic share.
pub(crate) fn sets_by_level<'a>(study: &'a Study, measure: &str) -> Vec<&'a Arm> {
    let measured = |arm: &&Arm| {
        arm.has(measure)
            && arm.key.generation.is_none()
            && arm
                .key
                .level
                .as_ref()
                .is_some_and(|level| study.levels.contains(level))
    };
    let mut sets: Vec<&Arm> = study
        .arms
        .iter()
        .filter(measured)
        .filter(|arm| arm.key.proportion.is_none())
        .collect();
    if sets.is_empty() {
        let shares = study
            .arms
            .iter()
            .filter(measured)
            .filter_map(|arm| arm.key.share());
        let largest = shares.fold(0.0, f64::max);
        let mixes = study.arms.iter().filter(measured);
        sets = mixes
            .filter(|arm| largest > 0.0 && arm.key.share() == Some(largest))
            .collect();
    }
    sets.sort_by_key(|arm| study.rank(arm.key.level.as_ref()));
    sets.dedup_by(|one, other| one.key.level == other.key.level);
    sets
}

/// The order of every measure of diversity that at least two levels have.
pub(crate) fn checks(study: &Study) -> Vec<Check> {
    study
        .of_kind(Kind::Diversity)
        .filter_map(|measure| check(study, measure))
        .collect()
}

fn check(study: &Study, measure: &Measure) -> Option<Check> {
    let sets = sets_by_level(study, &measure.name);
    let values: Vec<(&Factor, f64)> = sets
        .iter()
        .filter_map(|arm| {
            Some((
                arm.key.level.as_ref()?,
                measure.oriented(arm.mean(&measure.name)?.value),
            ))
        })
        .collect();
    let (first, last) = (values.first()?, values.last()?);
    let rising = last.1 >= first.1;
    let broken = values.windows(2).find(|pair| {
        let step = pair[1].1 - pair[0].1;
        if rising { step <= 0.0 } else { step >= 0.0 }
    });
    let order = match broken {
        Some(pair) => Order::Broken(pair[0].0.clone(), pair[1].0.clone()),
        None if rising => Order::Rises,
        None => Order::Falls,
    };
    (values.len() > 1).then(|| Check {
        measure: measure.clone(),
        order,
    })
}

#[cfg(test)]
mod tests {
    use dataset::results::ResultRow;
    use serde_json::json;

    use super::*;
    use crate::arms::studies;

    fn order(values: &[f64], direction: &str) -> Option<Order> {
        let rows = values.iter().enumerate().map(|(level, value)| ResultRow {
            metric: "m".to_owned(),
            value: Some(*value),
            direction: Some(direction.to_owned()),
            params: json!({"level": level}),
            ..ResultRow::default()
        });
        checks(&studies(&rows.collect::<Vec<_>>())[0])
            .pop()
            .map(|check| check.order)
    }

    #[test]
    fn each_step_must_go_the_same_way() {
        assert_eq!(
            order(&[1.0, 2.0, 3.0], "higher_is_more_varied"),
            Some(Order::Rises)
        );
        assert_eq!(
            order(&[1.0, 2.0, 3.0], "lower_is_more_varied"),
            Some(Order::Falls)
        );
        let broken = Order::Broken(Factor::Number(1.0), Factor::Number(2.0));
        assert_eq!(
            order(&[1.0, 3.0, 2.0], "higher_is_more_varied"),
            Some(broken)
        );
        assert_eq!(order(&[1.0], "higher_is_more_varied"), None);
        assert_eq!(order(&[1.0, 2.0], "neutral"), None);
    }
}
