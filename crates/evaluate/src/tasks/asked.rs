//! A task of a decoder, held against rows: what is taken from each.

use anyhow::Context as _;
use minijinja::Value;

use crate::spec::Spec;
use crate::template::Templates;
use crate::test_set::TestSet;

/// A task, and the rows that it is asked of.
pub(super) struct Asked<'a> {
    pub(super) spec: &'a Spec,
    pub(super) templates: &'a Templates,
    pub(super) docs: &'a [Value],
    pub(super) test: &'a TestSet,
    /// Worked examples, as they stand before every context.
    pub(super) examples: &'a str,
}

impl Asked<'_> {
    /// What `make` gives for each row; an error names the row.
    pub(super) fn each<T>(
        &self,
        make: impl Fn(&Value) -> anyhow::Result<T>,
    ) -> anyhow::Result<Vec<T>> {
        let rows = self.docs.iter().enumerate();
        let made = rows.map(|(row, doc)| make(doc).with_context(|| self.told(row)));
        made.collect()
    }

    /// What a message says of a row that cannot be asked.
    pub(super) fn told(&self, row: usize) -> String {
        let name = self.test.table().name();
        format!("{name}: row {row} cannot be asked")
    }

    /// The context of a row: the description, the text, and what the answer begins with.
    pub(super) fn context(&self, doc: &Value) -> anyhow::Result<String> {
        let mut context = match &self.spec.description {
            Some(description) => self.templates.text(description, doc)?,
            None => String::new(),
        };
        context += self.examples;
        context += &self.templates.text(&self.spec.text, doc)?;
        if let Some(prefix) = &self.spec.prefix {
            let prefix = self.templates.text(prefix, doc)?;
            let apart =
                context.ends_with(char::is_whitespace) || prefix.starts_with(char::is_whitespace);
            if !context.is_empty() && !apart {
                context += &self.spec.delimiter;
            }
            context += &prefix;
        }
        Ok(context)
    }
}
