//! Measured diversity of each level: does the knob do what it is for?

use super::{Picture, told};
use crate::arms::Study;
use crate::measure::Measure;
use crate::order::sets_by_level;
use crate::plot::{Axis, Plot, Point, Reference, Series, Ticks};

/// Measured diversity of each level; `None` where fewer than two levels were measured.
pub(crate) fn by_level(study: &Study, diversity: &Measure) -> Option<Picture> {
    let sets = sets_by_level(study, &diversity.name);
    let points = sets.iter().enumerate().filter_map(|(nth, arm)| {
        let y = arm.mean(&diversity.name)?;
        let title = format!("{}\n{}: {}", arm.key.name(), diversity.name, told(&y));
        Some(Point {
            at: (nth as f64, y.value),
            along: y.interval,
            title,
            ..Point::default()
        })
    });
    let series = Series {
        label: diversity.name.clone(),
        points: points.collect(),
        joined: true,
        ..Series::default()
    };
    let names = sets
        .iter()
        .filter_map(|arm| arm.key.level.as_ref().map(ToString::to_string));
    let mean = study
        .human_set(&diversity.name)
        .and_then(|arm| arm.mean(&diversity.name));
    let title = format!("{} by level", diversity.name);
    let order = if study.levels.iter().all(|level| level.number().is_some()) {
        "by number"
    } else {
        "as they first came"
    };
    let caption = format!(
        "Does the knob do what it is for? Levels stand {order}; bars and band are 95 % intervals. \
         {} is more varied.",
        if diversity.rising == Some(false) {
            "Lower"
        } else {
            "Higher"
        }
    );
    let plot = Plot {
        title,
        about: caption.clone(),
        x: Axis {
            label: "level".to_owned(),
            ticks: Ticks::Names(names.collect()),
        },
        y: Axis {
            label: diversity.name.clone(),
            ticks: Ticks::Round,
        },
        series: vec![series],
        reference: mean.map(|mean| Reference {
            label: "human rows".to_owned(),
            value: mean.value,
            interval: mean.interval,
        }),
        ordered: false,
    };
    (sets.len() > 1).then_some(Picture { caption, plot })
}
