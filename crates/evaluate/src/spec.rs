//! A task that is asked of a decoder, in the terms of lm-evaluation-harness: what is taken from a row, what is asked, what is made of the answer.

mod filter;
mod include;
mod yaml;

use serde_json::Value;

use crate::form::Form;
use crate::scores::exact::ExactMatch;
use crate::template::Template;

pub(crate) use filter::Filter;
pub(crate) use yaml::{TaskFile, load};

/// Tokens of an answer, where the task does not say.
const MAX_GEN_TOKS: usize = 256;

/// What is asked of a decoder for each row.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    /// The name of the task.
    pub(crate) name: String,
    pub(crate) form: Form,
    /// What stands in front of every context.
    pub(crate) description: Option<Template>,
    /// The context.
    pub(crate) text: Template,
    /// The target: a text, the number of a choice, or several of either.
    pub(crate) target: Template,
    /// The choices.
    pub(crate) choices: Option<Template>,
    /// What stands between context and choice.
    pub(crate) delimiter: String,
    /// How many worked examples stand before each context.
    pub(crate) num_fewshot: usize,
    /// What stands after each of them.
    pub(crate) fewshot_delimiter: String,
    /// What every answer begins with, after the context.
    pub(crate) prefix: Option<Template>,
    /// How an answer is written.
    pub(crate) generation: Generation,
    /// What is made of an answer before it is scored.
    pub(crate) filters: Vec<Filter>,
    /// What counts for an exact match.
    pub(crate) exact: ExactMatch,
    /// The metrics that are asked for; all of the form where none is named.
    pub(crate) metrics: Option<Vec<String>>,
    /// What the task's file says, for the results.
    pub(crate) told: Value,
}

/// How an answer is written.
#[derive(Clone, Debug)]
pub(crate) struct Generation {
    /// Texts that end an answer and are no part of it.
    pub(crate) until: Vec<String>,
    /// The most tokens.
    pub(crate) max_gen_toks: usize,
    /// 0 is the likeliest token each time.
    pub(crate) temperature: f64,
    pub(crate) top_p: f64,
    pub(crate) top_k: usize,
}

impl Default for Generation {
    fn default() -> Self {
        Self {
            until: vec!["\n\n".to_owned()],
            max_gen_toks: MAX_GEN_TOKS,
            temperature: 0.0,
            top_p: 1.0,
            top_k: 0,
        }
    }
}

impl Spec {
    /// A task of a form of this name, of columns, without anything around them.
    fn of(form: Form, text: Template, target: Template) -> Self {
        Self {
            name: form.name().to_owned(),
            form,
            description: None,
            text,
            target,
            choices: None,
            delimiter: " ".to_owned(),
            num_fewshot: 0,
            fewshot_delimiter: "\n\n".to_owned(),
            prefix: None,
            generation: Generation::default(),
            filters: Vec::new(),
            exact: ExactMatch::default(),
            metrics: None,
            told: Value::Null,
        }
    }

    /// Multiple choice over the columns `question`, `choices` and `answer`, and `context` where there is one.
    pub(crate) fn multiple_choice(columns: &[String]) -> Self {
        let column = |name: &str| Template::Column(name.to_owned());
        let mut spec = Self::of(Form::MultipleChoice, question(columns), column("answer"));
        spec.choices = Some(column("choices"));
        spec
    }

    /// Question answering over the columns `question` and `answer`, and `context` where there is one.
    pub(crate) fn question_answering(columns: &[String]) -> Self {
        let target = Template::Column("answer".to_owned());
        let mut spec = Self::of(Form::QuestionAnswering, question(columns), target);
        spec.generation.until = vec!["\n".to_owned()];
        spec
    }

    /// Generation: what follows the column `prompt`, against the column `completion`.
    pub(crate) fn generation() -> Self {
        let column = |name: &str| Template::Column(name.to_owned());
        Self::of(Form::Generation, column("prompt"), column("completion"))
    }
}

/// The question after its context.
fn question(columns: &[String]) -> Template {
    let source = if columns.iter().any(|column| column == "context") {
        "{{context}}\nQuestion: {{question}}\nAnswer:"
    } else {
        "Question: {{question}}\nAnswer:"
    };
    Template::Text(source.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_stands_after_its_context_where_there_is_one() {
        let with = Spec::question_answering(&["context".to_owned()]);
        let Template::Text(source) = with.text else {
            panic!("a template");
        };
        assert!(source.starts_with("{{context}}\n"));
        let without = Spec::multiple_choice(&[]);
        assert_eq!(
            without.text,
            Template::Text("Question: {{question}}\nAnswer:".to_owned())
        );
    }
}
