//! `persona`: each text is asked for as a person would write it, from a list of people that is given or that the model proposes.

use anyhow::{Context as _, ensure};
use minijinja::Value;
use numeric::Seed;

use crate::args::Args;
use crate::backends::Backend;
use crate::driver::{Driver, Row};
use crate::instruct::{self, Instruct};
use crate::methods::{Ask, Knob, Method, Plan, Planned, in_turn, needs_words, refuse_seeds};
use crate::propose::{Proposals, lines};
use crate::record::SAMPLE;
use crate::request::{Answer, Draft, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "persona",
    options: &[
        "--personas",
        "--personas-file",
        "--labels",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::OfBackend,
    plan,
};

struct Persona {
    rows: Rows,
    proposals: Option<Proposals>,
    count: usize,
}

fn plan(args: &Args, seeds: Option<&Seeds>, _: &dyn Backend) -> Planned {
    needs_words(METHOD.name, args)?;
    refuse_seeds(METHOD.name, seeds)?;
    let given = match &args.method.personas_file {
        Some(file) => Some(lines(&dataset::read_text(&file.0)?)),
        None => None,
    };
    let count = args.method.personas.or(given.as_ref().map(Vec::len));
    let count = count
        .context("persona needs --personas, how many are to be proposed, or --personas-file")?;
    let known = given.as_ref().map_or(count, Vec::len);
    ensure!(
        count > 0 && known >= count,
        "{count} people are wanted, and {known} are given"
    );
    let proposals = given
        .is_none()
        .then(|| Proposals::new(args, "personas", &[]))
        .transpose()?;
    Ok(Box::new(Persona {
        rows: Rows {
            instruct: Instruct::new(args)?,
            labels: args.method.labels.clone(),
            people: given.unwrap_or_default().into_iter().take(count).collect(),
        },
        proposals,
        count,
    }))
}

struct Rows {
    instruct: Instruct,
    labels: Vec<String>,
    people: Vec<String>,
}

impl Ask for Rows {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let person = in_turn(&self.people, index)
            .cloned()
            .unwrap_or_else(|| "…".to_owned());
        // Labels change after each round of people, so that every person meets every label.
        let round = index / self.people.len().max(1) as u64;
        let request = Request {
            label: in_turn(&self.labels, round).cloned(),
            topic: Some(person.clone()),
            ..Request::any(seed)
        };
        let values = [("persona", Value::from(person))];
        self.instruct
            .request("persona", self.instruct.text(), values, request)
    }

    fn read(&self, request: &Request, answer: Draft) -> Answer {
        let draft = instruct::row(request, answer)?;
        Ok(Draft {
            topic: request.topic.clone(),
            ..draft
        })
    }
}

impl Plan for Persona {
    fn first(&self) -> &dyn Ask {
        match &self.proposals {
            Some(proposals) => proposals,
            None => &self.rows,
        }
    }

    fn labels(&self) -> bool {
        !self.rows.labels.is_empty()
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        let source = |name| (name, self.rows.instruct.source(name));
        let proposed = self.proposals.as_ref().map(|_| source("personas"));
        proposed.into_iter().chain([source("persona")]).collect()
    }

    fn write(&self, driver: &mut Driver<'_>, rows: u64) -> anyhow::Result<Vec<Row>> {
        let people = match &self.proposals {
            Some(proposals) => proposals.make(driver, self.count)?,
            None => self.rows.people.clone(),
        };
        if people.len() < self.count {
            return Ok(Vec::new());
        }
        let rows_of = Rows {
            instruct: self.rows.instruct.clone(),
            labels: self.rows.labels.clone(),
            people,
        };
        driver.fill(SAMPLE, &rows_of, rows)
    }
}
