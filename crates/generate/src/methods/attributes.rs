//! `attributes`: each text is asked for with a value of every attribute, drawn at random, such as a length, a style and a place.
//!
//! # Source
//!
//! AttrPrompt (Yu et al. 2023, arXiv 2306.15895): attributes by class, values drawn uniformly.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use minijinja::Value;
use numeric::Seed;

use crate::args::Args;
use crate::backends::Backend;
use crate::driver::{Driver, Row};
use crate::instruct::{self, Instruct};
use crate::methods::{Ask, Knob, Method, Plan, Planned, in_turn, needs_words, refuse_seeds};
use crate::propose::Proposals;
use crate::record::SAMPLE;
use crate::request::{Answer, Draft, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "attributes",
    options: &[
        "--attributes",
        "--attributes-file",
        "--attribute-values",
        "--labels",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::OfBackend,
    plan,
};

/// Values of an attribute that are proposed, where nothing is said.
const VALUES: usize = 8;

struct Attributes {
    rows: Rows,
    /// Attributes whose values the model proposes.
    proposed: Vec<(String, Proposals)>,
    count: usize,
}

fn plan(args: &Args, seeds: Option<&Seeds>, _: &dyn Backend) -> Planned {
    needs_words(METHOD.name, args)?;
    refuse_seeds(METHOD.name, seeds)?;
    let values = match &args.method.attributes_file {
        Some(file) => read_values(&dataset::read_text(&file.0)?)
            .with_context(|| format!("{file} cannot be read"))?,
        None => BTreeMap::new(),
    };
    let open = args
        .method
        .attributes
        .iter()
        .filter(|name| !values.contains_key(*name));
    let mut proposed = Vec::new();
    for name in open {
        let told = [("attribute", name.as_str())];
        proposed.push((
            name.clone(),
            Proposals::new(args, "attribute-values", &told)?,
        ));
    }
    ensure!(
        !proposed.is_empty() || !values.is_empty(),
        "attributes needs --attributes, names whose values are proposed, or --attributes-file"
    );
    let count = args.method.attribute_values.unwrap_or(VALUES);
    ensure!(count > 0, "--attribute-values is 0; at least 1 is needed");
    Ok(Box::new(Attributes {
        rows: Rows {
            instruct: Instruct::new(args)?,
            labels: args.method.labels.clone(),
            values,
        },
        proposed,
        count,
    }))
}

/// The values of each attribute: a JSON object of lists of texts.
fn read_values(json: &str) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let values: BTreeMap<String, Vec<String>> = serde_json::from_str(json)
        .context("an object with a list of values for each attribute is expected, such as {\"style\": [\"plain\", \"ornate\"]}")?;
    for (name, values) in &values {
        ensure!(!values.is_empty(), "the attribute `{name}` has no value");
    }
    Ok(values)
}

struct Rows {
    instruct: Instruct,
    labels: Vec<String>,
    values: BTreeMap<String, Vec<String>>,
}

impl Ask for Rows {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let mut stream = seed.stream("attributes");
        let drawn: BTreeMap<&str, &str> = self
            .values
            .iter()
            .map(|(name, values)| (name.as_str(), values[stream.below(values.len())].as_str()))
            .collect();
        let topic: Vec<_> = drawn
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let request = Request {
            label: in_turn(&self.labels, index).cloned(),
            topic: Some(topic.join("; ")),
            ..Request::any(seed)
        };
        let values = [("attributes", Value::from_pairs(drawn))];
        self.instruct
            .request("attributes", self.instruct.text(), values, request)
    }

    fn read(&self, request: &Request, answer: Draft) -> Answer {
        let draft = instruct::row(request, answer)?;
        Ok(Draft {
            topic: request.topic.clone(),
            ..draft
        })
    }
}

impl Plan for Attributes {
    fn first(&self) -> &dyn Ask {
        match self.proposed.first() {
            Some((_, proposals)) => proposals,
            None => &self.rows,
        }
    }

    fn labels(&self) -> bool {
        !self.rows.labels.is_empty()
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        let source = |name| (name, self.rows.instruct.source(name));
        let proposed = (!self.proposed.is_empty()).then(|| source("attribute-values"));
        proposed.into_iter().chain([source("attributes")]).collect()
    }

    fn write(&self, driver: &mut Driver<'_>, rows: u64) -> anyhow::Result<Vec<Row>> {
        let mut values = self.rows.values.clone();
        for (name, proposals) in &self.proposed {
            let made = proposals.make(driver, self.count)?;
            if made.len() < self.count {
                return Ok(Vec::new());
            }
            values.insert(name.clone(), made);
        }
        let rows_of = Rows {
            instruct: self.rows.instruct.clone(),
            labels: self.rows.labels.clone(),
            values,
        };
        driver.fill(SAMPLE, &rows_of, rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_lists_and_none_is_empty() {
        let read = read_values(r#"{"style": ["plain", "ornate"]}"#).expect("lists");
        assert_eq!(read["style"], ["plain", "ornate"]);
        for wrong in [r#"{"style": []}"#, r#"{"style": "plain"}"#, "[]", "{"] {
            assert!(read_values(wrong).is_err(), "{wrong}");
        }
    }
}
