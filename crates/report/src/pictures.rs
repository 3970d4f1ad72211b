//! The pictures of a study: performance by diversity and by proportion, diversity by level, and both by generation.

use std::collections::BTreeMap;

use crate::arms::{Arm, Mean, Study};
use crate::chains::chains;
use crate::factor::Factor;
use crate::measure::Measure;
use crate::number;
use crate::order::sets_by_level;
use crate::panel::Panel;
use crate::plot::{Axis, COLOURS, Plot, Point, Reference, Series, Ticks};

/// With more shares than this the axis has round ticks instead of one a share.
const MOST_TICKS: usize = 9;

/// A picture with what is said below it.
pub(crate) struct Picture {
    /// Its title.
    pub(crate) title: String,
    /// How it is to be read.
    pub(crate) caption: String,
    /// The `svg` element.
    pub(crate) svg: String,
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

/// Performance against measured diversity; `None` where no arm has both.
pub(crate) fn by_diversity(
    study: &Study,
    panel: &Panel<'_>,
    performance: &Measure,
    diversity: &Measure,
) -> Option<Picture> {
    let shares = panel.shares();
    let highest = highest_of_each_level(panel, performance);
    let point = |arm: &&Arm| {
        let y = arm.mean(&performance.name)?;
        let x = panel
            .measured(study, arm, diversity)?
            .mean(&diversity.name)?;
        Some(Point {
            at: (x.value, y.value),
            across: x.interval,
            along: y.interval,
            title: format!(
                "{}\n{}: {}\n{}: {}",
                arm.key.name(),
                performance.name,
                told(&y),
                diversity.name,
                told(&x)
            ),
            label: arm
                .key
                .level
                .as_ref()
                .filter(|_| highest.contains(&y.value))
                .map(|level| format!("level {level}")),
        })
    };
    let series = shares.iter().enumerate().map(|(nth, share)| Series {
        label: format!("proportion {}", number::short(*share)),
        points: from_left(
            panel
                .arms
                .iter()
                .filter(|arm| arm.key.share() == Some(*share))
                .filter_map(point),
        ),
        joined: false,
        colour: nth * (COLOURS - 1) / (shares.len() - 1).max(1),
        mark: nth,
    });
    let series: Vec<Series> = series.filter(|series| !series.points.is_empty()).collect();
    let rows = if panel.is_measured_itself(diversity) {
        "the rows trained on"
    } else {
        "the generated rows"
    };
    let title = titled(format!("{} by measured diversity", performance.name), panel);
    let caption = format!(
        "Each mark is an arm, and a thread joins the levels of one proportion; bars are 95 % intervals. Diversity is that of {rows}. \
         The dashed line is the arm of human rows only, the grey band its interval.{}",
        left_out(panel)
    );
    let plot = Plot {
        title: title.clone(),
        about: caption.clone(),
        x: Axis {
            label: format!("{} of {rows}", diversity.name),
            ticks: Ticks::Round,
        },
        y: Axis {
            label: performance.name.clone(),
            ticks: Ticks::Round,
        },
        reference: reference(panel, performance),
        series,
        ordered: true,
    };
    (!plot.series.is_empty()).then(|| Picture {
        title,
        caption,
        svg: plot.svg(),
    })
}

fn from_left(points: impl Iterator<Item = Point>) -> Vec<Point> {
    let mut points: Vec<Point> = points.collect();
    points.sort_by(|one, other| one.at.0.total_cmp(&other.at.0));
    points
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
        title: title.clone(),
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
    (panel.shares().len() + usize::from(panel.human.is_some()) > 1).then(|| Picture {
        title,
        caption,
        svg: plot.svg(),
    })
}

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
        title: title.clone(),
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
    (sets.len() > 1).then(|| Picture {
        title,
        caption,
        svg: plot.svg(),
    })
}

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
        title: title.clone(),
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
    several.then(|| Picture {
        title,
        caption,
        svg: plot.svg(),
    })
}
