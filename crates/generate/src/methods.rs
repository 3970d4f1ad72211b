//! How texts are asked for: one file a method.

mod attributes;
mod r#continue;
pub(crate) mod evol;
mod few_shot;
mod paraphrase;
mod persona;
mod sample;
pub(crate) mod self_instruct;
mod topic;

use std::fmt;
use std::str::FromStr;

use numeric::Seed;
use serde::{Serialize, Serializer};

use crate::args::{Args, MethodArgs};
use crate::backends::Backend;
use crate::driver::{Driver, Row};
use crate::record::SAMPLE;
use crate::request::{Answer, Draft, Request};
use crate::seeds::Seeds;

/// Every method.
static METHODS: &[&Method] = &[
    &sample::METHOD,
    &few_shot::METHOD,
    &r#continue::METHOD,
    &paraphrase::METHOD,
    &topic::METHOD,
    &attributes::METHOD,
    &self_instruct::METHOD,
    &persona::METHOD,
    &evol::METHOD,
];

/// A way of asking for texts.
pub(crate) struct Method {
    pub(crate) name: &'static str,
    /// The options that are for this method; others have no use for them.
    pub(crate) options: &'static [&'static str],
    /// What `--levels` sets.
    pub(crate) knob: Knob,
    /// Checks the options of the method and makes its plan.
    pub(crate) plan: fn(&Args, Option<&Seeds>, &dyn Backend) -> Planned,
}

/// A control of diversity that `--levels` can set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knob {
    /// Temperature with a model, `--diversity` with a grammar.
    OfBackend,
    /// `--share` of paraphrases.
    Share,
    /// `--topics`.
    Topics,
}

/// The plan of a method, if its options make sense.
pub(crate) type Planned = anyhow::Result<Box<dyn Plan>>;

/// What one phase asks in each attempt, and how an answer is read.
pub(crate) trait Ask {
    /// The request of attempt `index`, which follows from `seed`.
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request>;

    /// What of an answer is kept, or why it is rejected.
    fn read(&self, request: &Request, answer: Draft) -> Answer;

    /// Whether the rules of `--accept` hold for its texts.
    fn is_judged(&self) -> bool {
        true
    }
}

/// How the rows of a set come about, phase by phase.
pub(crate) trait Plan {
    /// The phase that comes first, for its prompts to be shown.
    fn first(&self) -> &dyn Ask;

    /// Whether rows have a label.
    fn labels(&self) -> bool;

    /// Whether rows carry their prompt, because their text is not whole without it.
    fn prompts(&self) -> bool {
        false
    }

    /// Whether rows are questions about a context.
    fn asks(&self) -> bool {
        false
    }

    /// The control of diversity of the method, where it has one of its own.
    fn knob(&self) -> Option<(&'static str, f64)> {
        None
    }

    /// The sources of the templates that it fills, by name.
    fn templates(&self) -> Vec<(&'static str, &str)> {
        Vec::new()
    }

    /// Makes so many rows; fewer where the driver may not go on.
    fn write(&self, driver: &mut Driver<'_>, rows: u64) -> anyhow::Result<Vec<Row>> {
        driver.fill(SAMPLE, self.first(), rows)
    }
}

/// A method by its name on the command line.
#[derive(Clone, Copy)]
pub struct MethodName(pub(crate) &'static Method);

impl FromStr for MethodName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || {
            METHODS
                .iter()
                .map(|method| method.name)
                .collect::<Vec<_>>()
                .join(", ")
        };
        let found = METHODS.iter().find(|method| method.name == text);
        found
            .map(|method| Self(method))
            .ok_or_else(|| format!("known methods are {}", known()))
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl fmt::Debug for MethodName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for MethodName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Refuses options that the method has no use for, since they would change nothing.
pub(crate) fn check(args: &MethodArgs) -> anyhow::Result<()> {
    let method = args.method.0;
    for option in args.given() {
        let users: Vec<_> = METHODS
            .iter()
            .filter(|method| method.options.contains(&option))
            .map(|method| method.name)
            .collect();
        anyhow::ensure!(
            method.options.contains(&option),
            "{option} is for --method {}, and the method is {}",
            users.join(" or "),
            method.name
        );
    }
    Ok(())
}

/// The label of attempt `index`, where labels come in turn.
fn in_turn(labels: &[String], index: u64) -> Option<&String> {
    let at = index.checked_rem(labels.len() as u64)?;
    labels.get(at as usize)
}

/// Refuses a grammar as the backend of a method that asks in words.
fn needs_words(method: &str, args: &Args) -> anyhow::Result<()> {
    anyhow::ensure!(
        args.backend.grammar.is_none(),
        "a grammar cannot be asked in words; {method} needs --model or --endpoint"
    );
    Ok(())
}

/// Refuses seeds for a method that has no use for them.
fn refuse_seeds(method: &str, seeds: Option<&Seeds>) -> anyhow::Result<()> {
    match seeds {
        None => Ok(()),
        Some(seeds) => anyhow::bail!(
            "{} is given as seeds, but {method} takes none",
            seeds.name()
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_in_the_folder_is_a_method_of_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/methods");
        let files = std::fs::read_dir(folder).expect("the folder").map(|entry| {
            let name = entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a plain name");
            name.trim_end_matches(".rs").replace('_', "-")
        });
        let names = METHODS.iter().map(|method| method.name.to_owned());
        assert_eq!(
            files.collect::<BTreeSet<_>>(),
            names.collect::<BTreeSet<_>>()
        );
    }

    #[test]
    fn an_unknown_method_lists_the_known_ones() {
        let error = "guess".parse::<MethodName>().expect_err("no such method");
        assert_eq!(
            error,
            "known methods are sample, few-shot, continue, paraphrase, topic, attributes, self-instruct, persona, evol"
        );
    }
}
