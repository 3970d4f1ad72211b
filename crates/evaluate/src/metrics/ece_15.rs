//! The expected calibration error: how far the chance that a model gives is from how often it is right.
//!
//! Guo et al. 2017, "On calibration of modern neural networks", equation 3, with 15 bins of one
//! width: the mean over rows of the distance between the mean chance and the accuracy of their bin.
//! The chance is that of the class that was chosen; a chance on the border of two bins is in the lower.

use serde_json::json;

use super::{Direction, Metric, Score};
use crate::form::Form;
use crate::predictions::Predictions;
use crate::table::flags;

/// How many bins there are.
const BINS: usize = 15;

pub(super) const METRIC: Metric = Metric {
    name: "ece_15",
    unit: "share",
    direction: Direction::Lower,
    forms: &[Form::Classification],
    score,
};

fn score(said: &Predictions) -> anyhow::Result<Score> {
    let chances = said.table.floats("probability")?;
    if chances.iter().any(Option::is_none) {
        return Ok(Score::None("the model tells no probability".to_owned()));
    }
    let rows = chances
        .into_iter()
        .flatten()
        .zip(flags(&said.table, "correct")?);
    let rows: Vec<(usize, f64, f64)> = rows
        .map(|(chance, hit)| (bin(chance), chance, f64::from(u8::from(hit))))
        .collect();
    let statistic = move |weights: &[u32]| error(&rows, weights);
    Ok(Score::Whole(Box::new(statistic), json!({})))
}

fn bin(chance: f64) -> usize {
    ((chance * BINS as f64).ceil() as usize).clamp(1, BINS) - 1
}

fn error(rows: &[(usize, f64, f64)], weights: &[u32]) -> f64 {
    let (mut gaps, mut all) = ([0.0; BINS], 0.0);
    for ((bin, chance, hit), weight) in rows.iter().zip(weights) {
        gaps[*bin] += f64::from(*weight) * (chance - hit);
        all += f64::from(*weight);
    }
    numeric::sum(gaps.map(f64::abs)) / all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::{flags, floats, tests::of_columns};

    fn measured(chances: &[f64], hits: &[bool]) -> f64 {
        let columns = vec![
            ("probability", floats(chances.iter().copied())),
            ("correct", flags(hits.iter().copied())),
        ];
        let said = of_columns(Form::Classification, columns);
        let score = (METRIC.score)(&said).expect("a score");
        score.value(&vec![1; hits.len()])
    }

    #[test]
    fn it_is_the_mean_gap_of_bins() {
        // 0.95 and 0.97 in one bin, one of two right: |0.96 − 0.5| · 2; 0.55 in another, wrong: 0.55.
        let found = measured(&[0.95, 0.97, 0.55], &[true, false, false]);
        assert!((found - (0.92 + 0.55) / 3.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn sure_and_right_is_calibrated() {
        assert_eq!(measured(&[1.0, 1.0], &[true, true]), 0.0);
        assert_eq!(measured(&[1.0, 1.0], &[false, false]), 1.0);
    }

    #[test]
    fn borders_belong_to_the_lower_bin() {
        assert_eq!(
            (bin(0.0), bin(1.0 / 15.0), bin(0.067), bin(1.0)),
            (0, 0, 1, 14)
        );
    }
}
