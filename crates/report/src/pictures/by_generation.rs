//! A measure from model to model of a chain.

use super::{Picture, told};
use crate::arms::{Arm, Study};
use crate::chains::chains;
use crate::measure::Measure;
use crate::plot::{Axis, Plot, Point, Series, Ticks};

/// A measure from model to model of a chain; `None` where nothing was measured in two generations.
pub(crate) fn by_generation(study: &Study, measure: &Measure) -> Option<Picture> {
    let chains = chains(study, measure);
    let point = |(generation, arm): &(f64, &Arm)| {
        let y = arm.mean(&measure.name)?;
        let title = format!("{}\n{}: {}", arm.key.name(), measure.name, told(&y));
        Some(Point {
            at: (*generation, y.value),
            along: y.interval,
            title,
            ..Point::default()
        })
    };
    let series = chains.iter().enumerate().map(|(nth, chain)| Series {
        label: chain.name.clone(),
        points: chain.arms.iter().filter_map(point).collect(),
        joined: true,
        colour: nth,
        mark: nth,
    });
    let mut generations: Vec<f64> = chains
        .iter()
        .flat_map(|chain| &chain.arms)
        .map(|arm| arm.0)
        .collect();
    generations.sort_by(f64::total_cmp);
    generations.dedup();
    let title = format!("{} by generation", measure.name);
    let caption = "Each line is a chain of models, each trained on what the one before it wrote; \
        bands and bars are 95 % intervals."
        .to_owned();
    let several = generations.len() > 1;
    let plot = Plot {
        title,
        about: caption.clone(),
        x: Axis {
            label: "generation".to_owned(),
            ticks: Ticks::At(generations),
        },
        y: Axis {
            label: measure.name.clone(),
            ticks: Ticks::Round,
        },
        series: series.collect(),
        ..Plot::default()
    };
    several.then_some(Picture { caption, plot })
}
