//! The prompts that a model is given: templates that are filled with the rows, which are never templates themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior};
use serde::{Serialize, Serializer};

/// The built-in templates, by name.
const BUILT_IN: [(&str, &str); 12] = [
    (
        "attribute-values",
        include_str!("prompts/attribute-values.j2"),
    ),
    ("attributes", include_str!("prompts/attributes.j2")),
    ("evol", include_str!("prompts/evol.j2")),
    ("few-shot", include_str!("prompts/few-shot.j2")),
    ("new", include_str!("prompts/new.j2")),
    ("paraphrase", include_str!("prompts/paraphrase.j2")),
    ("persona", include_str!("prompts/persona.j2")),
    ("personas", include_str!("prompts/personas.j2")),
    ("sample", include_str!("prompts/sample.j2")),
    ("self-instruct", include_str!("prompts/self-instruct.j2")),
    ("topic", include_str!("prompts/topic.j2")),
    ("topics", include_str!("prompts/topics.j2")),
];

/// Steps that a template may take, so that one that never ends is an error.
const FUEL: u64 = 1_000_000;

/// A template that is used instead of a built-in one: `NAME=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFile {
    name: String,
    file: PathBuf,
}

impl FromStr for TemplateFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = || BUILT_IN.map(|(name, _)| name).join(", ");
        let (name, file) = text
            .split_once('=')
            .ok_or_else(|| format!("write NAME=FILE; names are {}", known()))?;
        if !BUILT_IN.iter().any(|(known, _)| *known == name) {
            return Err(format!(
                "no template is called `{name}`; known are {}",
                known()
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            file: PathBuf::from(file),
        })
    }
}

impl fmt::Display for TemplateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.file_name().unwrap_or_default();
        write!(f, "{}={}", self.name, file.to_string_lossy())
    }
}

impl Serialize for TemplateFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All templates of a run.
pub(crate) struct Prompts {
    environment: Environment<'static>,
    sources: BTreeMap<String, String>,
}

impl Prompts {
    /// The built-in templates, with these in place of those of their names.
    pub(crate) fn read(files: &[TemplateFile]) -> anyhow::Result<Self> {
        let mut sources: BTreeMap<String, String> = BUILT_IN
            .iter()
            .map(|(name, source)| ((*name).to_owned(), (*source).to_owned()))
            .collect();
        for file in files {
            sources.insert(file.name.clone(), dataset::read_text(&file.file)?);
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()?,
        );
        environment.set_fuel(Some(FUEL));
        for (name, source) in &sources {
            let added = environment.add_template_owned(name.clone(), source.clone());
            added.with_context(|| format!("the template {name} cannot be read"))?;
        }
        Ok(Self {
            environment,
            sources,
        })
    }

    /// A prompt by the template of this name; the values are put in as they are.
    pub(crate) fn render(
        &self,
        name: &str,
        values: &BTreeMap<&'static str, minijinja::Value>,
    ) -> anyhow::Result<String> {
        let failed = || format!("the template {name} cannot be filled");
        let template = self.environment.get_template(name).with_context(failed)?;
        let prompt = template.render(values).with_context(failed)?;
        Ok(prompt.trim().to_owned())
    }

    /// The source of a template.
    pub(crate) fn source(&self, name: &str) -> &str {
        self.sources.get(name).map_or("", String::as_str)
    }
}

/// The values of every template that a method does not give: absent things are false, not unknown.
pub(crate) fn values(
    given: impl IntoIterator<Item = (&'static str, minijinja::Value)>,
) -> BTreeMap<&'static str, minijinja::Value> {
    let absent = ["task", "label", "context", "examples", "topic", "known"];
    let none = absent.map(|name| (name, minijinja::Value::from(())));
    none.into_iter().chain(given).collect()
}

#[cfg(test)]
mod tests {
    use minijinja::{Value, context};

    use super::*;

    #[test]
    fn what_is_in_a_row_is_text_and_no_template() {
        let prompts = Prompts::read(&[]).expect("built in");
        let hostile = "{{ task }} {% for %} {# <b> & #}";
        let row = context! { text => hostile };
        let prompt = prompts
            .render(
                "paraphrase",
                &values([("row", row), ("answer_form", Value::from("Plain."))]),
            )
            .expect("filled");
        assert_eq!(
            prompt,
            format!("Here is a text:\n\n{hostile}\n\nSay the same in other words.\nPlain.")
        );
    }

    #[test]
    fn a_value_that_nobody_gives_is_an_error_and_not_an_empty_place() {
        let prompts = Prompts::read(&[]).expect("built in");
        let error = prompts.render("sample", &values([])).expect_err("no form");
        assert!(
            format!("{error:#}").contains("undefined value"),
            "{error:#}"
        );
    }

    #[test]
    fn every_built_in_template_is_named_after_its_file() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/prompts");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| {
                let name = entry.expect("an entry").file_name();
                name.to_string_lossy().trim_end_matches(".j2").to_owned()
            })
            .collect();
        files.sort();
        assert_eq!(files, BUILT_IN.map(|(name, _)| name.to_owned()));
        assert!("nothing=a.j2".parse::<TemplateFile>().is_err());
    }
}
