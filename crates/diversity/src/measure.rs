//! What a measure is: a name that pins what it computes, and the function that computes it.

use std::fmt::Write as _;

use numeric::{Estimate, GROUPS, Groups, Vectors, jackknife_95};

use crate::{Input, MeasureError};

/// How varied a set is, by one definition.
#[derive(Debug)]
pub struct Metric {
    /// Its name in every output; what it computes never changes under the same name.
    pub name: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// Which way is more varied.
    pub direction: Direction,
    /// What it says about a set, in one line.
    pub about: &'static str,
    /// What the name pins.
    pub params: &'static [Param],
    /// The function, by what it reads.
    pub compute: Compute,
}

/// How far a set is from a reference set, by one definition.
#[derive(Debug)]
pub struct Shift {
    /// Its name in every output; what it computes never changes under the same name.
    pub name: &'static str,
    /// The unit of its value.
    pub unit: &'static str,
    /// Which way is farther.
    pub direction: Direction,
    /// What it says about two sets, in one line.
    pub about: &'static str,
    /// What the name pins.
    pub params: &'static [Param],
    /// The function, by what it reads: the reference, then the other set.
    pub compute: Compare,
}

/// The function of a metric, by what it reads.
#[derive(Clone, Copy, Debug)]
pub enum Compute {
    /// Reads the texts.
    Texts(fn(&[&str]) -> Result<f64, MeasureError>),
    /// Reads the vectors.
    Vectors(fn(&Vectors) -> Result<f64, MeasureError>),
}

/// The function of a shift measure, by what it reads: the reference, then the other set.
#[derive(Clone, Copy, Debug)]
pub enum Compare {
    /// Reads the texts.
    Texts(fn(&[&str], &[&str]) -> Result<f64, MeasureError>),
    /// Reads the vectors.
    Vectors(fn(&Vectors, &Vectors) -> Result<f64, MeasureError>),
}

/// Which way a value points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A higher value is a more varied set.
    HigherIsMoreVaried,
    /// A lower value is a more varied set.
    LowerIsMoreVaried,
    /// A higher value is a set farther from the reference.
    HigherIsFarther,
    /// A description that says nothing about variety.
    Neutral,
}

/// One parameter that a name pins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    /// What it is called.
    pub key: &'static str,
    /// What it is.
    pub value: ParamValue,
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamValue {
    /// A choice.
    Text(&'static str),
    /// A count.
    Integer(u64),
    /// A quantity.
    Real(f64),
}

impl Param {
    /// A choice.
    pub const fn text(key: &'static str, value: &'static str) -> Self {
        let value = ParamValue::Text(value);
        Self { key, value }
    }

    /// A count.
    pub const fn integer(key: &'static str, value: u64) -> Self {
        let value = ParamValue::Integer(value);
        Self { key, value }
    }

    /// A quantity.
    pub const fn real(key: &'static str, value: f64) -> Self {
        let value = ParamValue::Real(value);
        Self { key, value }
    }
}

/// The parameters as a JSON object, in their order; keys and choices are plain ASCII.
pub fn params_json(params: &[Param]) -> String {
    let mut json = String::from("{");
    for (at, Param { key, value }) in params.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let written = match value {
            ParamValue::Text(text) => write!(json, "{comma}{key:?}:{text:?}"),
            ParamValue::Integer(count) => write!(json, "{comma}{key:?}:{count}"),
            ParamValue::Real(quantity) => write!(json, "{comma}{key:?}:{quantity}"),
        };
        written.expect("writing to a string does not fail");
    }
    json.push('}');
    json
}

impl Direction {
    /// Its name in every output, such as `higher_is_more_varied`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HigherIsMoreVaried => "higher_is_more_varied",
            Self::LowerIsMoreVaried => "lower_is_more_varied",
            Self::HigherIsFarther => "higher_is_farther",
            Self::Neutral => "neutral",
        }
    }
}

impl Metric {
    /// What it reads: `texts` or `vectors`.
    pub const fn reads(&self) -> &'static str {
        match self.compute {
            Compute::Texts(_) => "texts",
            Compute::Vectors(_) => "vectors",
        }
    }

    /// Its value for a set.
    pub fn value(&self, input: &Input<'_>) -> Result<f64, MeasureError> {
        match (self.compute, input) {
            (Compute::Texts(compute), Input::Texts(texts)) => compute(texts),
            (Compute::Vectors(compute), Input::Vectors(vectors)) => compute(vectors),
            _ => Err(wrong_input(self.name, self.reads(), input)),
        }
    }

    /// Its value for a set with a jackknife interval (`jackknife_95`).
    ///
    /// There is no interval where the groups are too few, or where the set without one of them has
    /// no value.
    pub fn estimate(&self, input: &Input<'_>, groups: &Groups) -> Result<Estimate, MeasureError> {
        check_groups(groups, input)?;
        let estimate = Estimate::point(self.value(input)?, input.len());
        let without = |group| self.value(&input.select(&groups.without(group)));
        Ok(with_interval(estimate, groups.are_too_few(), without))
    }
}

impl Shift {
    /// What it reads: `texts` or `vectors`.
    pub const fn reads(&self) -> &'static str {
        match self.compute {
            Compare::Texts(_) => "texts",
            Compare::Vectors(_) => "vectors",
        }
    }

    /// How far `other` is from `reference`.
    pub fn value(&self, reference: &Input<'_>, other: &Input<'_>) -> Result<f64, MeasureError> {
        match (self.compute, reference, other) {
            (Compare::Texts(compare), Input::Texts(a), Input::Texts(b)) => compare(a, b),
            (Compare::Vectors(compare), Input::Vectors(a), Input::Vectors(b)) => {
                if a.dim() != b.dim() {
                    let (reference, other) = (a.dim(), b.dim());
                    return Err(MeasureError::Dimensions { reference, other });
                }
                compare(a, b)
            }
            (_, reference, other) if reference.kind() == self.reads() => {
                Err(wrong_input(self.name, self.reads(), other))
            }
            _ => Err(wrong_input(self.name, self.reads(), reference)),
        }
    }

    /// How far `other` is from `reference`, with a jackknife interval (`jackknife_95`).
    ///
    /// The k-th group of both sets is left out together: as the sets are independent, their
    /// variances add up.
    pub fn estimate(
        &self,
        (reference, groups_of_reference): (&Input<'_>, &Groups),
        (other, groups_of_other): (&Input<'_>, &Groups),
    ) -> Result<Estimate, MeasureError> {
        check_groups(groups_of_reference, reference)?;
        check_groups(groups_of_other, other)?;
        let estimate = Estimate::point(self.value(reference, other)?, other.len());
        let too_few = groups_of_reference.are_too_few() || groups_of_other.are_too_few();
        let without = |group| {
            let reference = reference.select(&groups_of_reference.without(group));
            self.value(&reference, &other.select(&groups_of_other.without(group)))
        };
        Ok(with_interval(estimate, too_few, without))
    }
}

/// Adds the jackknife interval, unless the groups are too few or a part of the set has no value.
fn with_interval(
    estimate: Estimate,
    too_few: bool,
    without: impl Fn(usize) -> Result<f64, MeasureError>,
) -> Estimate {
    if too_few {
        return estimate;
    }
    let mut values = [0.0; GROUPS];
    for (group, value) in values.iter_mut().enumerate() {
        match without(group) {
            Ok(left) => *value = left,
            Err(_) => return estimate,
        }
    }
    let (low, high) = jackknife_95(estimate.value, &values);
    estimate.within(low, high, "jackknife_95")
}

fn check_groups(groups: &Groups, input: &Input<'_>) -> Result<(), MeasureError> {
    if groups.len() != input.len() {
        let (groups, rows) = (groups.len(), input.len());
        return Err(MeasureError::Groups { groups, rows });
    }
    Ok(())
}

fn wrong_input(name: &'static str, reads: &'static str, input: &Input<'_>) -> MeasureError {
    let given = input.kind();
    MeasureError::WrongInput { name, reads, given }
}

#[cfg(test)]
mod tests {
    use super::*;
    use numeric::Seed;

    #[test]
    fn parameters_are_a_json_object() {
        let params = [
            Param::integer("n", 2),
            Param::text("tokens", "whitespace"),
            Param::real("tau", 0.1),
        ];
        let json = r#"{"n":2,"tokens":"whitespace","tau":0.1}"#;
        assert_eq!(params_json(&params), json);
        assert_eq!(params_json(&[]), "{}");
    }

    #[test]
    fn an_estimate_has_an_interval_around_its_value() {
        let metric = crate::metric("mean_words").expect("known");
        let texts: Vec<String> = (0..60).map(|row| "w ".repeat(row % 5 + 1)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let input = Input::texts(&texts);
        let groups = Groups::of_rows(60, Seed::new(1));
        let estimate = metric.estimate(&input, &groups).expect("enough rows");
        let interval = estimate.interval.expect("enough groups");
        assert_eq!(
            (estimate.value, estimate.n, interval.method),
            (3.0, 60, "jackknife_95")
        );
        assert!(interval.low < 3.0 && 3.0 < interval.high);
    }

    #[test]
    fn few_rows_have_a_value_and_no_interval() {
        let metric = crate::metric("mean_words").expect("known");
        let groups = Groups::of_rows(2, Seed::new(1));
        let estimate = metric.estimate(&Input::texts(&["a b", "c"]), &groups);
        assert_eq!(estimate, Ok(Estimate::point(1.5, 2)));
    }

    #[test]
    fn groups_of_another_set_are_refused() {
        let metric = crate::metric("mean_words").expect("known");
        let error = metric.estimate(&Input::texts(&["a"]), &Groups::of_rows(2, Seed::new(1)));
        assert_eq!(error, Err(MeasureError::Groups { groups: 2, rows: 1 }));
    }

    #[test]
    fn texts_are_no_vectors() {
        let metric = crate::metric("vendi_q1").expect("known");
        let error = metric.value(&Input::texts(&["a"])).expect_err("texts");
        assert_eq!(error.to_string(), "`vendi_q1` reads vectors, not texts");
    }
}
