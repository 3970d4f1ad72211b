//! One line about a set: is it diverse and near, diverse but shifted, or narrow.
//!
//! It is said relative to the reference against itself. Ten times two parts of m rows each are drawn
//! from the N rows of the reference, and m rows of the set: the set is shifted if it is farther from
//! the first part than the second part is, and narrow if it is less varied than the second part, in
//! both cases by more than chance explains.
//!
//! Parts of one reference differ less than sets that were drawn anew: with f = m / N a figure of a
//! part varies around that of the reference by √(1 − f) of what it does in a new set, and the
//! reference itself by √f. So the standard deviation over the parts is taken √((1 + f) / (1 − f))
//! times, and the margin is 2.5 of those.

use std::fmt;

use diversity::{Context, Measured, Metric, Options, Pair, Set, Shift};

use crate::scored::two_parts;

/// So many times the reference is divided.
const DIVISIONS: u64 = 10;
/// The parts have at most so many rows.
const MOST_ROWS: usize = 1000;
/// A difference counts if it is so many standard deviations.
const DEVIATIONS: f64 = 2.5;
/// With parts of fewer rows nothing is said.
const FEWEST_ROWS: usize = 20;

/// What is said of a set, with the figures behind it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    rows: usize,
    variety: Compared,
    shift: Compared,
}

/// A figure of the set, and the same of parts of the reference.
#[derive(Clone, Debug, PartialEq)]
struct Compared {
    name: &'static str,
    /// The mean over the divisions.
    of_set: f64,
    /// The same of the second part.
    of_halves: f64,
    /// What chance explains of the difference.
    margin: f64,
}

impl Verdict {
    /// What is to be said of `set`; `None` where there are too few rows or no value.
    ///
    /// By vectors where both sets have them (`vendi_q1`, `mmd_rbf`), by texts otherwise
    /// (`distinct_2`, `js_1`).
    pub(crate) fn new(set: &Set<'_>, reference: &Set<'_>, options: Options) -> Option<Self> {
        let with_vectors = set.vectors().is_some() && reference.vectors().is_some();
        let (variety, shift) = if with_vectors {
            ("vendi_q1", "mmd_rbf")
        } else {
            ("distinct_2", "js_1")
        };
        let variety = diversity::metric(variety).ok()?;
        let shift = diversity::shift(shift).ok()?;
        let rows = set.len().min(reference.len() / 2).min(MOST_ROWS);
        if rows < FEWEST_ROWS {
            return None;
        }
        let divisions: Option<Vec<Division>> = (0..DIVISIONS)
            .map(|at| Division::new(set, reference, rows, at, (variety, shift), options))
            .collect();
        let divisions = divisions?;
        let share = rows as f64 / reference.len() as f64;
        let compared = |name, pick: fn(&Division) -> (f64, f64)| {
            let (of_set, of_halves): (Vec<f64>, Vec<f64>) = divisions.iter().map(pick).unzip();
            let deviation = numeric::variance(&of_halves)?.sqrt();
            Some(Compared {
                name,
                of_set: numeric::mean(&of_set)?,
                of_halves: numeric::mean(&of_halves)?,
                margin: DEVIATIONS * deviation * ((1.0 + share) / (1.0 - share)).sqrt(),
            })
        };
        Some(Self {
            rows,
            variety: compared(variety.name, |division| division.variety)?,
            shift: compared(shift.name, |division| division.shift)?,
        })
    }

    fn is_narrow(&self) -> bool {
        self.variety.of_set < self.variety.of_halves - self.variety.margin
    }

    fn is_shifted(&self) -> bool {
        self.shift.of_set > self.shift.of_halves + self.shift.margin
    }

    fn name(&self) -> &'static str {
        match (self.is_narrow(), self.is_shifted()) {
            (true, true) => "narrow and shifted",
            (true, false) => "narrow",
            (false, true) => "diverse but shifted",
            (false, false) => "diverse and near",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rows,
            variety,
            shift,
        } = self;
        write!(f, "{}: {variety}; {shift}; {rows} rows each", self.name())
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (of_set, of_halves) = (short(self.of_set), short(self.of_halves));
        let margin = short(self.margin);
        let name = self.name;
        write!(
            f,
            "{name} {of_set}, halves of the reference {of_halves} ± {margin}"
        )
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = 2 - (value.abs().log10().floor() as i32);
    let places = usize::try_from(digits).unwrap_or(0).min(9);
    format!("{value:.places$}")
}

/// The figures of the set and of the second part, from one division of the reference.
struct Division {
    variety: (f64, f64),
    shift: (f64, f64),
}

impl Division {
    fn new(
        set: &Set<'_>,
        reference: &Set<'_>,
        rows: usize,
        at: u64,
        (variety, shift): (&Metric, &Shift),
        options: Options,
    ) -> Option<Self> {
        let seed = options.seed.child("verdict", at);
        let halves = two_parts(reference, rows, seed)?;
        let mut order: Vec<usize> = (0..set.len()).collect();
        seed.stream("rows of the set").shuffle(&mut order);
        order.truncate(rows);
        order.sort_unstable();
        let some = set.select(&order);
        let value = |measured: Measured| measured.ok().map(|figure| figure.value);
        let context = || Context::of_replicate(&options);
        let varied = |set: &Set<'_>| value(variety.measure(set, &context()));
        let far = |pair: &Pair<'_>| value(shift.measure(pair, &context()));
        let variety = (varied(&some)?, varied(&halves.other)?);
        let with_set = Pair::new(halves.reference.clone(), some);
        Some(Self {
            variety,
            shift: (far(&with_set)?, far(&halves)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numeric::{Seed, Vectors};

    const OPTIONS: Options = Options::new(Seed::new(1));

    /// `n` vectors in 8 dimensions around `centre`, spread by `spread`.
    fn cloud(n: usize, centre: f64, spread: f64, seed: u64) -> Vectors {
        let mut stream = Seed::new(seed).stream("cloud");
        let values = (0..n * 8).map(|_| (spread * stream.normal() + centre) as f32);
        Vectors::new(values.collect(), 8).expect("whole rows")
    }

    fn said(set: &Vectors) -> String {
        let reference = cloud(400, 0.3, 1.0, 1);
        let (set, reference) = (Set::of_vectors(set), Set::of_vectors(&reference));
        let verdict = Verdict::new(&set, &reference, OPTIONS).expect("enough rows");
        verdict.name().to_owned()
    }

    #[test]
    fn fresh_rows_of_the_reference_are_diverse_and_near() {
        assert_eq!(said(&cloud(200, 0.3, 1.0, 2)), "diverse and near");
    }

    #[test]
    fn rows_elsewhere_are_shifted_and_rows_close_together_narrow() {
        assert_eq!(said(&cloud(200, -0.3, 1.0, 2)), "diverse but shifted");
        assert_eq!(said(&cloud(200, 0.3, 0.2, 2)), "narrow and shifted");
    }

    #[test]
    fn of_few_rows_nothing_is_said() {
        let (few, many) = (cloud(19, 0.0, 1.0, 1), cloud(400, 0.0, 1.0, 2));
        let (few, many) = (Set::of_vectors(&few), Set::of_vectors(&many));
        assert_eq!(Verdict::new(&few, &many, OPTIONS), None);
        assert_eq!(Verdict::new(&many, &few, OPTIONS), None);
    }

    #[test]
    fn the_figures_stand_behind_it() {
        let compared = |name, of_set, of_halves, margin| Compared {
            name,
            of_set,
            of_halves,
            margin,
        };
        let verdict = Verdict {
            rows: 300,
            variety: compared("vendi_q1", 34.567, 33.0, 3.04),
            shift: compared("mmd_rbf", 0.021_34, -0.001, 0.000_8),
        };
        assert_eq!(
            verdict.to_string(),
            "diverse but shifted: vendi_q1 34.6, halves of the reference 33.0 ± 3.04; \
             mmd_rbf 0.0213, halves of the reference -0.00100 ± 0.000800; 300 rows each"
        );
    }
}
