//! Performance against how much of the human rows there is: what synthetic rows are worth when human ones are scarce.

use std::collections::BTreeMap;

use super::{Picture, told};
use crate::arms::{Arm, Study};
use crate::factor::Factor;
use crate::measure::Measure;
use crate::plot::{Axis, Plot, Point, Series, Ticks};

/// What the arms of a line have in common: design, proportion, level.
type Line<'a> = (Option<&'a Factor>, Option<&'a Factor>, Option<&'a Factor>);

/// Performance by the share of the human rows that is there; `None` where it is the same for all.
pub(crate) fn by_real_fraction(study: &Study, performance: &Measure) -> Option<Picture> {
    let scored = study.arms.iter().filter(|arm| arm.has(&performance.name));
    let mut fractions: Vec<f64> = scored.clone().filter_map(fraction).collect();
    fractions.sort_by(f64::total_cmp);
    fractions.dedup();
    let mut lines: BTreeMap<Line<'_>, Vec<Point>> = BTreeMap::new();
    for arm in scored {
        let place = fraction(arm).and_then(|own| fractions.iter().position(|one| *one == own));
        if let (Some(place), Some(y)) = (place, arm.mean(&performance.name)) {
            let title = format!("{}\n{}: {}", arm.key.name(), performance.name, told(&y));
            let points = lines.entry(line(arm)).or_default();
            points.push(Point {
                at: (place as f64, y.value),
                along: y.interval,
                title,
                ..Point::default()
            });
        }
    }
    let series = lines
        .into_iter()
        .enumerate()
        .map(|(nth, (line, mut points))| {
            points.sort_by(|one, other| one.at.0.total_cmp(&other.at.0));
            Series {
                label: named(line),
                points,
                joined: true,
                colour: nth,
                mark: nth,
            }
        });
    let caption = "Each line is a way to fill the training set; the places from left to right are the shares of the human rows that were used, \
         and are not to scale. Bands and bars are 95 % intervals."
        .to_owned();
    let several = fractions.len() > 1;
    let plot = Plot {
        title: format!("{} when human rows are scarce", performance.name),
        about: caption.clone(),
        x: Axis {
            label: "share of the human rows that is there".to_owned(),
            ticks: Ticks::Names(
                fractions
                    .iter()
                    .map(|one| crate::number::short(*one))
                    .collect(),
            ),
        },
        y: Axis {
            label: performance.name.clone(),
            ticks: Ticks::Round,
        },
        series: series.collect(),
        ..Plot::default()
    };
    several.then_some(Picture { caption, plot })
}

fn fraction(arm: &Arm) -> Option<f64> {
    arm.key.real_fraction.as_ref().and_then(Factor::number)
}

/// Human rows alone are one line, whatever else is said of them.
fn line(arm: &Arm) -> Line<'_> {
    if arm.key.is_human_only() {
        return (None, None, None);
    }
    (
        arm.key.design.as_ref(),
        arm.key.proportion.as_ref(),
        arm.key.level.as_ref(),
    )
}

fn named((design, proportion, level): Line<'_>) -> String {
    let parts = [
        design.map(ToString::to_string),
        proportion.map(|share| format!("proportion {share}")),
        level.map(|level| format!("level {level}")),
    ];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    if name.is_empty() {
        "human rows only".to_owned()
    } else {
        name
    }
}
