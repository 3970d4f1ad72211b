//! Which measure answers the question, where a study has several.

use anyhow::anyhow;

use crate::arms::Study;
use crate::measure::{Kind, Measure};

/// Measures that are asked for by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    /// The measure of performance.
    pub(crate) performance: Option<String>,
    /// The measure of diversity.
    pub(crate) diversity: Option<String>,
}

const PERFORMANCE: &[&str] = &[
    "accuracy",
    "macro_f1",
    "exact_match",
    "perplexity",
    "mean_nll_nats",
];
const DIVERSITY: &[&str] = &[
    "vendi_q1",
    "dcscore_cosine_tau0.1",
    "mean_pairwise_cosine_distance",
    "distinct_2",
];

/// The measure of this kind that is asked for, or the first of the usual ones that the study has;
/// `None` if it has none of this kind.
pub(crate) fn primary<'a>(
    study: &'a Study,
    kind: Kind,
    wanted: &Wanted,
) -> anyhow::Result<Option<&'a Measure>> {
    let (name, usual) = match kind {
        Kind::Performance => (wanted.performance.as_ref(), PERFORMANCE),
        _ => (wanted.diversity.as_ref(), DIVERSITY),
    };
    let known: Vec<&Measure> = study
        .of_kind(kind)
        .filter(|m| study.arms.iter().any(|arm| arm.has(&m.name)))
        .collect();
    let find = |name: &str| known.iter().find(|measure| measure.name == name).copied();
    if let Some(name) = name.filter(|_| !known.is_empty()) {
        let names = known
            .iter()
            .map(|measure| measure.name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let study = study.name.as_deref().unwrap_or("the results");
        return find(name)
            .map(Some)
            .ok_or_else(|| anyhow!("{study} has no values of `{name}`; it has {names}"));
    }
    Ok(usual
        .iter()
        .find_map(|name| find(name))
        .or_else(|| known.first().copied()))
}
