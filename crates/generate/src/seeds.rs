//! The rows that prompts are made from.

use std::collections::BTreeSet;

use cli::InputArgs;
use dataset::{Input, Table, columns};
use minijinja::{Value, context};

use crate::args::Args;

/// The seeds, with the columns that methods look at.
pub(crate) struct Seeds {
    name: String,
    inputs: Vec<Input>,
    ids: Vec<String>,
    texts: Option<Vec<String>>,
    prompts: Option<Vec<String>>,
    labels: Option<Vec<String>>,
    pairs: Option<Pairs>,
    names: String,
}

/// Questions about contexts, with their answers.
struct Pairs {
    contexts: Vec<String>,
    questions: Vec<String>,
    answers: Vec<String>,
}

impl Seeds {
    /// The seeds that are named; standard input is read only where `-` is.
    pub(crate) fn read(args: &Args) -> anyhow::Result<Option<Self>> {
        if args.seeds.is_empty() {
            return Ok(None);
        }
        let input = InputArgs {
            inputs: args.seeds.clone(),
            reading: args.reading.clone(),
        };
        Self::of(&input.table(&[&columns::ID])?).map(Some)
    }

    /// The seeds in a table.
    pub(crate) fn of(table: &Table) -> anyhow::Result<Self> {
        let column = |name: &str| -> anyhow::Result<Option<Vec<String>>> {
            if !table.has(name) {
                return Ok(None);
            }
            Ok(Some(
                table.texts(name)?.into_iter().map(str::to_owned).collect(),
            ))
        };
        anyhow::ensure!(
            !table.is_empty(),
            "{} has no rows to take as seeds",
            table.name()
        );
        Ok(Self {
            name: table.name().to_owned(),
            inputs: table.inputs().to_vec(),
            ids: column(columns::ID.name)?.unwrap_or_default(),
            texts: column(columns::TEXT.name)?,
            prompts: column(columns::PROMPT.name)?,
            labels: column(columns::LABEL.name)?,
            pairs: match [&columns::CONTEXT, &columns::QUESTION, &columns::ANSWER]
                .map(|wanted| column(wanted.name))
            {
                [Ok(Some(contexts)), Ok(Some(questions)), Ok(Some(answers))] => Some(Pairs {
                    contexts,
                    questions,
                    answers,
                }),
                _ => None,
            },
            names: dataset::column_names(table.schema()),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }

    pub(crate) fn texts(&self) -> anyhow::Result<&[String]> {
        self.texts
            .as_deref()
            .ok_or_else(|| self.missing("text", "name the column with --text-column"))
    }

    pub(crate) fn prompts(&self) -> anyhow::Result<&[String]> {
        self.prompts
            .as_deref()
            .ok_or_else(|| self.missing("prompt", "give one prompt for all with --prompt"))
    }

    pub(crate) fn labels(&self) -> Option<&[String]> {
        self.labels.as_deref()
    }

    /// Whether the rows are questions about a context.
    pub(crate) fn asks(&self) -> bool {
        self.pairs.is_some()
    }

    /// The different contexts, each with the id of the first row about it, in the order of the rows.
    pub(crate) fn contexts(&self) -> anyhow::Result<Vec<(String, String)>> {
        let pairs = self.pairs.as_ref();
        let pairs = pairs.ok_or_else(|| self.missing("context", "questions need a context"))?;
        let mut seen = BTreeSet::new();
        let rows = self.ids.iter().zip(&pairs.contexts);
        let first = rows.filter(|(_, context)| seen.insert(context.as_str()));
        Ok(first
            .map(|(id, context)| (id.clone(), context.clone()))
            .collect())
    }

    /// What a template sees of a row.
    pub(crate) fn example(&self, row: usize) -> anyhow::Result<Value> {
        if let Some(pairs) = &self.pairs {
            return Ok(context! {
                context => &pairs.contexts[row],
                question => &pairs.questions[row],
                answer => &pairs.answers[row],
            });
        }
        Ok(context! {
            text => &self.texts()?[row],
            label => self.labels.as_ref().map(|labels| &labels[row]),
        })
    }

    /// The classes to write: those that are asked for, or else those that there are; none without labels.
    pub(crate) fn classes(&self, asked: &[String]) -> anyhow::Result<Option<Vec<String>>> {
        let Some(labels) = &self.labels else {
            anyhow::ensure!(
                asked.is_empty(),
                "{} has no column `label`, but --labels names some",
                self.name
            );
            return Ok(None);
        };
        let known: BTreeSet<&String> = labels.iter().collect();
        if asked.is_empty() {
            return Ok(Some(known.into_iter().cloned().collect()));
        }
        for label in asked {
            anyhow::ensure!(
                known.contains(label),
                "{} has no rows of `{label}`, which --labels names; it has {}",
                self.name,
                known
                    .iter()
                    .map(|label| label.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        }
        Ok(Some(asked.to_vec()))
    }

    /// The id and the text of each row; nothing where rows have no text.
    pub(crate) fn texts_by_id(&self) -> impl Iterator<Item = (&str, &str)> {
        let texts = self.texts.iter().flatten().map(String::as_str);
        self.ids.iter().map(String::as_str).zip(texts)
    }

    fn missing(&self, column: &str, hint: &str) -> anyhow::Error {
        let hint = format!("{hint}; the file has: {}", self.names);
        cli::with_hint(
            anyhow::anyhow!("{} has no column `{column}`", self.name),
            hint,
        )
    }
}
