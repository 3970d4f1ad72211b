//! How much a mix takes of human and of synthetic rows: the designs, one file each.

mod fixed_real;
mod fixed_synthetic;
mod fixed_total;

use clap::builder::{PossibleValue, PossibleValuesParser};
use numeric::Share;
use serde::Serialize;

use crate::plan::{Plan, Want};
use crate::ratio::Ratio;

/// Every design, in the order in which help lists them.
pub(crate) const DESIGNS: &[&Design] = &[
    &fixed_total::DESIGN,
    &fixed_real::DESIGN,
    &fixed_synthetic::DESIGN,
];

/// A rule from what is asked and what is there to how much of each source is taken.
#[derive(Debug)]
pub(crate) struct Design {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it holds fixed, in one line.
    pub(crate) about: &'static str,
    /// Fails if an option is missing, or means nothing to this design.
    pub(crate) plan: fn(&Asked, Available) -> anyhow::Result<Parts>,
}

/// What the command line says of how much to take.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Asked {
    /// The synthetic share of the result.
    pub(crate) proportion: Option<Share>,
    /// Rows or tokens of the result.
    pub(crate) total: Option<u64>,
    /// Synthetic rows or tokens for each human one.
    pub(crate) ratio: Option<Ratio>,
}

/// How much there is to take from, in rows or in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available {
    /// Of the human source, after --real-fraction.
    pub(crate) real: u64,
    /// Of the synthetic source.
    pub(crate) synthetic: u64,
}

/// How much is to be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Parts {
    pub(crate) real: u64,
    pub(crate) synthetic: u64,
    /// The synthetic share that was asked for.
    pub(crate) proportion: f64,
}

impl From<Parts> for Plan {
    fn from(parts: Parts) -> Self {
        Self {
            wants: vec![Want::first(parts.real), Want::first(parts.synthetic)],
            proportion: Some(parts.proportion),
        }
    }
}

/// The design called `name`.
pub(crate) fn named(name: &str) -> anyhow::Result<&'static Design> {
    let found = DESIGNS.iter().copied().find(|design| design.name == name);
    let known = || {
        DESIGNS
            .iter()
            .map(|design| design.name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    found.ok_or_else(|| anyhow::anyhow!("there is no design `{name}`; known are {}", known()))
}

/// The parser of `--design`, which knows the names.
pub(crate) fn parser() -> PossibleValuesParser {
    PossibleValuesParser::new(
        DESIGNS
            .iter()
            .map(|design| PossibleValue::new(design.name).help(design.about)),
    )
}

/// The share of `n` rows or tokens, to the nearest whole one.
fn share_of(share: Share, n: u64) -> u64 {
    share.of(n as usize) as u64
}

/// The value of an option that `design` needs.
fn needed<T>(design: &str, option: &str, given: Option<T>) -> anyhow::Result<T> {
    given.ok_or_else(|| anyhow::anyhow!("the design {design} needs --{option}"))
}

/// Refuses an option that means nothing to `design`.
fn meaningless(design: &str, option: &str, given: bool) -> anyhow::Result<()> {
    anyhow::ensure!(!given, "--{option} means nothing to the design {design}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_design_and_an_unknown_one_to_those_known() {
        assert_eq!(named("fixed-real").expect("known").name, "fixed-real");
        let error = named("fixed").expect_err("unknown").to_string();
        assert_eq!(
            error,
            "there is no design `fixed`; known are fixed-total, fixed-real, fixed-synthetic"
        );
    }

    #[test]
    fn every_file_is_a_design() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/designs");
        let files = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("a file").file_name());
        let mut files: Vec<_> = files
            .map(|name| name.to_string_lossy().replace(".rs", "").replace('_', "-"))
            .collect();
        let mut names: Vec<_> = DESIGNS.iter().map(|design| design.name).collect();
        files.sort();
        names.sort_unstable();
        assert_eq!(files, names);
    }
}
