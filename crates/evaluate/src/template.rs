//! What a task takes from a row: a column as it is, or a text made from several by a template.
//!
//! Templates are those of lm-evaluation-harness, which are Jinja's: strict about what is not there,
//! with Python's methods of strings, and bounded in what they may compute.

use anyhow::Context as _;
use fancy_regex::Regex;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use crate::literal;

/// The most steps that one row of a template may take.
const FUEL: u64 = 200_000;

/// What is taken from a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Template {
    /// The value of a column.
    Column(String),
    /// The value of one expression, `{{ … }}` and nothing beside it.
    Expression(String),
    /// A text with values in it.
    Text(String),
    /// The same list for every row.
    List(Vec<String>),
}

/// Where templates are run.
pub(crate) struct Templates(Environment<'static>);

impl Template {
    /// The column of this name where there is one, otherwise the template.
    pub(crate) fn new(source: &str, columns: &[String]) -> Self {
        if columns.iter().any(|column| column == source) {
            return Self::Column(source.to_owned());
        }
        let inner = source
            .trim()
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"));
        match inner.filter(|inner| !inner.contains("{{") && !inner.contains("}}")) {
            // A minus sign beside the braces trims white space, of which there is none.
            Some(inner) => Self::Expression(inner.trim_matches('-').trim().to_owned()),
            None => Self::Text(source.to_owned()),
        }
    }
}

impl Templates {
    /// A place for templates.
    pub(crate) fn new() -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
        environment.set_syntax(syntax.expect("the delimiters are Jinja's own"));
        environment.set_fuel(Some(FUEL));
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_filter("regex_replace", regex_replace);
        Self(environment)
    }

    /// The value that `template` has for a row.
    pub(crate) fn value(&self, template: &Template, doc: &Value) -> anyhow::Result<Value> {
        Ok(match template {
            Template::Column(name) => doc.get_attr(name)?,
            Template::Expression(source) => self
                .0
                .compile_expression(source)
                .and_then(|expression| expression.eval(doc))
                .with_context(|| format!("the template `{{{{{source}}}}}` fails"))?,
            Template::Text(source) => Value::from(
                self.0
                    .render_str(source, doc)
                    .with_context(|| format!("the template `{source}` fails"))?,
            ),
            Template::List(list) => Value::from(list.clone()),
        })
    }

    /// The text that `template` makes of a row.
    pub(crate) fn text(&self, template: &Template, doc: &Value) -> anyhow::Result<String> {
        let value = self.value(template, doc)?;
        anyhow::ensure!(
            !value.is_undefined() && !value.is_none(),
            "{} is null",
            told(template)
        );
        Ok(value.to_string())
    }

    /// The texts of the list that `template` makes of a row: a list, or one written as Python does.
    pub(crate) fn list(&self, template: &Template, doc: &Value) -> anyhow::Result<Vec<String>> {
        let value = self.value(template, doc)?;
        if let Some(text) = value.as_str() {
            return literal::list(text)
                .with_context(|| format!("{} gives `{text}`, which is no list", told(template)));
        }
        let items = value
            .try_iter()
            .map_err(|_| anyhow::anyhow!("{} gives {value}, which is no list", told(template)))?;
        Ok(items.map(|item| item.to_string()).collect())
    }
}

/// A template as a message tells of it.
fn told(template: &Template) -> String {
    match template {
        Template::Column(name) => format!("column `{name}`"),
        Template::Expression(source) => format!("`{{{{{source}}}}}`"),
        Template::Text(source) => format!("`{source}`"),
        Template::List(_) => "the list".to_owned(),
    }
}

/// Python's `re.sub` as a filter.
fn regex_replace(text: &str, pattern: &str, replacement: &str) -> Result<String, Error> {
    let failed = |cause: fancy_regex::Error| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("the expression {pattern} fails"),
        )
        .with_source(cause)
    };
    let regex = Regex::new(pattern).map_err(failed)?;
    let replaced = regex.try_replacen(text, 0, replacement_of(replacement));
    Ok(replaced.map_err(failed)?.into_owned())
}

/// Python's `\1` as `${1}`.
fn replacement_of(python: &str) -> String {
    let mut written = String::with_capacity(python.len());
    let mut characters = python.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some(digit) if digit.is_ascii_digit() => written += &format!("${{{digit}}}"),
                Some('n') => written.push('\n'),
                Some(other) => written.push(other),
                None => {}
            },
            '$' => written += "$$",
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn doc() -> Value {
        context! { question => " Who? ", choices => vec!["a", "b"], answer => 1, nothing => () }
    }

    fn template(source: &str) -> Template {
        let columns = ["question", "choices", "answer", "nothing"].map(str::to_owned);
        Template::new(source, &columns)
    }

    #[test]
    fn a_column_an_expression_and_a_text_give_what_they_hold() {
        let templates = Templates::new();
        let text = |source: &str| templates.text(&template(source), &doc()).expect(source);
        assert_eq!(
            template("question"),
            Template::Column("question".to_owned())
        );
        assert_eq!(text("question"), " Who? ");
        assert_eq!(text("{{question.strip()}}"), "Who?");
        assert_eq!(text("Q: {{question.strip()}}\nA:"), "Q: Who?\nA:");
        assert_eq!(text("{{ choices[answer] }}"), "b");
        assert_eq!(
            text(r"{{ question | regex_replace('(W)h', '\\1H') }}"),
            " WHo? "
        );
    }

    #[test]
    fn a_list_is_a_list_or_written_as_one() {
        let templates = Templates::new();
        let list = |source: &str| templates.list(&template(source), &doc()).expect(source);
        assert_eq!(list("choices"), ["a", "b"]);
        assert_eq!(list("{{choices}}"), ["a", "b"]);
        assert_eq!(list("['{{choices[1]}}', \"it's\"]"), ["b", "it's"]);
        let error = templates
            .list(&template("answer"), &doc())
            .expect_err("a number");
        assert_eq!(
            error.to_string(),
            "column `answer` gives 1, which is no list"
        );
    }

    #[test]
    fn what_is_not_there_and_what_never_ends_is_refused() {
        let templates = Templates::new();
        let error = |source: &str| templates.text(&template(source), &doc()).expect_err(source);
        assert!(error("{{ absent }}").to_string().contains("`{{absent}}`"));
        assert!(error("x {{ absent }}").to_string().contains("fails"));
        assert_eq!(error("nothing").to_string(), "column `nothing` is null");
        let endless =
            "{% for i in range(9999) %}{% for j in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(format!("{:#}", error(endless)).contains("fuel"));
    }
}
