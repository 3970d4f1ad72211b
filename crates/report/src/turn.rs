//! Is an inverted U shown? By two lines with a common break, fitted to each seed.

use crate::statistics::over_seeds;

/// Levels and seeds below which nothing is said of a turn.
pub(crate) const LEVELS: usize = 7;
pub(crate) const SEEDS: usize = 5;
/// Levels that each of the two lines needs.
const LEVELS_A_SIDE: usize = 3;

/// The mean and interval of a slope over seeds.
pub(crate) type Slope = (f64, (f64, f64));

/// What is known of a turn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turn {
    /// There are too few levels or seeds to say anything.
    TooFew {
        /// Levels with a value in every seed.
        levels: usize,
        /// Seeds with a value at every level.
        seeds: usize,
    },
    /// The parabola through the means does not turn inside the range, with three levels on both sides.
    NoTurnInside,
    /// The two slopes with their intervals, and where the lines meet.
    Lines {
        /// Left of the break.
        left: Slope,
        /// Right of the break.
        right: Slope,
        /// The break, in units of the x axis.
        at: f64,
    },
}

impl Turn {
    /// Whether it rises to the break and falls behind it, with both intervals off zero.
    pub(crate) fn is_inverted_u(&self) -> bool {
        matches!(self, Self::Lines { left, right, .. } if left.1.0 > 0.0 && right.1.1 < 0.0)
    }
}

/// Looks for a turn in `seeds`, each the values at the places `x`, turned so that more is better.
pub(crate) fn turn(x: &[f64], seeds: &[Vec<f64>]) -> Turn {
    if x.len() < LEVELS || seeds.len() < SEEDS {
        return Turn::TooFew {
            levels: x.len(),
            seeds: seeds.len(),
        };
    }
    let means: Vec<f64> = (0..x.len())
        .map(|at| numeric::sum(seeds.iter().map(|seed| seed[at])) / seeds.len() as f64)
        .collect();
    let Some(at) = parabola_turn(x, &means).filter(|at| {
        let left = x.iter().filter(|x| *x <= at).count();
        left.min(x.len() - left) >= LEVELS_A_SIDE
    }) else {
        return Turn::NoTurnInside;
    };
    let side = |is_left: bool| {
        let slopes = seeds.iter().filter_map(|seed| {
            let points = x.iter().copied().zip(seed.iter().copied());
            slope(
                &points
                    .filter(|(x, _)| (*x <= at) == is_left)
                    .collect::<Vec<_>>(),
            )
        });
        let over = over_seeds(&slopes.collect::<Vec<_>>())?;
        Some((over.mean, over.interval?))
    };
    match (side(true), side(false)) {
        (Some(left), Some(right)) => Turn::Lines { left, right, at },
        _ => Turn::NoTurnInside,
    }
}

/// The slope of the least-squares line; `None` where all x are equal.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let middle = numeric::sum(points.iter().map(|point| point.0)) / n;
    let spread = numeric::sum(points.iter().map(|point| (point.0 - middle).powi(2)));
    let joint = numeric::sum(points.iter().map(|point| (point.0 - middle) * point.1));
    (spread > 0.0).then(|| joint / spread)
}

/// Where the least-squares parabola turns; `None` where it is a line.
fn parabola_turn(x: &[f64], y: &[f64]) -> Option<f64> {
    let n = x.len() as f64;
    let middle = numeric::sum(x.iter().copied()) / n;
    let spread = (numeric::sum(x.iter().map(|x| (x - middle).powi(2))) / n).sqrt();
    if spread <= 0.0 {
        return None;
    }
    // Centred and scaled z has Σz = 0 and Σz² = n; what is left of z² beside 1 and z is u.
    let z: Vec<f64> = x.iter().map(|x| (x - middle) / spread).collect();
    let cubes = numeric::sum(z.iter().map(|z| z.powi(3))) / n;
    let u: Vec<f64> = z.iter().map(|z| z * z - 1.0 - cubes * z).collect();
    let size = numeric::sum(u.iter().map(|u| u * u));
    let bend = numeric::sum(u.iter().zip(y).map(|(u, y)| u * y)) / size;
    let line = numeric::sum(z.iter().zip(y).map(|(z, y)| z * y)) / n - bend * cubes;
    (size > 1e-12 && bend != 0.0).then(|| middle - spread * line / (2.0 * bend))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(values: impl Fn(f64) -> f64) -> (Vec<f64>, Vec<Vec<f64>>) {
        let x: Vec<f64> = (0..8).map(f64::from).collect();
        let seeds = (0..5).map(|seed| {
            x.iter()
                .map(|x| values(*x) + 0.01 * f64::from(seed) * x)
                .collect()
        });
        (x.clone(), seeds.collect())
    }

    #[test]
    fn a_parabola_turns_where_it_turns() {
        // y = −(x − 3)² at unevenly spaced places.
        let x = [0.0, 1.0, 2.5, 4.0, 7.0];
        let y = x.map(|x: f64| -(x - 3.0).powi(2));
        assert!((parabola_turn(&x, &y).expect("a turn") - 3.0).abs() < 1e-9);
    }

    #[test]
    fn an_inverted_u_is_shown_and_a_line_is_not() {
        let (x, up_and_down) = seeds(|x| -(x - 3.5).abs());
        let found = turn(&x, &up_and_down);
        assert!(found.is_inverted_u(), "{found:?}");
        let (x, straight) = seeds(|x| x);
        assert!(!turn(&x, &straight).is_inverted_u());
        let (x, valley) = seeds(|x| (x - 3.5).abs());
        assert!(!turn(&x, &valley).is_inverted_u());
    }

    #[test]
    fn few_levels_or_seeds_show_nothing() {
        let (x, mut all) = seeds(|x| -(x - 3.5).abs());
        all.truncate(4);
        assert_eq!(
            turn(&x, &all),
            Turn::TooFew {
                levels: 8,
                seeds: 4
            }
        );
    }
}
