//! How many rows a mix takes of each source: the designs, one file each.

mod fixed_real;
mod fixed_total;

use clap::builder::{PossibleValue, PossibleValuesParser};
use numeric::Share;
use serde::Serialize;

use crate::ratio::Ratio;

/// Every design, in the order in which help lists them.
pub(crate) const DESIGNS: &[&Design] = &[&fixed_total::DESIGN, &fixed_real::DESIGN];

/// A rule from what is asked and what is there to how many rows of each source are taken.
#[derive(Debug)]
pub(crate) struct Design {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// What it holds fixed, in one line.
    pub(crate) about: &'static str,
    /// Fails if an option is missing, or means nothing to this design.
    pub(crate) plan: fn(&Asked, Available) -> anyhow::Result<Plan>,
}

/// What the command line says of how much to take.
#[derive(clap::Args, Clone, Copy, Debug, Default, Serialize)]
pub struct Asked {
    /// The synthetic share of the result, a fraction from 0 to 1 (fixed-total)
    #[arg(long, value_name = "SHARE")]
    pub proportion: Option<Share>,
    /// The number of rows of the result (fixed-total) [default: that of the human rows, after --real-fraction]
    #[arg(long, value_name = "ROWS")]
    pub total: Option<usize>,
    /// Synthetic rows for each human row, from 0 (fixed-real)
    #[arg(long, value_name = "RATIO")]
    pub ratio: Option<Ratio>,
}

/// How many rows there are to take from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Available {
    /// Human rows, after --real-fraction.
    pub(crate) real: usize,
    /// Synthetic rows.
    pub(crate) synthetic: usize,
}

/// How many rows are to be taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Plan {
    /// Human rows.
    pub(crate) real: usize,
    /// Synthetic rows.
    pub(crate) synthetic: usize,
    /// The synthetic share that was asked for.
    pub(crate) proportion: f64,
}

impl Plan {
    /// Rows of the result.
    pub(crate) fn total(&self) -> usize {
        self.real + self.synthetic
    }

    /// The synthetic share of the result, which is the asked one up to the rounding to whole rows.
    pub(crate) fn realised(&self) -> f64 {
        self.synthetic as f64 / self.total() as f64
    }

    /// Why this cannot be filled, naming what is asked and what there is; `None` if it can.
    pub(crate) fn shortage(&self, available: Available) -> Option<String> {
        let short = |source: &str, asked: usize, there: usize| {
            let said = format!(
                "{} asked of --{source}, but it has {there}",
                cli::count(asked, "row")
            );
            (asked > there).then_some(said)
        };
        if self.total() == 0 {
            return Some("0 rows are asked for".to_owned());
        }
        short("real", self.real, available.real)
            .or_else(|| short("synthetic", self.synthetic, available.synthetic))
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
            "there is no design `fixed`; known are fixed-total, fixed-real"
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

    #[test]
    fn a_shortage_names_what_is_asked_and_what_is_there() {
        let plan = Plan {
            real: 10,
            synthetic: 30,
            proportion: 0.75,
        };
        let shortage = |real, synthetic| plan.shortage(Available { real, synthetic });
        assert_eq!(shortage(10, 30), None);
        assert_eq!(
            shortage(10, 29).as_deref(),
            Some("30 rows asked of --synthetic, but it has 29")
        );
        assert_eq!(
            shortage(1, 30).as_deref(),
            Some("10 rows asked of --real, but it has 1")
        );
    }
}
