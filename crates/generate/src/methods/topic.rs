//! `topic`: texts about topics that are given or that the model proposes; fewer topics for as many rows are less varied.
//!
//! # Source
//!
//! "What Matters in LLM-generated Data" (arXiv 2506.19262), the topic-guided pipeline.

use std::path::Path;

use anyhow::{Context as _, ensure};
use minijinja::Value;
use numeric::Seed;

use crate::args::{Args, Task};
use crate::backends::Backend;
use crate::driver::{Driver, Row};
use crate::instruct::{self, Instruct, drawn, in_stable_order};
use crate::methods::{Ask, Knob, Method, Plan, Planned, in_turn};
use crate::propose::{Proposals, lines};
use crate::record::SAMPLE;
use crate::request::{Answer, Draft, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "topic",
    options: &[
        "--topics",
        "--topics-file",
        "--per-topic",
        "--shots",
        "--labels",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::Topics,
    plan,
};

struct Topic {
    rows: Rows,
    /// Those that are given; none where the model proposes them.
    given: Option<Vec<String>>,
    count: usize,
    rows_each: Option<u64>,
    proposals: Option<Proposals>,
}

fn plan(args: &Args, seeds: Option<&Seeds>, backend: &dyn Backend) -> Planned {
    let grammar = args.backend.grammar.is_some();
    ensure!(
        !grammar || args.backend.task != Some(Task::Qa),
        "a grammar chooses the topics of its questions itself; --method topic with --task qa needs a model"
    );
    ensure!(
        !grammar || seeds.is_none(),
        "a grammar learns from no seeds; leave SEEDS out"
    );
    let given = match &args.method.topics_file {
        Some(file) => Some(read_topics(&file.0)?),
        None if grammar => Some(backend.topics()),
        None => None,
    };
    let given = given.map(|mut topics| {
        if args.method.topics_file.is_none() {
            in_stable_order(&mut topics, args.seed.seed, |topic| topic);
        }
        topics
    });
    let count = args.method.topics.or(given.as_ref().map(Vec::len));
    let count =
        count.context("topic needs --topics, how many there are to be, or --topics-file")?;
    ensure!(count > 0, "--topics is 0; at least 1 is needed");
    if let Some(given) = &given {
        ensure!(
            given.len() >= count,
            "--topics is {count}, but only {} are known",
            given.len()
        );
    }
    let proposals = given
        .is_none()
        .then(|| Proposals::new(args, "topics", &[]))
        .transpose()?;
    Ok(Box::new(Topic {
        rows: Rows::read(args, seeds, grammar)?,
        given,
        count,
        rows_each: args.method.per_topic,
        proposals,
    }))
}

fn read_topics(file: &Path) -> anyhow::Result<Vec<String>> {
    let topics = lines(&dataset::read_text(file)?);
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    ensure!(
        !topics.is_empty(),
        "{name} has no topic; one a line is expected"
    );
    Ok(topics)
}

/// Texts about topics in turn.
struct Rows {
    topics: Vec<String>,
    labels: Vec<String>,
    shots: usize,
    seeds: Vec<(String, Value)>,
    /// None where a grammar writes.
    instruct: Option<Instruct>,
}

impl Rows {
    fn read(args: &Args, seeds: Option<&Seeds>, grammar: bool) -> anyhow::Result<Self> {
        let shots = args.method.shots.unwrap_or(0);
        ensure!(
            shots == 0 || seeds.is_some(),
            "--shots needs SEEDS to take the examples from"
        );
        let mut shown = Vec::new();
        if let Some(seeds) = seeds.filter(|_| shots > 0) {
            for row in 0..seeds.len() {
                shown.push((seeds.ids()[row].clone(), seeds.example(row)?));
            }
        }
        let labels = match seeds {
            Some(seeds) => seeds.classes(&args.method.labels)?.unwrap_or_default(),
            None => args.method.labels.clone(),
        };
        Ok(Self {
            topics: Vec::new(),
            labels,
            shots,
            seeds: shown,
            instruct: (!grammar).then(|| Instruct::new(args)).transpose()?,
        })
    }

    fn about(&self, topics: Vec<String>) -> Self {
        Self {
            topics,
            labels: self.labels.clone(),
            shots: self.shots,
            seeds: self.seeds.clone(),
            instruct: self.instruct.clone(),
        }
    }
}

impl Ask for Rows {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        // Before topics are proposed there is none to be shown.
        let topic = in_turn(&self.topics, index)
            .cloned()
            .unwrap_or_else(|| "…".to_owned());
        // Labels change after each round of topics, so that every topic meets every label.
        let round = index / self.topics.len().max(1) as u64;
        let drawn = drawn(self.shots, self.seeds.len(), &mut seed.stream("shots"));
        let request = Request {
            label: in_turn(&self.labels, round).cloned(),
            topic: Some(topic.clone()),
            parents: drawn.iter().map(|at| self.seeds[*at].0.clone()).collect(),
            ..Request::any(seed)
        };
        let Some(instruct) = &self.instruct else {
            return Ok(request);
        };
        let shown: Vec<Value> = drawn.iter().map(|at| self.seeds[*at].1.clone()).collect();
        let values = [
            ("topic", Value::from(topic)),
            ("examples", Value::from(shown)),
        ];
        instruct.request("topic", instruct.text(), values, request)
    }

    fn read(&self, request: &Request, answer: Draft) -> Answer {
        if self.instruct.is_none() {
            return Ok(answer);
        }
        let draft = instruct::row(request, answer)?;
        Ok(Draft {
            topic: request.topic.clone(),
            ..draft
        })
    }
}

impl Plan for Topic {
    fn first(&self) -> &dyn Ask {
        match &self.proposals {
            Some(proposals) => proposals,
            None => &self.rows,
        }
    }

    fn labels(&self) -> bool {
        self.rows.instruct.is_none() || !self.rows.labels.is_empty()
    }

    fn knob(&self) -> Option<(&'static str, f64)> {
        Some(("topics", self.count as f64))
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        let Some(instruct) = &self.rows.instruct else {
            return Vec::new();
        };
        let proposed = self
            .proposals
            .as_ref()
            .map(|_| ("topics", instruct.source("topics")));
        proposed
            .into_iter()
            .chain([("topic", instruct.source("topic"))])
            .collect()
    }

    fn write(&self, driver: &mut Driver<'_>, rows: u64) -> anyhow::Result<Vec<Row>> {
        if let Some(per_topic) = self.rows_each {
            let wanted = per_topic.saturating_mul(self.count as u64);
            ensure!(
                wanted == rows,
                "--per-topic {per_topic} with {} topics makes {wanted} rows, but {rows} are asked for",
                self.count
            );
        }
        let topics = match (&self.given, &self.proposals) {
            (Some(given), _) => given[..self.count].to_vec(),
            (None, Some(proposals)) => proposals.make(driver, self.count)?,
            (None, None) => Vec::new(),
        };
        if topics.len() < self.count {
            return Ok(Vec::new());
        }
        driver.fill(SAMPLE, &self.rows.about(topics), rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_meets_every_label() {
        let rows = Rows {
            topics: ["sea", "snow"].map(str::to_owned).to_vec(),
            labels: ["a", "b"].map(str::to_owned).to_vec(),
            shots: 0,
            seeds: Vec::new(),
            instruct: None,
        };
        let met = (0..4).map(|index| {
            let request = rows.request(index, Seed::new(1)).expect("a request");
            (
                request.topic.unwrap_or_default(),
                request.label.unwrap_or_default(),
            )
        });
        let met: std::collections::BTreeSet<_> = met.collect();
        assert_eq!(met.len(), 4);
    }
}
