//! What a study shows, in sentences that claim no more than its intervals allow.

use std::collections::BTreeSet;

use crate::arms::{Arm, Study};
use crate::chains::chains;
use crate::compare::{Difference, Verdict};
use crate::factor::Factor;
use crate::measure::{Kind, Measure};
use crate::number::{decimals_of_half_width, decimals_of_value, fixed, p_value, signed};
use crate::order::{Check, Order};
use crate::panel::Panel;
use crate::turn::{self, Turn, turn};

/// A value with its interval, as sentences and tables tell it.
pub(crate) fn with_interval(
    value: f64,
    interval: Option<(f64, f64)>,
    show: impl Fn(f64, usize) -> String,
) -> String {
    let half = interval
        .map(|(low, high)| (high - low) / 2.0)
        .filter(|half| *half > 0.0);
    let decimals = half.map_or_else(|| decimals_of_value(value), decimals_of_half_width);
    match interval {
        Some((low, high)) => format!(
            "{} [{}, {}]",
            show(value, decimals),
            show(low, decimals),
            show(high, decimals)
        ),
        None => show(value, decimals),
    }
}

const NOT_COMPARED: &str = "No arm can be compared with human rows alone: there is no human-only arm \
    (proportion 0) with the same seeds, or no arm beside it.";

/// How far each chain of models went from its first to its last.
pub(crate) fn of_chains(study: &Study, measure: &Measure) -> Vec<String> {
    let changes = chains(study, measure).into_iter().filter_map(|chain| {
        let (first, last, over) = chain.change(measure)?;
        Some(format!(
            "From generation {} to {} of {}, {} changes by {} over {}.",
            crate::number::short(first),
            crate::number::short(last),
            chain.name,
            measure.name,
            with_interval(over.mean, over.interval, signed),
            cli::count(over.seeds, "seed")
        ))
    });
    changes.collect()
}

/// The arm that did best, and what is known of the differences to human rows alone.
pub(crate) fn of_performance(
    study: &Study,
    measure: &Measure,
    differences: &[Difference<'_>],
) -> Vec<String> {
    let scored = study
        .arms
        .iter()
        .filter_map(|arm| Some((arm, arm.mean(&measure.name)?)));
    let Some((best, mean)) = scored.max_by(|one, other| {
        measure
            .oriented(one.1.value)
            .total_cmp(&measure.oriented(other.1.value))
    }) else {
        return Vec::new();
    };
    let word = if measure.rising == Some(false) {
        "lowest"
    } else {
        "highest"
    };
    let mut sentences = vec![format!(
        "The {word} mean {} is that of {}: {} over {}.",
        measure.name,
        told(best),
        with_interval(mean.value, mean.interval, fixed),
        cli::count(mean.seeds, "seed")
    )];
    if differences.is_empty() {
        // A study without mixes, such as one of chains, has nothing of the kind to compare.
        if study.arms.iter().any(|arm| arm.key.proportion.is_some()) {
            sentences.push(NOT_COMPARED.to_owned());
        }
        return sentences;
    }
    if let Some(one) = differences.iter().find(|one| std::ptr::eq(one.arm, best)) {
        sentences.push(of_difference(one, differences.len()));
    }
    sentences.push(counted(differences));
    sentences
}

fn told(arm: &Arm) -> String {
    if arm.key.is_human_only() {
        format!("the human-only arm {}", arm.key.name())
    } else {
        format!("the arm {}", arm.key.name())
    }
}

fn of_difference(one: &Difference<'_>, comparisons: usize) -> String {
    let difference = with_interval(one.mean, one.interval, signed);
    let verdict = match one.verdict {
        Verdict::Better => "it is shown to be better",
        Verdict::Worse => "it is shown to be worse",
        Verdict::NotShown => "a difference is not shown",
    };
    let p = match one.p {
        Some(p) => format!(
            "p {} after Holm's correction for {}",
            p_value(p),
            cli::count(comparisons, "comparison")
        ),
        None => "no p-value can be given".to_owned(),
    };
    format!(
        "Its paired difference to the human-only arm {} is {difference} over {} ({p}): {verdict}.",
        one.human.key.name(),
        cli::count(one.seeds, "seed")
    )
}

fn counted(differences: &[Difference<'_>]) -> String {
    let count = |verdict| {
        differences
            .iter()
            .filter(|one| one.verdict == verdict)
            .count()
    };
    format!(
        "Of {} with synthetic rows, {} shown to be better than human rows alone, {} shown to be worse, and of {} neither is shown.",
        cli::count(differences.len(), "arm"),
        is(count(Verdict::Better)),
        is(count(Verdict::Worse)),
        count(Verdict::NotShown)
    )
}

fn is(count: usize) -> String {
    if count == 1 {
        "1 is".to_owned()
    } else {
        format!("{count} are")
    }
}

/// Whether performance first rises and then falls with diversity, at each proportion.
pub(crate) fn of_turn(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    diversity: &Measure,
) -> Vec<String> {
    let found: Vec<(f64, Turn)> = panel
        .shares()
        .into_iter()
        .map(|share| (share, turn_at(study, panel, share, performance, diversity)))
        .collect();
    let place = if panel.name.is_empty() {
        String::new()
    } else {
        format!(" ({})", panel.name)
    };
    let claim = format!(
        "An inverted U of {} over {}{place}",
        performance.name, diversity.name
    );
    let most = found.iter().filter_map(|(_, turn)| match turn {
        Turn::TooFew { levels, seeds } => Some((*levels, *seeds)),
        _ => None,
    });
    if let Some((levels, seeds)) = most.max().filter(|_| {
        found
            .iter()
            .all(|(_, turn)| matches!(turn, Turn::TooFew { .. }))
    }) {
        return vec![format!(
            "{claim} is not shown: it takes at least {} levels and {} seeds, and there are at most {levels} and {seeds}.",
            turn::LEVELS,
            turn::SEEDS
        )];
    }
    found
        .iter()
        .map(|(share, turn)| of_one_turn(&claim, *share, turn, diversity))
        .collect()
}

fn of_one_turn(claim: &str, share: f64, turn: &Turn, diversity: &Measure) -> String {
    let claim = format!("{claim} at proportion {}", crate::number::short(share));
    match turn {
        Turn::TooFew { levels, seeds } => {
            format!("{claim} is not shown: there are {levels} levels and {seeds} seeds.")
        }
        Turn::NoTurnInside => {
            format!("{claim} is not shown: the curve does not turn inside the range.")
        }
        Turn::Lines { left, right, at } => {
            let shown = if turn.is_inverted_u() {
                "is shown"
            } else {
                "is not shown"
            };
            format!(
                "{claim} {shown}: where it is less varied than {} = {} the slope is {}, and where it is more varied {}.",
                diversity.name,
                crate::number::short(*at),
                with_interval(left.0, Some(left.1), signed),
                with_interval(right.0, Some(right.1), signed)
            )
        }
    }
}

/// The levels at this share as places on the axis, and the seeds that have a value at all of them.
fn turn_at(
    study: &Study,
    panel: &Panel<'_>,
    share: f64,
    performance: &Measure,
    diversity: &Measure,
) -> Turn {
    let arms = panel
        .arms
        .iter()
        .filter(|arm| arm.key.share() == Some(share));
    let mut places: Vec<(f64, &Arm)> = arms
        .filter_map(|arm| {
            Some((
                panel
                    .measured(study, arm, diversity)?
                    .mean(&diversity.name)?
                    .value,
                *arm,
            ))
        })
        .map(|(x, arm)| (diversity.oriented(x), arm))
        .collect();
    places.sort_by(|one, other| one.0.total_cmp(&other.0));
    let of = |arm: &Arm| {
        arm.figures
            .get(&performance.name)
            .map(|seeds| seeds.keys().copied().collect::<BTreeSet<_>>())
    };
    let common = places
        .iter()
        .filter_map(|(_, arm)| of(arm))
        .reduce(|one, other| &one & &other)
        .unwrap_or_default();
    let value = |arm: &Arm, seed| {
        arm.figures
            .get(&performance.name)
            .and_then(|seeds| seeds.get(seed))
            .map(|one| one.value)
    };
    let seeds = common.iter().map(|seed| {
        places
            .iter()
            .filter_map(|(_, arm)| value(arm, seed))
            .map(|value| performance.oriented(value))
            .collect()
    });
    let x: Vec<f64> = places.iter().map(|place| place.0).collect();
    match turn(&x, &seeds.collect::<Vec<_>>()) {
        Turn::Lines { left, right, at } => Turn::Lines {
            left,
            right,
            at: diversity.oriented(at),
        },
        other => other,
    }
}

/// Whether measured diversity follows the levels: measures that agree share a sentence.
///
/// Each check comes with the number of levels that its measure has.
pub(crate) fn of_orders(checks: &[(&Check, usize)]) -> Vec<String> {
    let mut told: Vec<(&Order, usize)> = Vec::new();
    let mut sentences = Vec::new();
    for (check, levels) in checks {
        let kind = (&check.order, *levels);
        if let Order::Broken(one, other) = &check.order {
            sentences.push(broken(&check.measure.name, one, other));
        } else if !told.contains(&kind) {
            told.push(kind);
            let agreeing = checks
                .iter()
                .filter(|(other, n)| (&other.order, *n) == kind);
            let names: Vec<&str> = agreeing
                .map(|(other, _)| other.measure.name.as_str())
                .collect();
            sentences.push(kept(&names, &check.order, *levels));
        }
    }
    sentences
}

fn kept(names: &[&str], order: &Order, levels: usize) -> String {
    let word = if *order == Order::Rises {
        "more"
    } else {
        "less"
    };
    let names = match names {
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
        [] => String::new(),
    };
    format!(
        "The order check holds: by {names}, each of the {levels} levels is {word} varied than the one before it."
    )
}

fn broken(name: &str, one: &Factor, other: &Factor) -> String {
    format!(
        "The order check fails: by {name}, diversity does not go on in one direction from level {one} to level {other}."
    )
}

/// How right the labels of the arms are, since their noise would pass for diversity.
pub(crate) fn of_quality(study: &Study) -> Vec<String> {
    study
        .of_kind(Kind::Quality)
        .filter_map(|measure| range(study, measure))
        .collect()
}

fn range(study: &Study, measure: &Measure) -> Option<String> {
    let scored = study
        .arms
        .iter()
        .filter_map(|arm| Some((arm.mean(&measure.name)?.value, arm)));
    let mut scored: Vec<(f64, &Arm)> = scored.collect();
    scored.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (least, most) = (scored.first()?, scored.last()?);
    let shown = |value| fixed(value, 3);
    if scored.len() == 1 {
        return Some(format!(
            "The {} of {} is {}.",
            measure.name,
            told(least.1),
            shown(least.0)
        ));
    }
    Some(format!(
        "The {} of the sets lies between {} ({}) and {} ({}); where it differs between arms, so may performance for that reason alone.",
        measure.name,
        shown(least.0),
        least.1.key.name(),
        shown(most.0),
        most.1.key.name()
    ))
}
