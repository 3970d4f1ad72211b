//! Several sets of equal size in one run, one for each level of diversity.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{bail, ensure};
use dataset::Sink;
use numeric::Share;
use serde::{Serialize, Serializer};

use crate::args::Args;
use crate::methods::Knob;

/// What stands for the name of the level in the name of an output.
const PLACE: &str = "{level}";

/// A level: what it is called, and where the control of diversity stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    name: String,
    value: f64,
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').unwrap_or((text, text));
        let value: f64 = value
            .parse()
            .map_err(|_| format!("`{value}` is no number; write VALUE or NAME=VALUE"))?;
        let named = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        if !named || !value.is_finite() {
            return Err(format!("`{text}` is no level; write VALUE or NAME=VALUE"));
        }
        Ok(Self {
            name: name.to_owned(),
            value,
        })
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The arguments of each set of a run: those given, or one for each of `--levels`.
pub(crate) fn sets(args: &Args) -> anyhow::Result<Vec<Args>> {
    let placed = output_name(args).is_some_and(|name| name.contains(PLACE));
    if args.levels.is_empty() {
        ensure!(
            !placed,
            "the output is named by its level, but no --levels are given"
        );
        return Ok(vec![args.clone()]);
    }
    if !placed {
        return Err(cli::with_hint(
            anyhow::anyhow!(
                "--levels makes a file for each level, so the output needs {PLACE} in its name"
            ),
            "-o 'sets/{level}.parquet'",
        ));
    }
    for (at, level) in args.levels.iter().enumerate() {
        let again = args.levels[..at]
            .iter()
            .any(|other| other.name == level.name);
        ensure!(!again, "--levels names `{}` twice", level.name);
    }
    args.levels
        .iter()
        .map(|level| of_level(args, level))
        .collect()
}

fn output_name(args: &Args) -> Option<String> {
    match &args.output.output {
        Sink::Stdout => None,
        Sink::Path(path) => Some(path.to_string_lossy().into_owned()),
    }
}

/// The arguments of one level; it says in its provenance what it was made with, not what else was made.
fn of_level(args: &Args, level: &Level) -> anyhow::Result<Args> {
    let mut args = args.clone();
    args.levels = Vec::new();
    args.level = Some(level.name.clone());
    if let Some(name) = output_name(&args) {
        args.output.output = Sink::Path(PathBuf::from(name.replace(PLACE, &level.name)));
    }
    let value = level.value;
    match args.method.method.0.knob {
        Knob::Share => args.method.share = Some(Share::new(value)?),
        Knob::Topics => {
            ensure!(
                value >= 1.0 && value.fract() == 0.0,
                "the level {level} is no number of topics"
            );
            args.method.topics = Some(value as usize);
        }
        Knob::OfBackend if args.backend.grammar.is_some() => args.backend.diversity = Some(value),
        Knob::OfBackend => args.backend.temperature = Some(value),
    }
    Ok(args)
}

/// Refuses the option that `--levels` sets, since only one of the two can hold.
pub(crate) fn check(args: &Args) -> anyhow::Result<()> {
    if args.levels.is_empty() {
        return Ok(());
    }
    let method = args.method.method.0;
    let (option, given) = match method.knob {
        Knob::Share => ("--share", args.method.share.is_some()),
        Knob::Topics => ("--topics", args.method.topics.is_some()),
        Knob::OfBackend if args.backend.grammar.is_some() => {
            ("--diversity", args.backend.diversity.is_some())
        }
        Knob::OfBackend => ("--temperature", args.backend.temperature.is_some()),
    };
    if given {
        bail!(
            "--levels sets {option} for --method {}; give one of the two",
            method.name
        );
    }
    ensure!(
        args.level.is_none(),
        "--levels names the levels; leave --level out"
    );
    ensure!(
        args.batch_file.is_none(),
        "--batch-file is for one set; give the levels one after the other"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_called_by_its_value_where_it_has_no_name() {
        let level: Level = "0.25".parse().expect("a level");
        assert_eq!((level.name.as_str(), level.value), ("0.25", 0.25));
        let level: Level = "low=0.75".parse().expect("a level");
        assert_eq!(level.to_string(), "low=0.75");
        for wrong in ["low", "=1", "../x=1", "a/b=1", "x=nan", ""] {
            assert!(wrong.parse::<Level>().is_err(), "{wrong}");
        }
    }
}
