//! Several studies side by side: what synthetic rows did to each, over all its levels.

use std::collections::BTreeMap;

use super::Picture;
use crate::arms::Study;
use crate::compare::differences_by_seed;
use crate::measure::Measure;
use crate::number;
use crate::plot::{Axis, Plot, Point, Reference, Series, Ticks};
use crate::statistics::over_seeds;

/// The difference to human rows alone by proportion, a line a study; `None` of fewer than two.
///
/// Within a seed the differences of all levels of a proportion are averaged, then the seeds.
pub(crate) fn side_by_side(studies: &[(&Study, &Measure)]) -> Option<Picture> {
    let name = &studies.first()?.1.name;
    let comparable = studies.iter().filter(|(_, measure)| measure.name == *name);
    let series = comparable
        .enumerate()
        .map(|(nth, (study, measure))| Series {
            label: study.name.clone().unwrap_or_else(|| "Results".to_owned()),
            points: points(study, measure),
            joined: true,
            colour: nth,
            mark: nth,
        });
    let series: Vec<Series> = series.filter(|one| !one.points.is_empty()).collect();
    let caption = "Each line is a study. A mark is the mean over levels and seeds of the paired difference to human rows alone; \
         bands and bars are 95 % intervals over seeds."
        .to_owned();
    let several = series.len() > 1;
    let plot = Plot {
        title: format!("Difference in {name} to human rows alone, by study"),
        about: caption.clone(),
        x: Axis {
            label: "proportion: synthetic share of the training set".to_owned(),
            ticks: Ticks::Round,
        },
        y: Axis {
            label: format!("{name} less human rows alone"),
            ticks: Ticks::Round,
        },
        series,
        reference: Some(Reference {
            label: "as human rows alone".to_owned(),
            value: 0.0,
            interval: None,
        }),
        ordered: false,
    };
    several.then_some(Picture { caption, plot })
}

fn points(study: &Study, measure: &Measure) -> Vec<Point> {
    let mut shares: BTreeMap<u64, BTreeMap<Option<i64>, Vec<f64>>> = BTreeMap::new();
    for (arm, seeds) in differences_by_seed(study, measure) {
        // Shares are not negative, so their bits are in the order of the numbers.
        let share = arm.key.share().unwrap_or_default().to_bits();
        for (seed, difference) in seeds {
            let of_share = shares.entry(share).or_default();
            of_share.entry(seed).or_default().push(difference);
        }
    }
    let points = shares.into_iter().filter_map(|(share, seeds)| {
        let means: Vec<f64> = seeds
            .values()
            .filter_map(|all| numeric::mean(all))
            .collect();
        let over = over_seeds(&means)?;
        let share = f64::from_bits(share);
        let told = crate::answers::with_interval(over.mean, over.interval, number::signed);
        Some(Point {
            at: (share, over.mean),
            along: over.interval,
            title: format!(
                "{}, proportion {}\n{told}, {}",
                study.name.as_deref().unwrap_or("Results"),
                number::short(share),
                cli::count(over.seeds, "seed")
            ),
            ..Point::default()
        })
    });
    points.collect()
}
