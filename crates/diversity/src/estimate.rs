//! Runs several measures over one set or pair, with an interval for each.
//!
//! The parts that the jackknife leaves are made once for all measures.

use numeric::{Estimate, GROUPS, Groups, jackknife_95};

use crate::{Context, MeasureError, Measured, Metric, Options, Pair, Param, Set, Shift};

/// A value with its interval, and what the measure says beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The value, its interval if it has one, and the number of rows.
    pub estimate: Estimate,
    /// What belongs to the value and not to the name.
    pub details: Vec<Param>,
}

/// What several measures come to, one after the other; each may have no value, with its reason.
pub type FoundAll = Vec<Result<Found, MeasureError>>;

/// What each of `metrics` finds in `set`, with a jackknife interval where `groups` are given.
///
/// There is no interval where the groups are too few, or where the set without one of them has no
/// value, or where a metric is not fit for it; a metric that has its own way to an interval keeps it.
/// It is an error only if the groups are those of another set.
pub fn estimates(
    metrics: &[&Metric],
    set: &Set<'_>,
    groups: Option<&Groups>,
    options: &Options,
) -> Result<FoundAll, MeasureError> {
    let value = |at: usize, set: &Set<'_>, context: &Context| metrics[at].measure(set, context);
    let points = points(metrics.len(), set, *options, value);
    let Some(groups) = groups else {
        return Ok(found(points, set.len(), None));
    };
    check_groups(groups, set)?;
    let part = |group| set.select(&groups.without(group));
    let few = groups.are_too_few();
    let fit = |at: usize| metrics[at].jackknife;
    let replicates = (!few).then(|| replicates(&points, fit, *options, part, value));
    Ok(found(points, set.len(), replicates))
}

/// What each of `shifts` finds in `pair`, with a jackknife interval where groups are given, first
/// those of the reference, then those of the other set.
///
/// The k-th group of both sets is left out together: as the sets are independent, their variances
/// add up.
pub fn shift_estimates(
    shifts: &[&Shift],
    pair: &Pair<'_>,
    groups: Option<(&Groups, &Groups)>,
    options: &Options,
) -> Result<FoundAll, MeasureError> {
    let value = |at: usize, pair: &Pair<'_>, context: &Context| shifts[at].measure(pair, context);
    let points = points(shifts.len(), pair, *options, value);
    let n = pair.other.len();
    let Some((of_reference, of_other)) = groups else {
        return Ok(found(points, n, None));
    };
    check_groups(of_reference, &pair.reference)?;
    check_groups(of_other, &pair.other)?;
    let part = |group| pair.select(&of_reference.without(group), &of_other.without(group));
    let few = of_reference.are_too_few() || of_other.are_too_few();
    let fit = |at: usize| shifts[at].jackknife;
    let replicates = (!few).then(|| replicates(&points, fit, *options, part, value));
    Ok(found(points, n, replicates))
}

/// What each of `count` measures comes to on the whole.
fn points<S>(
    count: usize,
    whole: &S,
    options: Options,
    value: impl Fn(usize, &S, &Context) -> Measured,
) -> Vec<Measured> {
    let context = Context::new(&options);
    (0..count).map(|at| value(at, whole, &context)).collect()
}

/// The values of each measure without each of the groups; `None` of a measure that has no value on
/// the whole or without one of them, has an interval of its own, or is not fit for the jackknife.
type Replicates = Vec<Option<[f64; GROUPS]>>;

fn replicates<S>(
    points: &[Measured],
    fit: impl Fn(usize) -> bool,
    options: Options,
    part: impl Fn(usize) -> S,
    value: impl Fn(usize, &S, &Context) -> Measured,
) -> Replicates {
    let wants = |point: &Measured| matches!(point, Ok(figure) if figure.interval.is_none());
    let mut all: Replicates = points
        .iter()
        .enumerate()
        .map(|(at, point)| (fit(at) && wants(point)).then_some([0.0; GROUPS]))
        .collect();
    for group in 0..GROUPS {
        if all.iter().all(Option::is_none) {
            break;
        }
        let part = part(group);
        let context = Context::of_replicate(&options);
        for (at, values) in all.iter_mut().enumerate() {
            let Some(of_measure) = values else { continue };
            match value(at, &part, &context) {
                Ok(figure) => of_measure[group] = figure.value,
                Err(_) => *values = None,
            }
        }
    }
    all
}

fn found(points: Vec<Measured>, n: usize, replicates: Option<Replicates>) -> FoundAll {
    let none = || vec![None; points.len()];
    let replicates = replicates.unwrap_or_else(none);
    let both = points.into_iter().zip(replicates);
    both.map(|(point, values)| {
        let figure = point?;
        let mut estimate = Estimate::point(figure.value, n);
        estimate.interval = figure.interval;
        if let Some(values) = values {
            let (low, high) = jackknife_95(figure.value, &values);
            estimate = estimate.within(low, high, "jackknife_95");
        }
        let details = figure.details;
        Ok(Found { estimate, details })
    })
    .collect()
}

fn check_groups(groups: &Groups, set: &Set<'_>) -> Result<(), MeasureError> {
    if groups.len() != set.len() {
        let (groups, rows) = (groups.len(), set.len());
        return Err(MeasureError::Groups { groups, rows });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use numeric::Seed;
    use text::Tokenizer;

    const OPTIONS: Options = Options::new(Seed::new(1));

    fn mean_words(texts: &[&str]) -> Result<Found, MeasureError> {
        let metric = crate::metric("mean_words").expect("known");
        let set = Set::of_texts(texts, Tokenizer::Whitespace);
        let groups = Groups::of_rows(texts.len(), Seed::new(1));
        let mut all = estimates(&[metric], &set, Some(&groups), &OPTIONS).expect("its groups");
        all.remove(0)
    }

    #[test]
    fn an_estimate_has_an_interval_around_its_value() {
        let texts: Vec<String> = (0..60).map(|row| "w ".repeat(row % 5 + 1)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let estimate = mean_words(&texts).expect("enough rows").estimate;
        let interval = estimate.interval.expect("enough groups");
        assert_eq!(
            (estimate.value, estimate.n, interval.method),
            (3.0, 60, "jackknife_95")
        );
        assert!(interval.low < 3.0 && 3.0 < interval.high);
    }

    #[test]
    fn few_rows_have_a_value_and_no_interval() {
        let found = mean_words(&["a b", "c"]).expect("two rows");
        assert_eq!(found.estimate, Estimate::point(1.5, 2));
    }

    #[test]
    fn groups_of_another_set_are_refused() {
        let metric = crate::metric("mean_words").expect("known");
        let set = Set::of_texts(&["a"], Tokenizer::Whitespace);
        let groups = Groups::of_rows(2, Seed::new(1));
        let error = estimates(&[metric], &set, Some(&groups), &OPTIONS);
        assert_eq!(error, Err(MeasureError::Groups { groups: 2, rows: 1 }));
    }

    #[test]
    fn one_measure_without_a_value_leaves_the_others_theirs() {
        let metrics = [
            crate::metric("vendi_q1").expect("known"),
            crate::metric("mean_words").expect("known"),
        ];
        let set = Set::of_texts(&["a b"], Tokenizer::Whitespace);
        let all = estimates(&metrics, &set, None, &OPTIONS).expect("no groups");
        assert!(all[0].is_err());
        assert_eq!(all[1].as_ref().expect("a text").estimate.value, 2.0);
    }

    #[test]
    fn an_interval_of_the_measures_own_is_kept() {
        let point = crate::Figure::from(1.0).within(0.5, 1.5, "of its own");
        let asked = std::cell::Cell::new(0);
        let value = |_: usize, (): &(), _: &Context| {
            asked.set(asked.get() + 1);
            Ok(2.0.into())
        };
        let points = vec![Ok(point)];
        let replicates = replicates(&points, |_| true, OPTIONS, |_| (), value);
        assert_eq!((asked.get(), &replicates[0]), (0, &None));
        let all = found(points, 3, Some(replicates));
        let interval = all[0].as_ref().expect("a value").estimate.interval.clone();
        assert_eq!(interval.expect("its own").method, "of its own");
    }
}
