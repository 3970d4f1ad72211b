//! Performance against the synthetic share, a line a level.

use super::{Picture, left_out, titled, told};
use crate::arms::{Arm, Study};
use crate::measure::Measure;
use crate::panel::Panel;
use crate::plot::{Axis, Plot, Point, Series, Ticks};

/// With more shares than this the axis has round ticks instead of one a share.
const MOST_TICKS: usize = 9;

/// Performance against the synthetic share, a line a level.
pub(crate) fn by_proportion(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
) -> Option<Picture> {
    let point = |arm: &Arm| {
        let y = arm.mean(&performance.name)?;
        let title = format!("{}\n{}: {}", arm.key.name(), performance.name, told(&y));
        Some(Point {
            at: (arm.key.share()?, y.value),
            along: y.interval,
            title,
            ..Point::default()
        })
    };
    let mut levels: Vec<_> = panel
        .arms
        .iter()
        .map(|arm| arm.key.level.as_ref())
        .collect();
    levels.sort_by_key(|level| study.rank(*level));
    levels.dedup();
    let series = levels.iter().enumerate().map(|(nth, level)| {
        let arms = panel
            .arms
            .iter()
            .filter(|arm| arm.key.level.as_ref() == *level);
        Series {
            label: level.map_or_else(|| "synthetic".to_owned(), |level| format!("level {level}")),
            points: panel
                .human
                .iter()
                .chain(arms)
                .filter_map(|arm| point(arm))
                .collect(),
            joined: true,
            colour: nth,
            mark: nth,
        }
    });
    let series: Vec<Series> = series.collect();
    let mut shares = panel.shares();
    shares.extend(panel.human.and_then(|arm| arm.key.share()));
    shares.sort_by(f64::total_cmp);
    let title = titled(format!("{} by proportion", performance.name), panel);
    let caption = format!(
        "Each line is a diversity level; bands and bars are 95 % intervals. \
         At proportion 0 all lines meet in the arm of human rows only.{}",
        left_out(panel)
    );
    let plot = Plot {
        title,
        about: caption.clone(),
        x: Axis {
            label: "proportion: synthetic share of the training set".to_owned(),
            ticks: if shares.len() <= MOST_TICKS {
                Ticks::At(shares)
            } else {
                Ticks::Round
            },
        },
        y: Axis {
            label: performance.name.clone(),
            ticks: Ticks::Round,
        },
        series,
        ..Plot::default()
    };
    (panel.shares().len() + usize::from(panel.human.is_some()) > 1)
        .then_some(Picture { caption, plot })
}
