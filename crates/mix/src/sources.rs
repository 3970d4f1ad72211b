//! Sources by name and weight, and how a total is shared among them.

use std::str::FromStr;

use dataset::Source;
use serde::Serialize;

use crate::order::apportioned;
use crate::plan::{Plan, Want};

/// `NAME=INPUT` or `NAME=INPUT:WEIGHT`.
#[derive(Clone, Debug, Serialize)]
pub struct Named {
    /// What the source is called.
    pub name: String,
    /// Where it is read from.
    pub input: Source,
    /// How much of the mix it is, against the weights of the others.
    pub weight: Option<f64>,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, rest) = text
            .split_once('=')
            .filter(|(name, rest)| !name.is_empty() && !rest.is_empty())
            .ok_or_else(|| format!("`{text}` is not NAME=INPUT or NAME=INPUT:WEIGHT"))?;
        let weighted = rest.rsplit_once(':');
        let weighted =
            weighted.and_then(|(input, weight)| Some((input, weight.parse::<f64>().ok()?)));
        let (input, weight) = match weighted {
            Some((input, weight)) => (input, Some(weight)),
            None => (rest, None),
        };
        if weight.is_some_and(|weight| !weight.is_finite() || weight < 0.0) {
            return Err(format!("the weight of `{text}` is no number from 0"));
        }
        let input = input
            .parse()
            .map_err(|error: dataset::Error| error.to_string())?;
        let name = name.to_owned();
        Ok(Self {
            name,
            input,
            weight,
        })
    }
}

/// How a total is shared among sources of these sizes: by their weights where they have some, and
/// otherwise by size^(1/T), so that T above 1 gives small sources more than their share.
pub(crate) fn plan(
    named: &[Named],
    sizes: &[u64],
    total: Option<u64>,
    temperature: f64,
) -> anyhow::Result<Plan> {
    let given: Option<Vec<f64>> = named.iter().map(|source| source.weight).collect();
    let some = named.iter().any(|source| source.weight.is_some());
    anyhow::ensure!(
        given.is_some() || !some,
        "some sources have a weight and others none; give all of them one, or none"
    );
    anyhow::ensure!(
        !some || temperature == 1.0,
        "--temperature shares by the sizes of sources, but they have weights"
    );
    let by_size = || {
        sizes
            .iter()
            .map(|size| (*size as f64).powf(1.0 / temperature))
            .collect()
    };
    let weights: Vec<f64> = given.unwrap_or_else(by_size);
    anyhow::ensure!(
        weights.iter().sum::<f64>() > 0.0,
        "all sources have the weight 0 or no row"
    );
    let total = total.unwrap_or_else(|| sizes.iter().sum());
    let wants = apportioned(&weights, total);
    Ok(Plan {
        wants: wants.into_iter().map(Want::first).collect(),
        proportion: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(
        sources: &[&str],
        sizes: &[u64],
        total: u64,
        temperature: f64,
    ) -> anyhow::Result<Vec<u64>> {
        let named: Vec<Named> = sources
            .iter()
            .map(|source| source.parse().expect("a source"))
            .collect();
        let plan = plan(&named, sizes, Some(total), temperature)?;
        Ok(plan.wants.iter().map(|want| want.amount).collect())
    }

    #[test]
    fn a_source_has_a_name_an_input_and_maybe_a_weight() {
        let of = |text: &str| text.parse::<Named>();
        let named = of("web=a/b.parquet:0.7").expect("a source");
        assert_eq!((named.name.as_str(), named.weight), ("web", Some(0.7)));
        let plain = of("x=hf://datasets/owner/name").expect("a source");
        assert!(plain.weight.is_none() && matches!(plain.input, Source::Hub(_)));
        for text in ["a.parquet", "=a.parquet", "a=", "a=b.parquet:-1"] {
            assert!(of(text).is_err(), "{text}");
        }
    }

    #[test]
    fn weights_are_shared_exactly() {
        let shared = shared(
            &["a=a.csv:0.7", "b=b.csv:0.2", "c=c.csv:0.1"],
            &[9, 9, 9],
            10,
            1.0,
        );
        assert_eq!(shared.expect("shared"), [7, 2, 1]);
    }

    #[test]
    fn temperature_evens_sizes_out() {
        // Sizes 1 : 9; at 2 their roots 1 : 3; at a very high one 1 : 1.
        let of = |temperature| shared(&["a=a.csv", "b=b.csv"], &[100, 900], 40, temperature);
        assert_eq!(of(1.0).expect("shared"), [4, 36]);
        assert_eq!(of(2.0).expect("shared"), [10, 30]);
        assert_eq!(of(1e9).expect("shared"), [20, 20]);
    }

    #[test]
    fn half_of_the_weights_are_refused() {
        let error = shared(&["a=a.csv:1", "b=b.csv"], &[1, 1], 1, 1.0).expect_err("one weight");
        assert!(error.to_string().contains("some sources have a weight"));
    }
}
