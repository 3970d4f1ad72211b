//! Where a value lies on an axis, and where its ticks are.

use super::Ticks;
use crate::number::fixed;

/// Room between the outermost value and the end of the axis, as a share of the axis.
const ROOM: f64 = 0.05;
/// Ticks closer than this are left out.
const CLOSEST: f64 = 34.0;

/// A linear scale with its ticks.
pub(crate) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
    /// Where the ticks are, and what stands at them.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Scale {
    /// The scale that puts `extent` between `places`.
    pub(crate) fn new(extent: (f64, f64), places: (f64, f64), ticks: &Ticks) -> Self {
        let values = widened(extent, ticks);
        let mut scale = Self {
            values,
            places,
            ticks: Vec::new(),
        };
        scale.ticks = match ticks {
            Ticks::Round => round_ticks(values),
            Ticks::At(at) => at
                .iter()
                .map(|value| (*value, crate::number::short(*value)))
                .collect(),
            Ticks::Names(names) => names
                .iter()
                .enumerate()
                .map(|(at, name)| (at as f64, name.clone()))
                .collect(),
        };
        if matches!(ticks, Ticks::At(_)) {
            scale.thin();
        }
        scale
    }

    /// Where `value` lies.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let share = (value - self.values.0) / (self.values.1 - self.values.0);
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// The ends of the axis.
    pub(crate) fn ends(&self) -> (f64, f64) {
        self.places
    }

    /// The room of one tick.
    pub(crate) fn step(&self) -> f64 {
        (self.places.1 - self.places.0).abs() / self.ticks.len().max(1) as f64
    }

    fn thin(&mut self) {
        let mut kept: Vec<(f64, String)> = Vec::new();
        for tick in std::mem::take(&mut self.ticks) {
            let far = kept
                .last()
                .is_none_or(|last| (self.place(tick.0) - self.place(last.0)).abs() >= CLOSEST);
            if far {
                kept.push(tick);
            }
        }
        self.ticks = kept;
    }
}

fn widened((low, high): (f64, f64), ticks: &Ticks) -> (f64, f64) {
    if let Ticks::Names(names) = ticks {
        return (-0.5, names.len().max(1) as f64 - 0.5);
    }
    if !(low.is_finite() && high.is_finite()) {
        return (0.0, 1.0);
    }
    let room = if high > low {
        (high - low) * ROOM
    } else {
        low.abs().max(1.0) * ROOM
    };
    (low - room, high + room)
}

/// Ticks at 1, 2 or 5 times a power of ten, about six of them.
fn round_ticks((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let rough = (high - low) / 6.0;
    let power = 10f64.powf(rough.log10().floor());
    let off = |step: &f64| (step / rough).ln().abs();
    let steps = [1.0, 2.0, 5.0, 10.0].map(|times| times * power);
    let step = steps
        .into_iter()
        .min_by(|one, other| off(one).total_cmp(&off(other)))
        .unwrap_or(rough);
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    let ticks = (first..=last).map(|count| count as f64 * step);
    ticks.map(|value| (value, fixed(value, decimals))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let told: Vec<String> = round_ticks((0.713, 0.842))
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(
            told,
            ["0.72", "0.74", "0.76", "0.78", "0.80", "0.82", "0.84"]
        );
        let told: Vec<String> = round_ticks((-12.0, 37.0))
            .into_iter()
            .map(|tick| tick.1)
            .collect();
        assert_eq!(told, ["\u{2212}10", "0", "10", "20", "30"]);
    }

    #[test]
    fn one_value_has_room_around_it() {
        let scale = Scale::new((3.0, 3.0), (0.0, 100.0), &Ticks::Round);
        assert!((scale.place(3.0) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn ticks_that_would_touch_are_left_out() {
        let at = Ticks::At(vec![0.0, 0.01, 0.5, 1.0]);
        let told: Vec<f64> = Scale::new((0.0, 1.0), (0.0, 600.0), &at)
            .ticks
            .iter()
            .map(|tick| tick.0)
            .collect();
        assert_eq!(told, [0.0, 0.5, 1.0]);
    }
}
