//! Chains of models, each trained on what the one before it wrote.

use std::collections::BTreeMap;

use crate::arms::{Arm, ArmKey, Study};
use crate::factor::Factor;
use crate::measure::Measure;
use crate::statistics::{OverSeeds, over_seeds};

/// The arms of a chain with a value of one measure, by generation.
pub(crate) struct Chain<'a> {
    /// What the arms have in common.
    pub(crate) name: String,
    /// Each arm with its generation, in their order.
    pub(crate) arms: Vec<(f64, &'a Arm)>,
}

/// The chains of `study` in which `measure` has a value.
pub(crate) fn chains<'a>(study: &'a Study, measure: &Measure) -> Vec<Chain<'a>> {
    let mut chains: BTreeMap<ArmKey, Vec<(f64, &Arm)>> = BTreeMap::new();
    for arm in study.arms.iter().filter(|arm| arm.has(&measure.name)) {
        if let Some(generation) = arm.key.generation.as_ref().and_then(Factor::number) {
            let common = ArmKey {
                generation: None,
                arm: None,
                ..arm.key.clone()
            };
            chains.entry(common).or_default().push((generation, arm));
        }
    }
    let chain = |(key, mut arms): (ArmKey, Vec<(f64, &'a Arm)>)| {
        arms.sort_by(|one, other| one.0.total_cmp(&other.0));
        let name = key.name();
        Chain {
            name: name.strip_prefix("design ").unwrap_or(&name).to_owned(),
            arms,
        }
    };
    chains.into_iter().map(chain).collect()
}

impl Chain<'_> {
    /// The first and the last generation, and the change of `measure` between them, paired by seed.
    pub(crate) fn change(&self, measure: &Measure) -> Option<(f64, f64, OverSeeds)> {
        let ((first, before), (last, after)) = (self.arms.first()?, self.arms.last()?);
        let (before, after) = (
            before.figures.get(&measure.name)?,
            after.figures.get(&measure.name)?,
        );
        let pairs = after
            .iter()
            .filter_map(|(seed, one)| Some(one.value - before.get(seed)?.value));
        let over = over_seeds(&pairs.collect::<Vec<_>>())?;
        (last > first).then_some((*first, *last, over))
    }
}

#[cfg(test)]
mod tests {
    use dataset::results::ResultRow;
    use serde_json::json;

    use super::*;
    use crate::arms::studies;
    use crate::measure::Kind;

    #[test]
    fn a_chain_is_followed_from_its_first_to_its_last_model() {
        let row = |design: &str, generation: i64, seed: i64, value: f64| ResultRow {
            arm: Some(format!("{design}/{generation}")),
            seed: Some(seed),
            metric: "perplexity".to_owned(),
            value: Some(value),
            direction: Some("lower_is_better".to_owned()),
            params: json!({"design": design, "generation": generation}),
            ..ResultRow::default()
        };
        let rows = [
            row("replace", 2, 1, 14.0),
            row("replace", 0, 1, 10.0),
            row("replace", 1, 1, 11.0),
            row("replace", 0, 2, 11.0),
            row("replace", 2, 2, 17.0),
            row("keep", 0, 1, 9.0),
        ];
        let study = &studies(&rows)[0];
        let measure = study.of_kind(Kind::Performance).next().expect("perplexity");
        let chains = chains(study, measure);
        let names: Vec<_> = chains.iter().map(|chain| chain.name.as_str()).collect();
        assert_eq!(names, ["keep", "replace"]);
        assert!(chains[0].change(measure).is_none());
        // 14 − 10 and 17 − 11.
        let (first, last, over) = chains[1].change(measure).expect("a change");
        assert_eq!((first, last, over.mean, over.seeds), (0.0, 2.0, 5.0, 2));
    }
}
