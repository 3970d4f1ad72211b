//! Who judges the test rows, one file a kind, and what is then known of each row.

mod classes;
mod decoder;
mod grammar;

use std::collections::BTreeMap;

use anyhow::Context as _;
use cli::Console;
use dataset::{Directory, Input};
use model::linear;
use serde_json::Value;

use crate::test_set::TestSet;
use crate::{Args, Subject};

pub(crate) use classes::Classes;
pub(crate) use decoder::{Context, Losses};
pub(crate) use grammar::Truths;

#[cfg(test)]
pub(crate) use classes::tests::of_names as classes_of;
#[cfg(test)]
pub(crate) use decoder::tests::of as losses_of;

/// What is known of each row.
pub(crate) enum Evidence {
    /// The class that it has, and the one that it was taken for.
    Classes(Classes),
    /// How unlikely a decoder finds it.
    Losses(Losses),
    /// What a grammar says of it and of its label.
    Truths(Truths),
}

/// What is known, and of what.
pub(crate) struct Judged {
    pub(crate) evidence: Evidence,
    /// The architecture of the model.
    pub(crate) kind: String,
    /// The content hash of what is scored.
    pub(crate) subject: String,
    /// The content hash of what it is held against.
    pub(crate) reference: String,
    /// The model or the grammar, for the provenance.
    pub(crate) input: Input,
}

/// Something that can judge rows, opened and not yet run.
pub(crate) enum Judge {
    Model { directory: Directory, kind: String },
    Grammar(grammar::Oracle),
}

/// Opens what `subject` names.
pub(crate) fn open(subject: &Subject) -> anyhow::Result<Judge> {
    match subject {
        Subject::Grammar(path) => Ok(Judge::Grammar(grammar::Oracle::open(path)?)),
        Subject::Model(source) => {
            let directory = Directory::open(source)?;
            let kind = architecture(&directory)?;
            Ok(Judge::Model { directory, kind })
        }
    }
}

/// What `config.json` calls the model.
fn architecture(directory: &Directory) -> anyhow::Result<String> {
    let bytes = directory.require("config.json").map_err(|error| {
        cli::with_hint(
            error,
            "a model directory is what `train` writes, or what the Hub holds",
        )
    })?;
    let config: Value = serde_json::from_slice(&bytes)
        .with_context(|| format!("{}/config.json is no JSON", directory.name()))?;
    let named = config["architectures"][0].as_str();
    let kind = named.or_else(|| config["model_type"].as_str());
    Ok(kind.unwrap_or("none").to_owned())
}

impl Judge {
    /// Judges every row of `test`.
    pub(crate) fn judge(
        self,
        args: &Args,
        test: &TestSet,
        console: &Console,
    ) -> anyhow::Result<Judged> {
        let (directory, kind) = match self {
            Self::Grammar(oracle) => return oracle.judge(args, test),
            Self::Model { directory, kind } => (directory, kind),
        };
        let evidence = if linear::ARCHITECTURES.contains(&kind.as_str()) {
            Evidence::Classes(Classes::of(&directory, args, test)?)
        } else {
            Evidence::Losses(Losses::of(&directory, args, test, console)?)
        };
        let input = directory.input("model")?;
        Ok(Judged {
            evidence,
            kind,
            subject: input.node.hash.to_string(),
            reference: test.hash().to_string(),
            input,
        })
    }
}

impl Evidence {
    /// How many rows were judged.
    pub(crate) fn used(&self) -> usize {
        match self {
            Self::Classes(classes) => classes.len(),
            Self::Losses(losses) => losses.len(),
            Self::Truths(truths) => truths.len(),
        }
    }

    /// How many rows were left out, by reason.
    pub(crate) fn drops(&self) -> BTreeMap<String, u64> {
        match self {
            Self::Losses(losses) => losses.drops(),
            Self::Classes(_) | Self::Truths(_) => BTreeMap::new(),
        }
    }

    /// The groups of the rows that were judged, out of those of all rows.
    pub(crate) fn groups(&self, all: &[usize]) -> Vec<usize> {
        match self {
            Self::Losses(losses) => losses.rows.iter().map(|row| all[*row]).collect(),
            Self::Classes(_) | Self::Truths(_) => all.to_vec(),
        }
    }
}

/// The labels of the rows; refused where the judge does not know all of them, unless that is allowed.
fn labels<'a>(
    test: &'a TestSet,
    args: &Args,
    known: &[&str],
    whose: &str,
) -> anyhow::Result<Vec<&'a str>> {
    test.require(&[&dataset::columns::LABEL])?;
    let labels = test.table().texts(dataset::columns::LABEL.name)?;
    let mut unknown = labels.clone();
    unknown.retain(|label| !known.contains(label));
    unknown.sort_unstable();
    unknown.dedup();
    if unknown.is_empty() || args.allow_unknown_labels {
        return Ok(labels);
    }
    let error = anyhow::anyhow!(
        "{} has labels that {whose} does not know: {}; it knows: {}",
        test.table().name(),
        listed(&unknown),
        listed(known)
    );
    Err(cli::with_hint(
        error,
        "--allow-unknown-labels counts such rows as wrong; --label-column names another column",
    ))
}

/// Labels as a message lists them; an empty one is seen by its marks.
fn listed(labels: &[&str]) -> String {
    const MOST: usize = 20;
    let told = labels.iter().take(MOST);
    let told = told.map(|label| if label.is_empty() { "``" } else { label });
    let mut told = told.collect::<Vec<_>>().join(", ");
    if labels.len() > MOST {
        told += &format!(" and {} more", labels.len() - MOST);
    }
    told
}

/// The texts of the column that is judged.
fn texts<'a>(test: &'a TestSet, args: &Args) -> anyhow::Result<Vec<&'a str>> {
    if args.column == dataset::columns::TEXT.name {
        test.require(&[&dataset::columns::TEXT])?;
    }
    Ok(test.table().texts(&args.column)?)
}
