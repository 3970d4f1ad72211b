//! A bound on a figure, by which a pipeline can stop.

use std::str::FromStr;

use dataset::results::ResultRow;
use serde::Serialize;

/// A metric and the value to compare it with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    metric: String,
    value: f64,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (metric, value) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not METRIC=VALUE"))?;
        let known = diversity::metric(metric).is_ok() || diversity::shift(metric).is_ok();
        if !known {
            return Err(
                diversity::metric(metric).map_or_else(|error| error.to_string(), |_| String::new())
            );
        }
        let value = value
            .parse()
            .map_err(|_| format!("`{value}` is not a number"))?;
        Ok(Self {
            metric: metric.to_owned(),
            value,
        })
    }
}

/// What to say of each bound that is not kept; a figure without a value keeps none.
pub(crate) fn unmet(
    at_least: &[Threshold],
    at_most: &[Threshold],
    rows: &[ResultRow],
) -> Vec<String> {
    let low = at_least.iter().map(|bound| (bound, "at least", true));
    let high = at_most.iter().map(|bound| (bound, "at most", false));
    let unmet = low.chain(high).filter_map(|(bound, word, least)| {
        let row = rows.iter().find(|row| row.metric == bound.metric);
        let value = row.and_then(|row| row.value);
        let kept = value.is_some_and(|value| {
            if least {
                value >= bound.value
            } else {
                value <= bound.value
            }
        });
        let shown = value.map_or_else(|| "has no value".to_owned(), |value| format!("is {value}"));
        (!kept).then(|| {
            format!(
                "{} {shown}, but {word} {} was asked for",
                bound.metric, bound.value
            )
        })
    });
    unmet.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(value: Option<f64>) -> ResultRow {
        ResultRow {
            metric: "distinct_2".to_owned(),
            value,
            ..ResultRow::default()
        }
    }

    #[test]
    fn a_bound_is_kept_or_told_of() {
        let bound: Threshold = "distinct_2=0.5".parse().expect("a bound");
        let bounds = std::slice::from_ref(&bound);
        assert!(unmet(bounds, &[], &[row(Some(0.5))]).is_empty());
        let told = unmet(bounds, &[], &[row(Some(0.25))]);
        assert_eq!(told, ["distinct_2 is 0.25, but at least 0.5 was asked for"]);
        assert_eq!(unmet(&[], bounds, &[row(Some(0.6))]).len(), 1);
        assert_eq!(unmet(&[], bounds, &[row(None)]).len(), 1);
    }

    #[test]
    fn an_unknown_metric_lists_the_known_ones() {
        let error = "distinct_99=1".parse::<Threshold>().expect_err("unknown");
        assert!(error.contains("distinct_2"), "{error}");
        assert!("distinct_2".parse::<Threshold>().is_err());
    }
}
