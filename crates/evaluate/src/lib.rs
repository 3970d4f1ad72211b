//! Holds a model against a test set: how often it is right, or how likely it finds the texts.

mod args;
mod compare;
mod contamination;
mod doc;
mod figures;
mod form;
mod harness;
mod literal;
mod metrics;
mod models;
mod predictions;
mod reader;
mod scores;
mod spec;
mod subject;
mod table;
mod tasks;
mod template;
mod test_set;

use std::collections::BTreeMap;

use cli::{Console, Outcome, Stage};
use dataset::results::{self, ResultRow};
use dataset::{RowEquation, Run, Sink, Writer, columns};

pub use args::{Args, Condition, DecoderArgs, Task};
pub use subject::{Baseline, Subject};

use contamination::Training;
use models::Models;
use test_set::TestSet;

/// What `evaluate` does to columns; it writes figures, so it adds none.
pub const STAGE: Stage = Stage {
    name: "evaluate",
    reads: &[&columns::TEXT, &columns::LABEL],
    adds: &[],
};

/// Runs the stage.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    check_outputs(args)?;
    if !args.compare.is_empty() {
        return compare::run(args, console);
    }
    let file = tasks::task_file(args)?;
    let judges = args.models.iter().map(tasks::open);
    let judges = judges.collect::<anyhow::Result<Vec<_>>>()?;
    let test = test_set(args, file.as_ref())?;
    let training = Training::read(&args.training, &args.reading.reading())?;
    let asked = Question {
        args,
        file: file.as_ref(),
        training: training.as_ref(),
        test: &test,
    };
    if args.task == Some(Task::Samples) {
        return write_samples(&judges, &asked, console);
    }
    let judged = judges.into_iter().map(|judge| judge.judge(&asked, console));
    let mut models = Models::new(judged.collect::<anyhow::Result<_>>()?, args, &test)?;
    let mut rows = models.figures(args)?;
    if let Some(training) = &training {
        models.tell_contamination(&mut rows, training, args)?;
    }
    rows.iter_mut().for_each(|row| args.arm.describe(row));
    let run = run_of(&asked, &models)?;
    if let Some(sink) = &args.predictions {
        predictions::write(sink, &models.said, &run)?;
    }
    if let Some(path) = &args.results_json {
        dataset::write_file(path, &models.results_json(&rows, &asked)?)?;
    }
    let mut writer = Writer::create(&args.output.output, &results::schema())?;
    writer.write(&results::to_batch(&rows)?)?;
    writer.finish(&run)?;
    console.close(closing_line(&run, &rows));
    Ok(Outcome::Done)
}

/// `--task samples`: no row is judged, but what the model writes is measured.
fn write_samples(
    judges: &[tasks::Judge],
    asked: &Question<'_>,
    console: &Console,
) -> anyhow::Result<Outcome> {
    let [tasks::Judge::Model { directory, kind }] = judges else {
        anyhow::bail!("--task samples is for one decoder");
    };
    let args = asked.args;
    let mut samples = tasks::samples::ask(directory, asked, console)?;
    for row in &mut samples.rows {
        row.params["model_kind"] = kind.as_str().into();
        args.arm.describe(row);
    }
    let inputs = std::iter::once(&samples.input).chain(asked.test.table().inputs());
    let training = asked.training.into_iter().flat_map(Training::inputs);
    let skipped = (samples.asked - samples.used) as u64;
    let run = Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: Some(args.seed.seed.number()),
        inputs: inputs.chain(training).cloned().collect(),
        rows: RowEquation::Used {
            rows_in: samples.asked as u64,
            used: samples.used as u64,
            skipped,
        },
        drops: BTreeMap::from([("empty".to_owned(), skipped)])
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .collect(),
    };
    if let Some(sink) = &args.predictions {
        predictions::write_columns(sink, samples.columns, &run)?;
    }
    let mut writer = Writer::create(&args.output.output, &results::schema())?;
    writer.write(&results::to_batch(&samples.rows)?)?;
    writer.finish(&run)?;
    console.close(closing_line(&run, &samples.rows));
    Ok(Outcome::Done)
}

fn check_outputs(args: &Args) -> anyhow::Result<()> {
    if args.predictions == Some(Sink::Stdout) {
        return Err(cli::with_hint(
            anyhow::anyhow!("--predictions is -, but standard output is for the figures"),
            "name a file",
        ));
    }
    cli::distinct(&[
        ("-o", cli::file_of(&args.output.output)),
        (
            "--predictions",
            args.predictions.as_ref().and_then(cli::file_of),
        ),
        ("--results-json", args.results_json.as_deref()),
    ])
}

/// What is asked of models.
pub(crate) struct Question<'a> {
    pub(crate) args: &'a Args,
    /// The task's file, where there is one.
    pub(crate) file: Option<&'a spec::TaskFile>,
    /// What the models were trained on, where that is told.
    pub(crate) training: Option<&'a Training>,
    pub(crate) test: &'a TestSet,
}

/// The rows to test on: those of `--test`, or those that the task's file names.
fn test_set(args: &Args, file: Option<&spec::TaskFile>) -> anyhow::Result<TestSet> {
    let reading = args.reading.reading();
    match (&args.test[..], file) {
        ([], Some(file)) => TestSet::read(&file.test_files()?, &reading),
        ([], None) => anyhow::bail!("there is nothing to test on; name it with --test"),
        (sources, _) => TestSet::read(sources, &reading),
    }
}

fn run_of(asked: &Question<'_>, models: &Models) -> anyhow::Result<Run> {
    let (args, test) = (asked.args, asked.test);
    let (rows_in, used) = (test.table().len() as u64, models.said[0].len() as u64);
    let inputs = models.judged.iter().map(|judged| &judged.input);
    let inputs = inputs.chain(&models.judged[0].inputs);
    let training = asked.training.into_iter().flat_map(Training::inputs);
    let drops: BTreeMap<String, u64> = models.judged[0].drops.clone();
    Ok(Run {
        stage: STAGE.name,
        arguments: cli::arguments(args)?,
        seed: Some(args.seed.seed.number()),
        inputs: inputs
            .chain(test.table().inputs())
            .chain(training)
            .cloned()
            .collect(),
        rows: RowEquation::Used {
            rows_in,
            used,
            skipped: rows_in - used,
        },
        drops,
    })
}

/// Such as `1821 in, 1821 used, 0 skipped; accuracy 0.769, macro_f1 0.768`.
fn closing_line(run: &Run, rows: &[ResultRow]) -> String {
    let reasons = run.drops.iter().map(|(reason, n)| format!("{n} {reason}"));
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let reasons = if reasons.is_empty() {
        reasons
    } else {
        format!(" ({reasons})")
    };
    let figures = rows.iter().map(|row| match row.value {
        Some(value) => format!("{} {value:.3}", row.metric),
        None => format!("{} has no value", row.metric),
    });
    let figures = figures.collect::<Vec<_>>().join(", ");
    format!("{}{reasons}; {figures}", run.rows)
}
