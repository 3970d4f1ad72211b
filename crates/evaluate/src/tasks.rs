//! What models are asked, one file a task.

mod asked;
mod baseline;
mod classification;
mod examples;
mod generation;
mod labels;
mod likelihood;
mod multiple_choice;
mod perplexity;
pub(crate) mod samples;

use std::collections::BTreeMap;

use anyhow::Context as _;
use cli::Console;
use dataset::{Directory, Input, columns};
use model::linear;
use serde_json::Value;

use crate::Question;
use crate::args::{Args, Condition, Task};
use crate::doc;
use crate::form::Form;
use crate::predictions::Said;
use crate::reader::Reader;
use crate::spec::{self, Spec, TaskFile};
use crate::subject::{Baseline, Subject};
use crate::template::Templates;
use crate::test_set::TestSet;

use asked::Asked;
use examples::Examples;

/// What a model said of the rows, and which model.
pub(crate) struct Judged {
    pub(crate) said: Said,
    /// How many rows were left out, by reason.
    pub(crate) drops: BTreeMap<String, u64>,
    /// The architecture of the model.
    pub(crate) kind: String,
    /// The content hash of what is scored.
    pub(crate) subject: String,
    /// The content hash of what it is held against.
    pub(crate) reference: String,
    /// The model or the grammar, for the provenance.
    pub(crate) input: Input,
    /// The seed that the model says it was made with.
    pub(crate) seed: Option<u64>,
    /// The metrics that are asked for; all where none is named.
    pub(crate) metrics: Option<Vec<String>>,
    /// The texts that training is searched for, one a row that was judged.
    pub(crate) texts: Vec<String>,
    /// What the task's file says.
    pub(crate) told: Value,
    /// What was read besides the model and the test rows.
    pub(crate) inputs: Vec<Input>,
}

/// Something that can judge rows, opened and not yet run.
pub(crate) enum Judge {
    Model { directory: Directory, kind: String },
    Grammar(labels::Oracle),
    Baseline(Baseline),
}

/// Opens what `subject` names.
pub(crate) fn open(subject: &Subject) -> anyhow::Result<Judge> {
    match subject {
        Subject::Grammar(path) => Ok(Judge::Grammar(labels::Oracle::open(path)?)),
        Subject::Baseline(baseline) => Ok(Judge::Baseline(*baseline)),
        Subject::Model(source) => {
            let directory = Directory::open(source)?;
            let kind = architecture(&directory)?;
            Ok(Judge::Model { directory, kind })
        }
    }
}

/// The task's file, where one is named.
pub(crate) fn task_file(args: &Args) -> anyhow::Result<Option<TaskFile>> {
    match &args.task {
        Some(Task::Custom(path)) => Ok(Some(spec::load(path)?)),
        _ => Ok(None),
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
    /// Judges every row of the test set.
    pub(crate) fn judge(self, asked: &Question<'_>, console: &Console) -> anyhow::Result<Judged> {
        let (args, test) = (asked.args, asked.test);
        let (directory, kind) = match self {
            Self::Grammar(oracle) => return oracle.judge(args, test),
            Self::Baseline(one) => return baseline::judge(one, args, asked.training, test),
            Self::Model { directory, kind } => (directory, kind),
        };
        let answer = if linear::ARCHITECTURES.contains(&kind.as_str()) {
            only_classifies(args, &directory)?;
            let mut answer = Answer::of(classification::by_classifier(&directory, args, test)?);
            answer.texts = judged_texts(asked)?;
            answer
        } else {
            let reader = Reader::open(&directory, &args.decoder)?;
            ask(&reader, asked, console)?
        };
        let input = directory.input("model")?;
        let made = directory.provenance().and_then(|history| history.made_by());
        Ok(Judged {
            said: answer.said,
            drops: answer.drops,
            kind,
            subject: input.node.hash.to_string(),
            reference: test.hash(),
            seed: made.and_then(|node| node.seed),
            input,
            metrics: answer.metrics,
            texts: answer.texts,
            told: answer.told,
            inputs: answer.inputs,
        })
    }
}

/// What was said, and what of the question the results need to know.
struct Answer {
    said: Said,
    drops: BTreeMap<String, u64>,
    metrics: Option<Vec<String>>,
    texts: Vec<String>,
    told: Value,
    /// What was read besides the model and the test rows.
    inputs: Vec<Input>,
}

impl Answer {
    fn of(said: Said) -> Self {
        Self {
            said,
            drops: BTreeMap::new(),
            metrics: None,
            texts: Vec::new(),
            told: Value::Null,
            inputs: Vec::new(),
        }
    }
}

/// The texts of the column that is judged, where they are searched for.
fn judged_texts(asked: &Question<'_>) -> anyhow::Result<Vec<String>> {
    let column = &asked.args.column;
    if asked.training.is_none() {
        // A linear head looks at vectors, and its rows need no text.
        return Ok(Vec::new());
    }
    let texts = asked.test.texts(column)?.into_iter().map(str::to_owned);
    Ok(texts.collect())
}

fn only_classifies(args: &Args, directory: &Directory) -> anyhow::Result<()> {
    if let Some(task) = args
        .task
        .as_ref()
        .filter(|task| **task != Task::Classification)
    {
        anyhow::bail!(
            "{} is a classifier, which cannot do {task}",
            directory.name()
        );
    }
    anyhow::ensure!(
        args.decoder.condition.is_none(),
        "{} is a classifier, but --condition is for decoders",
        directory.name()
    );
    Ok(())
}

/// Asks a decoder.
fn ask(reader: &Reader, asked: &Question<'_>, console: &Console) -> anyhow::Result<Answer> {
    let (args, test) = (asked.args, asked.test);
    if args.decoder.condition.is_some() && !matches!(args.task, None | Some(Task::Perplexity)) {
        anyhow::bail!("--condition is for perplexity alone");
    }
    let fields = test.table().schema().fields().iter();
    let columns: Vec<String> = fields.map(|field| field.name().clone()).collect();
    let spec = match (&args.task, asked.file) {
        (None | Some(Task::Perplexity), _) => {
            let texts = match args.decoder.condition {
                None => perplexity::Texts::plain(test, &args.column)?,
                Some(Condition::Label) => perplexity::Texts::labelled(reader, test, args)?,
            };
            return perplexity::ask(reader, &texts, test, console);
        }
        (Some(Task::Classification), _) => {
            let said = classification::by_decoder(reader, args, test, console)?;
            let mut answer = Answer::of(said);
            answer.texts = judged_texts(asked)?;
            return Ok(answer);
        }
        (Some(Task::MultipleChoice), _) => Spec::multiple_choice(&columns),
        (Some(Task::QuestionAnswering), _) => Spec::question_answering(&columns),
        (Some(Task::Generation), _) => Spec::generation(),
        (Some(Task::Samples), _) => anyhow::bail!("samples are asked of one model alone"),
        (Some(Task::Custom(_)), Some(file)) => file.spec(&columns, &args.decoder)?,
        (Some(Task::Custom(_)), None) => anyhow::bail!("the task's file was not read"),
    };
    let mut spec = spec;
    if !matches!(args.task, Some(Task::Custom(_))) {
        spec.num_fewshot = args.decoder.num_fewshot.unwrap_or(0);
    }
    follow(reader, &spec, args, test, console)
}

/// Asks a decoder as a task says.
fn follow(
    reader: &Reader,
    spec: &Spec,
    args: &Args,
    test: &TestSet,
    console: &Console,
) -> anyhow::Result<Answer> {
    let templates = Templates::new();
    let docs = doc::docs(test.table())?;
    let examples = Examples::of(spec, &templates, args, test)?;
    let asked = Asked {
        spec,
        templates: &templates,
        docs: &docs,
        test,
        examples: &examples.text,
    };
    let mut answer = match spec.form {
        Form::MultipleChoice => Answer::of(multiple_choice::ask(reader, &asked, console)?),
        Form::Loglikelihood => Answer::of(likelihood::ask(reader, &asked, console)?),
        Form::Generation | Form::QuestionAnswering => {
            Answer::of(generation::ask(reader, &asked, args.seed.seed, console)?)
        }
        Form::Perplexity => {
            let texts = perplexity::Texts::of_task(&asked)?;
            perplexity::ask(reader, &texts, test, console)?
        }
        Form::Classification | Form::Labels => {
            anyhow::bail!("{} is nothing that a decoder is asked", spec.form.name())
        }
    };
    answer.said.task.clone_from(&spec.name);
    answer.metrics.clone_from(&spec.metrics);
    answer.told.clone_from(&spec.told);
    answer.inputs.clone_from(&examples.inputs);
    if spec.form != Form::Perplexity {
        answer.texts = asked.each(|doc| asked.templates.text(&spec.text, doc))?;
    }
    Ok(answer)
}

/// The labels of the rows; refused where the judge does not know all of them, unless that is allowed.
fn labels<'a>(
    test: &'a TestSet,
    args: &Args,
    known: &[&str],
    whose: &str,
) -> anyhow::Result<Vec<&'a str>> {
    test.require(&[&columns::LABEL])?;
    let labels = test.table().texts(columns::LABEL.name)?;
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
