//! The rows that prompts are made from.

use cli::InputArgs;
use dataset::{Input, Table, columns};

use crate::args::Args;

/// The seeds, with the columns that methods look at.
pub(crate) struct Seeds {
    name: String,
    inputs: Vec<Input>,
    ids: Vec<String>,
    texts: Option<Vec<String>>,
    prompts: Option<Vec<String>>,
    labels: Option<Vec<String>>,
    names: String,
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

    fn missing(&self, column: &str, hint: &str) -> anyhow::Error {
        let hint = format!("{hint}; the file has: {}", self.names);
        cli::with_hint(
            anyhow::anyhow!("{} has no column `{column}`", self.name),
            hint,
        )
    }
}
