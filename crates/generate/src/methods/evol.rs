//! `evol`: each seed in turn is made harder, or becomes the start of something rarer.
//!
//! # Source
//!
//! Evol-Instruct (Xu et al. 2023, arXiv 2304.12244): in-depth and in-breadth evolving.

use anyhow::Context as _;
use clap::ValueEnum;
use minijinja::{Value, context};
use numeric::Seed;
use serde::Serialize;
use text::{Form, normalise};

use crate::args::Args;
use crate::backends::Backend;
use crate::instruct::{self, Instruct};
use crate::methods::{Ask, Knob, Method, Plan, Planned, needs_words};
use crate::request::{Answer, Draft, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "evol",
    options: &[
        "--direction",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::OfBackend,
    plan,
};

/// Where a seed is led.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// To a harder version of itself.
    Harder,
    /// To something of its kind that is about something rarer.
    Broader,
}

struct Evol {
    instruct: Instruct,
    direction: Option<Direction>,
    rows: Vec<(String, String)>,
    labels: Option<Vec<String>>,
}

fn plan(args: &Args, seeds: Option<&Seeds>, _: &dyn Backend) -> Planned {
    needs_words(METHOD.name, args)?;
    let seeds = seeds.context("evol needs SEEDS that it leads further")?;
    let texts = seeds.texts()?.iter().cloned();
    Ok(Box::new(Evol {
        instruct: Instruct::new(args)?,
        direction: args.method.direction,
        rows: seeds.ids().iter().cloned().zip(texts).collect(),
        labels: seeds.labels().map(<[String]>::to_vec),
    }))
}

impl Evol {
    fn row(&self, index: u64) -> usize {
        (index % self.rows.len() as u64) as usize
    }
}

impl Ask for Evol {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let row = self.row(index);
        let round = index / self.rows.len() as u64;
        let in_turn = if round.is_multiple_of(2) {
            Direction::Harder
        } else {
            Direction::Broader
        };
        let direction = match self.direction.unwrap_or(in_turn) {
            Direction::Harder => "harder",
            Direction::Broader => "broader",
        };
        let (id, text) = &self.rows[row];
        let request = Request {
            label: self.labels.as_ref().map(|labels| labels[row].clone()),
            parents: vec![id.clone()],
            ..Request::any(seed)
        };
        let values = [
            ("row", context! { text => text }),
            ("direction", Value::from(direction)),
        ];
        self.instruct
            .request("evol", self.instruct.text(), values, request)
    }

    /// The seed in the very same words has not been led anywhere.
    fn read(&self, request: &Request, answer: Draft) -> Answer {
        let draft = instruct::row(request, answer)?;
        let words = |text: &str| normalise(text, Form::Nfkc);
        let (_, from) = self
            .rows
            .iter()
            .find(|(id, _)| request.parents.first() == Some(id))
            .ok_or("unchanged")?;
        if words(from) == words(&draft.text) {
            return Err("unchanged".into());
        }
        Ok(draft)
    }
}

impl Plan for Evol {
    fn first(&self) -> &dyn Ask {
        self
    }

    fn labels(&self) -> bool {
        self.labels.is_some()
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        vec![("evol", self.instruct.source("evol"))]
    }
}
