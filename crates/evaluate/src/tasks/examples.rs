//! Worked examples before every prompt: the first rows of `--fewshot`, questions with their answers.
//!
//! As lm-evaluation-harness' sampler `first_n` writes them: text, delimiter, answer, and after each
//! what sets examples apart.

use std::collections::BTreeSet;

use anyhow::Context as _;
use dataset::{Input, Table, columns};
use minijinja::Value;
use minijinja::value::ValueKind;

use crate::args::Args;
use crate::doc;
use crate::spec::Spec;
use crate::template::Templates;
use crate::test_set::TestSet;

/// The examples as one text, and what they were read from.
#[derive(Default)]
pub(super) struct Examples {
    pub(super) text: String,
    pub(super) inputs: Vec<Input>,
}

impl Examples {
    /// Those that the task asks for.
    pub(super) fn of(
        spec: &Spec,
        templates: &Templates,
        args: &Args,
        test: &TestSet,
    ) -> anyhow::Result<Self> {
        let mut examples = Self::default();
        if spec.num_fewshot == 0 {
            return Ok(examples);
        }
        let how = args.reading.reading();
        let tables = Table::read_each(&args.decoder.fewshot, &how, "fewshot", &[])?;
        let tests: BTreeSet<&str> = test.table().texts(columns::ID.name)?.into_iter().collect();
        let mut left = spec.num_fewshot;
        for table in &tables {
            examples.inputs.extend_from_slice(table.inputs());
            let ids = table.texts(columns::ID.name)?;
            for (doc, id) in doc::docs(table)?.iter().zip(ids).take(left) {
                let name = table.name();
                anyhow::ensure!(
                    !tests.contains(id),
                    "{name}: row {id} is an example and a test row"
                );
                let written = example(spec, templates, doc);
                examples.text +=
                    &written.with_context(|| format!("{name}: row {id} cannot be an example"))?;
                left -= 1;
            }
        }
        if left > 0 {
            let (asked, there) = (spec.num_fewshot, spec.num_fewshot - left);
            let error =
                anyhow::anyhow!("{asked} examples are asked for, but --fewshot has {there}");
            return Err(cli::with_hint(error, "name a set of rows with --fewshot"));
        }
        Ok(examples)
    }
}

fn example(spec: &Spec, templates: &Templates, doc: &Value) -> anyhow::Result<String> {
    let mut text = templates.text(&spec.text, doc)?;
    let mut answer = answer(spec, templates, doc)?;
    let ends = |text: &str| text.ends_with(char::is_whitespace);
    let begins = |text: &str| text.starts_with(char::is_whitespace);
    match &spec.prefix {
        None => text += &spec.delimiter,
        Some(prefix) => {
            let prefix = templates.text(prefix, doc)?;
            if !text.is_empty() && !ends(&text) && !begins(&prefix) {
                text += &spec.delimiter;
            }
            let apart = if ends(&prefix) || begins(&answer) {
                ""
            } else {
                " "
            };
            answer = format!("{prefix}{apart}{answer}");
        }
    }
    Ok(format!("{text}{answer}{}", spec.fewshot_delimiter))
}

/// The right answer of a row: the first of several, the choice where a number names one.
fn answer(spec: &Spec, templates: &Templates, doc: &Value) -> anyhow::Result<String> {
    let target = templates.value(&spec.target, doc)?;
    let target = match target.kind() {
        ValueKind::Seq => target.get_item(&Value::from(0))?,
        _ => target,
    };
    let told = target.to_string();
    let Some(choices) = &spec.choices else {
        return Ok(told);
    };
    let choices = templates.list(choices, doc)?;
    if target.as_str().is_some() && choices.contains(&told) {
        return Ok(told);
    }
    let at: Option<usize> = told.trim().parse().ok();
    let choice = at.and_then(|at| choices.get(at).cloned());
    choice.with_context(|| format!("its answer `{told}` is none of its choices"))
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;
    use crate::template::Template;

    #[test]
    fn an_example_is_written_as_the_harness_does() {
        let columns = ["question", "choices", "answer"].map(str::to_owned);
        let mut spec = Spec::multiple_choice(&columns);
        spec.text = Template::new("Q: {{question}}\nA:", &columns);
        let doc = context! { question => "Why?", choices => vec!["no", "so"], answer => 1 };
        let templates = Templates::new();
        let written = |spec: &Spec| example(spec, &templates, &doc).expect("an example");
        assert_eq!(written(&spec), "Q: Why?\nA: so\n\n");
        spec.prefix = Some(Template::Text("It is".to_owned()));
        spec.fewshot_delimiter = "\n".to_owned();
        assert_eq!(written(&spec), "Q: Why?\nA: It is so\n");
    }
}
