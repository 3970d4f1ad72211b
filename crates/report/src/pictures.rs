//! The pictures of a study, one file a kind: what they show, how they are to be read.

mod by_generation;
mod by_level;
mod by_measure;
mod by_proportion;
mod differences;
mod scarcity;
mod studies;

use crate::arms::Mean;
use crate::measure::Measure;
use crate::number;
use crate::panel::Panel;
use crate::plot::{Plot, Point, Reference};

pub(crate) use by_generation::by_generation;
pub(crate) use by_level::by_level;
pub(crate) use by_measure::{by_diversity, by_other, by_shift};
pub(crate) use by_proportion::by_proportion;
pub(crate) use differences::of_differences;
pub(crate) use scarcity::by_real_fraction;
pub(crate) use studies::side_by_side;

/// A picture with what is said below it.
#[derive(Debug)]
pub(crate) struct Picture {
    /// How it is to be read.
    pub(crate) caption: String,
    /// What is drawn.
    pub(crate) plot: Plot,
}

fn told(mean: &Mean) -> String {
    let decimals = mean.interval.map_or_else(
        || number::decimals_of_value(mean.value),
        |(low, high)| number::decimals_of_half_width((high - low) / 2.0).max(1),
    );
    let value = number::fixed(mean.value, decimals);
    let seeds = cli::count(mean.seeds, "seed");
    match mean.interval {
        Some((low, high)) => {
            format!(
                "{value} [{}, {}], {seeds}",
                number::fixed(low, decimals),
                number::fixed(high, decimals)
            )
        }
        None => format!("{value}, {seeds}"),
    }
}

fn titled(base: String, panel: &Panel<'_>) -> String {
    if panel.name.is_empty() {
        base
    } else {
        format!("{base} ({})", panel.name)
    }
}

fn left_out(panel: &Panel<'_>) -> String {
    match panel.left_out {
        0 => String::new(),
        n => format!(
            " {} not drawn: another has the same level and proportion.",
            cli::count(n, "arm")
        ),
    }
}

fn reference(panel: &Panel<'_>, performance: &Measure) -> Option<Reference> {
    let mean = panel.human?.mean(&performance.name)?;
    Some(Reference {
        label: "human rows only".to_owned(),
        value: mean.value,
        interval: mean.interval,
    })
}

fn from_left(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut points: Vec<Point> = points.collect();
    points.sort_by(|one, other| one.at.0.total_cmp(&other.at.0));
    points
}
