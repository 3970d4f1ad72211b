//! `paraphrase`: new rows like the seeds, of which a share is then replaced by paraphrases of others.
//!
//! The more rows are replaced, the less varied is the set; its size stays. At share 0 it is the most
//! varied. Rows are taken in an order that follows from their ids, paraphrased ones from its
//! beginning and replaced ones from its end, so that as the share rises the replaced rows grow
//! nested, and the sets of a ladder share their first phase.
//!
//! # Source
//!
//! "What Matters in LLM-generated Data" (arXiv 2506.19262), the paraphrasing-based pipeline: m_r =
//! m_p · r rows of the generated set are replaced by m_p paraphrases of each of r chosen rows.
//! Whether the chosen rows are generated or original ones is not clear from what is known of it;
//! here they are generated ones.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use minijinja::{Value, context};
use numeric::{Seed, Share};
use text::normalise;

use crate::args::{Args, Task};
use crate::backends::Backend;
use crate::driver::{Driver, Row, without};
use crate::instruct::{self, Instruct, drawn, in_stable_order};
use crate::methods::{Ask, Knob, Method, Plan, Planned, in_turn};
use crate::record::SAMPLE;
use crate::request::{Answer, Draft, Refusal, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "paraphrase",
    options: &[
        "--share",
        "--paraphrases",
        "--shots",
        "--labels",
        "--task-description",
        "--prompt-template",
        "--answer-format",
    ],
    knob: Knob::Share,
    plan,
};

/// Paraphrases of each chosen row, where nothing is said.
const PARAPHRASES: u64 = 3;
/// Examples that a prompt for a new row shows, where nothing is said.
const SHOTS: usize = 3;

struct Paraphrase {
    new: Box<dyn Ask>,
    again: Again,
    share: Share,
    each: u64,
    labelled: bool,
    asks: bool,
}

fn plan(args: &Args, seeds: Option<&Seeds>, _: &dyn Backend) -> Planned {
    let share = args.method.share.context("paraphrase needs --share: how many of the rows are replaced by paraphrases of others, 0 to 1")?;
    let each = args.method.paraphrases.unwrap_or(PARAPHRASES);
    ensure!(each > 0, "--paraphrases is 0; at least 1 is needed");
    let instruct = Instruct::new(args)?;
    if args.backend.grammar.is_some() {
        ensure!(
            seeds.is_none(),
            "a grammar learns from no seeds; leave SEEDS out"
        );
        ensure!(
            args.backend.task != Some(Task::Qa),
            "a grammar has no paraphrases of its questions; --method paraphrase with --task qa needs a model"
        );
        return Ok(Box::new(Paraphrase {
            new: Box::new(OfGrammar(args.method.labels.clone())),
            again: Again {
                instruct: None,
                asks: false,
                chosen: Vec::new(),
                each,
            },
            share,
            each,
            labelled: true,
            asks: false,
        }));
    }
    let seeds = seeds.context("paraphrase needs SEEDS that its rows are to be like")?;
    let new = New::read(args, seeds)?;
    let (labelled, asks) = (new.labels.is_some(), new.asks);
    Ok(Box::new(Paraphrase {
        new: Box::new(new),
        again: Again {
            instruct: Some(instruct),
            asks,
            chosen: Vec::new(),
            each,
        },
        share,
        each,
        labelled,
        asks,
    }))
}

/// Texts of a grammar, of these classes in turn.
struct OfGrammar(Vec<String>);

impl Ask for OfGrammar {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        Ok(Request {
            label: in_turn(&self.0, index).cloned(),
            ..Request::any(seed)
        })
    }

    fn read(&self, _: &Request, answer: Draft) -> Answer {
        Ok(answer)
    }
}

/// A new row like the seeds: about one of their contexts, or of one of their classes.
struct New {
    instruct: Instruct,
    shots: usize,
    asks: bool,
    labels: Option<Vec<String>>,
    contexts: Vec<(String, String)>,
    /// For each label, or for all, the rows of it and what a template sees of them.
    examples: Vec<(Vec<usize>, Vec<Value>)>,
    ids: Vec<String>,
}

impl New {
    fn read(args: &Args, seeds: &Seeds) -> anyhow::Result<Self> {
        let asks = seeds.asks();
        let labels = if asks {
            None
        } else {
            seeds.classes(&args.method.labels)?
        };
        let rows_of = |label: Option<&String>| -> Vec<usize> {
            let of_class = |row: &usize| match (label, seeds.labels()) {
                (Some(label), Some(given)) => given[*row] == *label,
                _ => true,
            };
            (0..seeds.len()).filter(of_class).collect()
        };
        let groups: Vec<Vec<usize>> = match &labels {
            Some(labels) => labels.iter().map(|label| rows_of(Some(label))).collect(),
            None => vec![rows_of(None)],
        };
        let mut shown = Vec::with_capacity(groups.len());
        for rows in groups {
            let examples = rows.iter().map(|row| seeds.example(*row));
            let examples = examples.collect::<anyhow::Result<_>>()?;
            shown.push((rows, examples));
        }
        Ok(Self {
            instruct: Instruct::new(args)?,
            shots: args.method.shots.unwrap_or(SHOTS),
            asks,
            labels,
            contexts: if asks { seeds.contexts()? } else { Vec::new() },
            examples: shown,
            ids: seeds.ids().to_vec(),
        })
    }
}

impl Ask for New {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let turn = (index % self.examples.len() as u64) as usize;
        let (rows, examples) = &self.examples[turn];
        let drawn = drawn(self.shots, rows.len(), &mut seed.stream("shots"));
        let mut parents: Vec<String> = drawn.iter().map(|at| self.ids[rows[*at]].clone()).collect();
        let shown: Vec<Value> = drawn.iter().map(|at| examples[*at].clone()).collect();
        let label = self.labels.as_ref().map(|labels| labels[turn].clone());
        let mut request = Request {
            label,
            ..Request::any(seed)
        };
        let mut shape = self.instruct.text();
        let mut values = vec![("examples", Value::from(shown))];
        if self.asks {
            let (id, context) = &self.contexts[(index % self.contexts.len() as u64) as usize];
            values.push(("context", Value::from(context.clone())));
            request.context = Some(context.clone());
            parents.insert(0, id.clone());
            shape = self.instruct.pair();
        }
        parents.dedup();
        request.parents = parents;
        self.instruct.request("new", shape, values, request)
    }

    fn read(&self, request: &Request, answer: Draft) -> Answer {
        instruct::row(request, answer)
    }
}

/// The same as a chosen row in other words; place `i` is paraphrase `i` mod `each` of row `i` / `each`.
struct Again {
    /// None where a grammar writes.
    instruct: Option<Instruct>,
    asks: bool,
    chosen: Vec<Row>,
    each: u64,
}

impl Again {
    fn row(&self, index: u64) -> &Row {
        // The attempts after the first have a number above all places.
        &self.chosen[((index & 0xffff_ffff) / self.each) as usize]
    }
}

impl Ask for Again {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let row = self.row(index);
        let request = Request {
            label: row
                .draft
                .label
                .clone()
                .or_else(|| row.request.label.clone()),
            parents: vec![row.id.clone()],
            context: row.request.context.clone(),
            ..Request::any(seed)
        };
        let Some(instruct) = &self.instruct else {
            return Ok(Request {
                prompt: row.draft.text.clone(),
                topic: row.draft.topic.clone(),
                template: row.draft.template.clone(),
                ..request
            });
        };
        let (shown, shape) = match &row.draft.qa {
            Some(qa) if self.asks => (
                context! { question => &qa.question, answer => &qa.answer },
                instruct.pair(),
            ),
            _ => (context! { text => &row.draft.text }, instruct.text()),
        };
        instruct.request("paraphrase", shape, [("row", shown)], request)
    }

    /// The row in the very same words is no paraphrase.
    fn read(&self, request: &Request, answer: Draft) -> Answer {
        let draft = match self.instruct {
            Some(_) => instruct::row(request, answer)?,
            None => answer,
        };
        let of = |row: &Row| row.id == request.parents[0] && same(&row.draft, &draft);
        if self.chosen.iter().any(of) {
            return Err(Refusal::of("unchanged"));
        }
        Ok(draft)
    }

    fn is_judged(&self) -> bool {
        false
    }
}

fn same(one: &Draft, other: &Draft) -> bool {
    let words = |draft: &Draft| {
        let said = draft.qa.as_ref().map_or(&draft.text, |qa| &qa.question);
        normalise(said, text::Form::Nfkc)
    };
    words(one) == words(other)
}

impl Plan for Paraphrase {
    fn first(&self) -> &dyn Ask {
        self.new.as_ref()
    }

    fn labels(&self) -> bool {
        self.labelled
    }

    fn asks(&self) -> bool {
        self.asks
    }

    fn knob(&self) -> Option<(&'static str, f64)> {
        Some(("share", self.share.fraction()))
    }

    fn templates(&self) -> Vec<(&'static str, &str)> {
        let again = self.again.instruct.as_ref();
        again.map_or_else(Vec::new, |instruct| {
            vec![
                ("new", instruct.source("new")),
                ("paraphrase", instruct.source("paraphrase")),
            ]
        })
    }

    fn write(&self, driver: &mut Driver<'_>, rows: u64) -> anyhow::Result<Vec<Row>> {
        let replaced = (self.share.fraction() * rows as f64).round() as u64;
        let chosen = replaced.div_ceil(self.each);
        if chosen + replaced > rows {
            return Err(too_many(rows, replaced, self.each));
        }
        let made = driver.fill(SAMPLE, self.first(), rows)?;
        if (made.len() as u64) < rows {
            return Ok(made);
        }
        self.replace(driver, made, replaced as usize, chosen as usize)
    }
}

fn too_many(rows: u64, replaced: u64, each: u64) -> anyhow::Error {
    let error = anyhow::anyhow!(
        "of {rows} rows {replaced} cannot be replaced by {each} paraphrases each of {} others",
        replaced.div_ceil(each)
    );
    cli::with_hint(
        error,
        "give a smaller --share, or more --paraphrases of each row",
    )
}

impl Paraphrase {
    /// Puts paraphrases of the first `chosen` rows in the places of the last `replaced` ones.
    fn replace(
        &self,
        driver: &mut Driver<'_>,
        mut made: Vec<Row>,
        replaced: usize,
        chosen: usize,
    ) -> anyhow::Result<Vec<Row>> {
        let mut order: Vec<(String, usize)> = made
            .iter()
            .enumerate()
            .map(|(at, row)| (row.id.clone(), at))
            .collect();
        in_stable_order(&mut order, Seed::new(0), |(id, _)| id);
        let again = Again {
            instruct: self.again.instruct.clone(),
            asks: self.asks,
            chosen: order[..chosen]
                .iter()
                .map(|(_, at)| made[*at].clone())
                .collect(),
            each: self.each,
        };
        let places: Vec<u64> = (0..replaced as u64).collect();
        let paraphrases = driver.fill_each("paraphrase", &again, &places)?;
        let mut gone = BTreeSet::new();
        for ((_, at), paraphrase) in order.iter().rev().zip(paraphrases) {
            let Some(paraphrase) = paraphrase else {
                gone.insert(*at);
                continue;
            };
            let row = std::mem::replace(&mut made[*at], paraphrase);
            driver.reject(row, Refusal::of("replaced"));
        }
        // A row whose paraphrase never came is counted out as well: the set would not have its share.
        for at in &gone {
            driver.reject(made[*at].clone(), Refusal::of("replaced"));
        }
        let left = without(made.len(), &gone);
        Ok(left.into_iter().map(|at| made[at].clone()).collect())
    }
}
