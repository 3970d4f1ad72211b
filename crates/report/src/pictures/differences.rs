//! The paired difference to human rows alone at each level: the study's claim is about these.

use super::{Picture, titled};
use crate::arms::Study;
use crate::compare::Difference;
use crate::measure::Measure;
use crate::number;
use crate::panel::Panel;
use crate::plot::{Axis, COLOURS, Plot, Point, Reference, Series, Ticks};

/// How far two series of one level stand apart, as a share of the room of a level.
const APART: f64 = 0.6;

/// The differences of the arms of `panel` by level; `None` where none has a level.
pub(crate) fn of_differences(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    differences: &[Difference<'_>],
) -> Option<Picture> {
    let shares = panel.shares();
    let shift = |nth: usize| APART * ((nth as f64 + 0.5) / shares.len() as f64 - 0.5);
    let in_panel = |one: &&Difference<'_>| panel.arms.iter().any(|arm| std::ptr::eq(*arm, one.arm));
    let series = shares.iter().enumerate().map(|(nth, share)| {
        let own = differences.iter().filter(in_panel);
        let own = own.filter(|one| one.arm.key.share() == Some(*share));
        Series {
            label: format!("proportion {}", number::short(*share)),
            points: own
                .filter_map(|one| point(study, one, shift(nth)))
                .collect(),
            joined: false,
            colour: nth * (COLOURS - 1) / (shares.len() - 1).max(1),
            mark: nth,
        }
    });
    let series: Vec<Series> = series.filter(|one| !one.points.is_empty()).collect();
    let title = format!("Difference in {} to human rows alone", performance.name);
    let caption = "Each mark is the mean over seeds of an arm less the human-only arm of the same seed and the same human rows; \
         bars are 95 % intervals of these paired differences, not corrected for their number. \
         Only an arm whose bar leaves the dashed line, and whose p-value in the table is below 0.05, is shown to differ."
        .to_owned();
    let plot = Plot {
        title: titled(title, panel),
        about: caption.clone(),
        x: Axis {
            label: "level".to_owned(),
            ticks: Ticks::Names(study.levels.iter().map(ToString::to_string).collect()),
        },
        y: Axis {
            label: format!("{} less human rows alone", performance.name),
            ticks: Ticks::Round,
        },
        series,
        reference: Some(Reference {
            label: "as human rows alone".to_owned(),
            value: 0.0,
            interval: None,
        }),
        ordered: true,
    };
    (!plot.series.is_empty()).then_some(Picture { caption, plot })
}

fn point(study: &Study, one: &Difference<'_>, shift: f64) -> Option<Point> {
    let level = study
        .rank(Some(one.arm.key.level.as_ref()?))
        .checked_sub(1)?;
    let difference = crate::answers::with_interval(one.mean, one.interval, number::signed);
    Some(Point {
        at: (level as f64 + shift, one.mean),
        along: one.interval,
        title: format!(
            "{} less {}\n{difference}, {}",
            one.arm.key.name(),
            one.human.key.name(),
            cli::count(one.seeds, "seed")
        ),
        ..Point::default()
    })
}
