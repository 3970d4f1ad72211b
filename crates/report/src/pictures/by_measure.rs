//! Performance against a measure of the rows: how varied they are, or how far from human ones.

use std::collections::BTreeMap;

use super::{Picture, from_left, left_out, reference, titled, told};
use crate::arms::{Arm, Study};
use crate::factor::Factor;
use crate::measure::Measure;
use crate::number;
use crate::panel::Panel;
use crate::plot::{Axis, COLOURS, Plot, Point, Series, Ticks};

/// Performance against a measure of diversity that the study is not about.
pub(crate) fn by_other(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    other: &Measure,
) -> Option<Picture> {
    let title = format!("{} by {}", performance.name, other.name);
    drawn(study, panel, (performance, other), "Diversity", title)
}

/// Performance against measured diversity; `None` where no arm has both.
pub(crate) fn by_diversity(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    diversity: &Measure,
) -> Option<Picture> {
    let title = format!("{} by measured diversity", performance.name);
    drawn(study, panel, (performance, diversity), "Diversity", title)
}

/// Performance against the distance from human rows; `None` where no arm has both.
pub(crate) fn by_shift(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    shift: &Measure,
) -> Option<Picture> {
    let title = format!("{} by shift from human rows", performance.name);
    drawn(study, panel, (performance, shift), "The distance", title)
}

fn drawn(
    study: &Study,
    panel: &Panel<'_>,
    (performance, measure): (&Measure, &Measure),
    what: &str,
    title: String,
) -> Option<Picture> {
    let rows = if panel.is_measured_itself(measure) {
        "the rows trained on"
    } else {
        "the generated rows"
    };
    let caption = format!(
        "Each mark is an arm, and a thread joins the levels of one proportion; bars are 95 % intervals. {what} is that of {rows}. \
         The dashed line is the arm of human rows only, the grey band its interval.{}",
        left_out(panel)
    );
    let plot = Plot {
        title: titled(title, panel),
        about: caption.clone(),
        x: Axis {
            label: format!("{} of {rows}", measure.name),
            ticks: Ticks::Round,
        },
        y: Axis {
            label: performance.name.clone(),
            ticks: Ticks::Round,
        },
        reference: reference(panel, performance),
        series: by_share(study, panel, performance, measure),
        ordered: true,
    };
    (!plot.series.is_empty()).then_some(Picture { caption, plot })
}

/// The arms of each share, from the least to the most of `measure`.
fn by_share(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    measure: &Measure,
) -> Vec<Series> {
    let shares = panel.shares();
    let highest = highest_of_each_level(panel, performance);
    let point = |arm: &&Arm| {
        let y = arm.mean(&performance.name)?;
        let x = panel.measured(study, arm, measure)?.mean(&measure.name)?;
        let level = arm.key.level.as_ref();
        Some(Point {
            at: (x.value, y.value),
            across: x.interval,
            along: y.interval,
            title: format!(
                "{}\n{}: {}\n{}: {}",
                arm.key.name(),
                performance.name,
                told(&y),
                measure.name,
                told(&x)
            ),
            label: level
                .filter(|_| highest.contains(&y.value))
                .map(|level| format!("level {level}")),
        })
    };
    let series = shares.iter().enumerate().map(|(nth, share)| {
        let arms = panel.arms.iter();
        let arms = arms.filter(|arm| arm.key.share() == Some(*share));
        Series {
            label: format!("proportion {}", number::short(*share)),
            points: from_left(arms.filter_map(point)),
            joined: false,
            colour: nth * (COLOURS - 1) / (shares.len() - 1).max(1),
            mark: nth,
        }
    });
    series.filter(|series| !series.points.is_empty()).collect()
}

/// The value of each level that is drawn highest, since its name is written there.
fn highest_of_each_level(panel: &Panel<'_>, performance: &Measure) -> Vec<f64> {
    let mut highest: BTreeMap<Option<&Factor>, f64> = BTreeMap::new();
    for arm in &panel.arms {
        if let Some(mean) = arm.mean(&performance.name) {
            let known = highest.entry(arm.key.level.as_ref()).or_insert(mean.value);
            *known = known.max(mean.value);
        }
    }
    highest.into_values().collect()
}
