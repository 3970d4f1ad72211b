//! `self-instruct`: each prompt shows seeds and rows that were made before, and rows too much like any of them are rejected.
//!
//! # Source
//!
//! Self-Instruct (Wang et al. 2023, arXiv 2212.10560): 8 examples, of which 6 are seeds; a row is
//! kept if its ROUGE-L with every seed and every kept row is at most 0.7. Rows are asked for in
//! rounds of a fixed size, so that what a prompt shows does not depend on which answer came first.

use anyhow::{Context as _, ensure};
use minijinja::Value;
use numeric::{Seed, Share};

use crate::accept::Rule;
use crate::args::Args;
use crate::backends::Backend;
use crate::driver::{Driver, Row};
use crate::instruct::{self, Instruct, drawn};
use crate::methods::{Ask, Knob, Method, Plan, Planned, needs_words};
use crate::record::SAMPLE;
use crate::request::{Answer, Draft, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "self-instruct",
    options: &[
        "--shots",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::OfBackend,
    plan,
};

/// Examples of a prompt, where nothing is said.
const SHOTS: usize = 8;
/// Attempts between which what prompts show does not change.
const ROUND: u64 = 32;
/// The rule of Self-Instruct, where --accept has none of its kind.
const NOVELTY: f64 = 0.7;

/// The rules of this method: those that are given, and novelty in any case.
pub(crate) fn rules(given: &[Rule]) -> Vec<Rule> {
    let mut rules = given.to_vec();
    if !given.iter().any(|rule| matches!(rule, Rule::Novelty(_)))
        && let Ok(share) = Share::new(NOVELTY)
    {
        rules.push(Rule::Novelty(share));
    }
    rules
}

struct SelfInstruct {
    instruct: Instruct,
    shots: usize,
    /// The ids and texts of the seeds, then those of the rows made so far.
    seeds: Vec<(String, String)>,
    made: Vec<(String, String)>,
}

fn plan(args: &Args, seeds: Option<&Seeds>, _: &dyn Backend) -> Planned {
    needs_words(METHOD.name, args)?;
    let seeds = seeds.context("self-instruct needs SEEDS to begin with")?;
    let shots = args.method.shots.unwrap_or(SHOTS);
    ensure!(shots > 0, "--shots is 0; at least 1 is needed");
    let texts = seeds.texts()?.iter().cloned();
    Ok(Box::new(SelfInstruct {
        instruct: Instruct::new(args)?,
        shots,
        seeds: seeds.ids().iter().cloned().zip(texts).collect(),
        made: Vec::new(),
    }))
}

impl SelfInstruct {
    /// A quarter of what is shown are rows that were made, where there are so many.
    fn shown(&self, seed: Seed) -> Vec<&(String, String)> {
        let mut stream = seed.stream("shots");
        let of_made = drawn(self.shots / 4, self.made.len(), &mut stream);
        let of_seeds = drawn(self.shots - of_made.len(), self.seeds.len(), &mut stream);
        let seeds = of_seeds.into_iter().map(|at| &self.seeds[at]);
        let mut shown: Vec<_> = seeds
            .chain(of_made.into_iter().map(|at| &self.made[at]))
            .collect();
        stream.shuffle(&mut shown);
        shown
    }
}

impl Ask for SelfInstruct {
    fn request(&self, _: u64, seed: Seed) -> anyhow::Result<Request> {
        let shown = self.shown(seed);
        let texts = shown
            .iter()
            .map(|(_, text)| minijinja::context! { text => text });
        let values = [("examples", Value::from(texts.collect::<Vec<_>>()))];
        let request = Request {
            parents: shown.iter().map(|(id, _)| id.clone()).collect(),
            ..Request::any(seed)
        };
        self.instruct
            .request("self-instruct", self.instruct.text(), values, request)
    }

    fn read(&self, request: &Request, answer: Draft) -> Answer {
        instruct::row(request, answer)
    }
}

impl Plan for SelfInstruct {
    fn first(&self) -> &dyn Ask {
        self
    }

    fn labels(&self) -> bool {
        false
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        vec![("self-instruct", self.instruct.source("self-instruct"))]
    }

    fn write(&self, driver: &mut Driver<'_>, rows: u64) -> anyhow::Result<Vec<Row>> {
        let mut ask = SelfInstruct {
            instruct: self.instruct.clone(),
            shots: self.shots,
            seeds: self.seeds.clone(),
            made: Vec::new(),
        };
        let mut phase = driver.phase(SAMPLE, rows);
        let mut found: Vec<Row> = Vec::new();
        while (found.len() as u64) < rows && driver.goes_on() {
            let missing = (rows - found.len() as u64).min(ROUND);
            let (more, came) = driver.advance(&mut phase, &ask, missing)?;
            let texts = came
                .iter()
                .map(|row| (row.id.clone(), row.draft.text.clone()));
            ask.made.extend(texts);
            found.extend(came);
            if !more {
                break;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_the_paper_holds_where_no_other_is_given() {
        let text = |rules: Vec<Rule>| rules.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(text(rules(&[Rule::Refusals])), ["refusals", "novelty=0.7"]);
        let own = "novelty=0.5".parse::<Rule>().expect("a rule");
        assert_eq!(text(rules(&[own])), ["novelty=0.5"]);
    }
}
