//! What may be compared in one picture: the arms of one design on the same human rows.

use std::collections::BTreeSet;

use crate::arms::{Arm, ArmKey, Study};
use crate::compare::human_only;
use crate::factor::Factor;
use crate::measure::Measure;

/// Arms that differ in level and proportion only.
#[derive(Clone, Debug)]
pub(crate) struct Panel<'a> {
    /// What they have in common, in words; empty where the study has one panel.
    pub(crate) name: String,
    /// The arms with synthetic rows, by level and proportion.
    pub(crate) arms: Vec<&'a Arm>,
    /// The human-only arm.
    pub(crate) human: Option<&'a Arm>,
    /// Arms left out since another has the same level and proportion.
    pub(crate) left_out: usize,
}

/// The panels of `study` for `measure`.
pub(crate) fn panels<'a>(study: &'a Study, measure: &Measure) -> Vec<Panel<'a>> {
    let mixed = || {
        let mixed = study
            .arms
            .iter()
            .filter(|arm| arm.key.share().is_some_and(|share| share > 0.0));
        mixed.filter(|arm| arm.has(&measure.name) && arm.key.generation.is_none())
    };
    let common: BTreeSet<_> = mixed().map(|arm| common(&arm.key)).collect();
    let several = common.len() > 1;
    let panel = |(fraction, design): (Option<&Factor>, Option<&Factor>)| {
        let all: Vec<&Arm> = mixed()
            .filter(|arm| self::common(&arm.key) == (fraction, design))
            .collect();
        let mut arms = all.clone();
        arms.sort_by_key(|arm| place(study, &arm.key));
        arms.dedup_by(|one, other| place(study, &one.key) == place(study, &other.key));
        Panel {
            name: if several {
                named(fraction, design)
            } else {
                String::new()
            },
            left_out: all.len() - arms.len(),
            human: all
                .first()
                .and_then(|arm| human_only(study, &arm.key, &measure.name)),
            arms,
        }
    };
    common.into_iter().map(panel).collect()
}

fn common(key: &ArmKey) -> (Option<&Factor>, Option<&Factor>) {
    (key.real_fraction.as_ref(), key.design.as_ref())
}

fn place(study: &Study, key: &ArmKey) -> (usize, Option<Factor>) {
    (study.rank(key.level.as_ref()), key.proportion.clone())
}

fn named(fraction: Option<&Factor>, design: Option<&Factor>) -> String {
    let design = design.map(ToString::to_string);
    let fraction = fraction.map(|fraction| format!("human rows cut to {fraction}"));
    [design, fraction]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

impl<'a> Panel<'a> {
    /// The synthetic shares, each once.
    pub(crate) fn shares(&self) -> Vec<f64> {
        let mut shares: Vec<f64> = self.arms.iter().filter_map(|arm| arm.key.share()).collect();
        shares.sort_by(f64::total_cmp);
        shares.dedup();
        shares
    }

    /// Whether the training sets themselves were measured, all of them.
    pub(crate) fn is_measured_itself(&self, diversity: &Measure) -> bool {
        self.arms.iter().all(|arm| arm.has(&diversity.name))
    }

    /// The set whose diversity stands for `arm`: its own rows if all arms of the panel were
    /// measured, and otherwise the generated set of its level.
    pub(crate) fn measured(
        &self,
        study: &'a Study,
        arm: &'a Arm,
        diversity: &Measure,
    ) -> Option<&'a Arm> {
        if self.is_measured_itself(diversity) {
            return Some(arm);
        }
        let pools = study.arms.iter().filter(|pool| {
            pool.key.proportion.is_none()
                && pool.key.level.is_some()
                && pool.key.level == arm.key.level
        });
        pools.into_iter().find(|pool| pool.has(&diversity.name))
    }
}
