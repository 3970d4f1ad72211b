//! L-BFGS (Nocedal 1980): the minimum of a smooth convex function from its gradients.

use std::collections::VecDeque;

/// How many pairs of steps and gradient changes are remembered.
const MEMORY: usize = 10;
/// The share of the promised descent that a step must reach (Armijo).
const DESCENT: f64 = 1e-4;
/// The share of the slope that a step must lose (the weak Wolfe condition).
const CURVATURE: f64 = 0.9;
/// Step lengths tried before a direction is given up.
const MOST_TRIALS: usize = 50;

/// A place, and the function's value and gradient there.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) place: Vec<f64>,
    pub(super) value: f64,
    pub(super) gradient: Vec<f64>,
}

/// What is minimised: the value and the gradient at a place.
pub(super) trait Objective {
    /// The value at `place` and the gradient there.
    fn at(&self, place: &[f64]) -> (f64, Vec<f64>);
}

/// Goes down from `place` until no component of the gradient is larger than `tolerance`.
///
/// Returns where it ended and whether it got there within `most` steps; `visit` sees every point.
pub(super) fn minimise(
    objective: &impl Objective,
    place: Vec<f64>,
    tolerance: f64,
    most: usize,
    mut visit: impl FnMut(&Point),
) -> (Point, bool) {
    let mut point = evaluated(objective, place);
    visit(&point);
    let mut memory: VecDeque<Pair> = VecDeque::new();
    for _ in 0..most {
        if largest(&point.gradient) <= tolerance {
            return (point, true);
        }
        let direction = direction(&memory, &point.gradient);
        let Some(next) = search(objective, &point, &direction, memory.is_empty()) else {
            if memory.is_empty() {
                return (point, false);
            }
            memory.clear();
            continue;
        };
        remember(&mut memory, &point, &next);
        point = next;
        visit(&point);
    }
    let done = largest(&point.gradient) <= tolerance;
    (point, done)
}

/// A step, the change of the gradient over it, and their product.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    product: f64,
}

fn evaluated(objective: &impl Objective, place: Vec<f64>) -> Point {
    let (value, gradient) = objective.at(&place);
    Point {
        place,
        value,
        gradient,
    }
}

fn remember(memory: &mut VecDeque<Pair>, from: &Point, to: &Point) {
    let step = difference(&to.place, &from.place);
    let change = difference(&to.gradient, &from.gradient);
    let product = dot(&step, &change);
    if product > 1e-12 * dot(&change, &change) * f64::EPSILON {
        if memory.len() == MEMORY {
            memory.pop_front();
        }
        memory.push_back(Pair {
            step,
            change,
            product,
        });
    }
}

/// Minus the gradient times the remembered inverse curvature (the two-loop recursion).
fn direction(memory: &VecDeque<Pair>, gradient: &[f64]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|value| -value).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = dot(&pair.step, &direction) / pair.product;
        add(&mut direction, -share, &pair.change);
        shares.push(share);
    }
    if let Some(last) = memory.back() {
        let scale = last.product / dot(&last.change, &last.change);
        direction.iter_mut().for_each(|value| *value *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = dot(&pair.change, &direction) / pair.product;
        add(&mut direction, share - back, &pair.step);
    }
    direction
}

/// A step along `direction` that goes down enough, by bisection; `None` if there is none.
///
/// Near the minimum the value no longer changes within rounding; there the slope decides
/// (Hager and Zhang 2005).
fn search(
    objective: &impl Objective,
    from: &Point,
    direction: &[f64],
    first: bool,
) -> Option<Point> {
    let slope = dot(&from.gradient, direction);
    if slope.is_nan() || slope >= 0.0 {
        return None;
    }
    let rounding = 1e-14 * from.value.abs();
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let mut length = if first {
        dot(direction, direction).sqrt().recip().min(1.0)
    } else {
        1.0
    };
    for _ in 0..MOST_TRIALS {
        let mut place = from.place.clone();
        add(&mut place, length, direction);
        let next = evaluated(objective, place);
        let new_slope = dot(&next.gradient, direction);
        let descends = next.value <= from.value + DESCENT * length * slope
            || (next.value <= from.value + rounding && new_slope <= (2.0 * DESCENT - 1.0) * slope);
        if !descends {
            high = length;
        } else if new_slope < CURVATURE * slope {
            low = length;
        } else {
            return Some(next);
        }
        length = if high.is_finite() {
            0.5 * (low + high)
        } else {
            2.0 * length
        };
    }
    None
}

fn largest(gradient: &[f64]) -> f64 {
    gradient.iter().fold(0.0, |largest, value| {
        if value.is_nan() {
            f64::INFINITY
        } else {
            value.abs().max(largest)
        }
    })
}

fn difference(one: &[f64], other: &[f64]) -> Vec<f64> {
    one.iter().zip(other).map(|(a, b)| a - b).collect()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, what)| *to += factor * what);
}

/// The inner product, added up in eight lanes so that it is both quick and always the same.
pub(super) fn dot(one: &[f64], other: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    for (one, other) in one.chunks(8).zip(other.chunks(8)) {
        for ((lane, a), b) in lanes.iter_mut().zip(one).zip(other) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ cᵢ (xᵢ − i)², whose minimum is at 0, 1, 2, ….
    struct Bowl(Vec<f64>);

    impl Objective for Bowl {
        fn at(&self, place: &[f64]) -> (f64, Vec<f64>) {
            let away = |i: usize| place[i] - i as f64;
            let value = (0..place.len()).map(|i| self.0[i] * away(i).powi(2)).sum();
            (
                value,
                (0..place.len())
                    .map(|i| 2.0 * self.0[i] * away(i))
                    .collect(),
            )
        }
    }

    #[test]
    fn an_uneven_bowl_is_gone_down_to_its_bottom() {
        let bowl = Bowl((0..30).map(|i| 10f64.powf(f64::from(i) / 15.0)).collect());
        let mut values = Vec::new();
        let (point, done) = minimise(&bowl, vec![5.0; 30], 1e-9, 1000, |point| {
            values.push(point.value);
        });
        assert!(
            done,
            "gradient {:?} after {}",
            largest(&point.gradient),
            values.len()
        );
        assert!(
            point
                .place
                .iter()
                .zip(0..)
                .all(|(x, i)| (x - f64::from(i)).abs() < 1e-6),
            "{:?}",
            point.place
        );
        assert!(values.windows(2).all(|pair| pair[1] <= pair[0]));
    }

    #[test]
    fn too_few_steps_are_told() {
        let bowl = Bowl((1..20).map(f64::from).collect());
        assert!(!minimise(&bowl, vec![5.0; 19], 1e-9, 2, |_| ()).1);
    }
}
