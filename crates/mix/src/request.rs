//! What the command line asks for: which sources, and which mixes of them.

use std::path::PathBuf;

use dataset::{Sink, Source};
use numeric::Share;

use crate::arguments::Args;
use crate::pool::Role;

/// What is asked.
pub(crate) struct Request {
    /// The sources, each with what it is read as.
    pub(crate) sources: Vec<(Role, Vec<Source>)>,
    /// The mixes, at least one.
    pub(crate) targets: Vec<Target>,
}

/// One mix.
pub(crate) struct Target {
    /// The synthetic share, where one is asked for.
    pub(crate) proportion: Option<Share>,
    /// Where it is written.
    pub(crate) sink: Sink,
}

impl Request {
    pub(crate) fn of(args: &Args) -> anyhow::Result<Self> {
        Ok(Self {
            sources: sources(args)?,
            targets: targets(args)?,
        })
    }
}

fn role(name: &str, made_by: &str) -> Role {
    Role {
        name: name.to_owned(),
        made_by: made_by.to_owned(),
    }
}

fn sources(args: &Args) -> anyhow::Result<Vec<(Role, Vec<Source>)>> {
    if !args.source.is_empty() {
        let mut named = Vec::with_capacity(args.source.len());
        for source in &args.source {
            let taken = named
                .iter()
                .any(|(role, _): &(Role, _)| role.name == source.name);
            anyhow::ensure!(!taken, "two sources are called {}", source.name);
            named.push((role(&source.name, &source.name), vec![source.input.clone()]));
        }
        return Ok(named);
    }
    let real = (role("real", "human"), args.real.clone());
    if args.protocol.is_none() {
        let synthetic = (role("synthetic", "synthetic"), args.synthetic.clone());
        return Ok(vec![real, synthetic]);
    }
    let generation = |(at, source): (usize, &Source)| {
        let role = role(&format!("synthetic-{}", at + 1), "synthetic");
        (role, vec![source.clone()])
    };
    let generations = args.synthetic.iter().enumerate().map(generation);
    Ok(std::iter::once(real).chain(generations).collect())
}

fn targets(args: &Args) -> anyhow::Result<Vec<Target>> {
    let sink = &args.output.output;
    if args.proportions.is_empty() {
        return Ok(vec![Target {
            proportion: args.proportion,
            sink: sink.clone(),
        }]);
    }
    let named = match sink {
        Sink::Path(path) => path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned()),
        Sink::Stdout => None,
    };
    let Some(name) = named.filter(|name| name.contains("{proportion}")) else {
        return Err(cli::with_hint(
            anyhow::anyhow!("--proportions makes several mixes, but -o is {sink}"),
            "put the share in its name, as in -o 'mix-{proportion}.parquet'",
        ));
    };
    let target = |share: &Share| Target {
        proportion: Some(*share),
        sink: match sink {
            Sink::Path(path) => {
                Sink::Path(path.with_file_name(name.replace("{proportion}", &share.to_string())))
            }
            Sink::Stdout => Sink::Stdout,
        },
    };
    let targets: Vec<Target> = args.proportions.iter().map(target).collect();
    let files: Vec<PathBuf> = targets
        .iter()
        .filter_map(|target| cli::file_of(&target.sink).map(PathBuf::from))
        .collect();
    let outputs: Vec<_> = files
        .iter()
        .map(|file| ("-o", Some(file.as_path())))
        .collect();
    cli::distinct(&outputs)?;
    Ok(targets)
}
