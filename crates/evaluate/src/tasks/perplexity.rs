//! How unlikely a decoder finds each text, in nats: rolling windows where a text is longer than it reads.
//!
//! As lm-evaluation-harness: every token is predicted once, the first from the token that begins a
//! text, and the windows do not overlap in what they predict.

use std::sync::Arc;

use arrow::array::Int64Array;
use cli::Console;
use dataset::columns;

use super::{Answer, Asked, labels};
use crate::args::Args;
use crate::form::Form;
use crate::predictions::{Said, counts, floats, tokens};
use crate::reader::{Context, Pair, Reader};
use crate::test_set::TestSet;

/// Why a row is left out.
const NO_TOKEN: &str = "no-token-to-predict";

/// Texts, and what stands before each.
pub(super) struct Texts {
    judged: Vec<String>,
    /// What stands before each text and is not scored; empty where nothing does.
    contexts: Vec<String>,
    condition: Option<&'static str>,
}

impl Texts {
    /// The texts of a column.
    pub(super) fn plain(test: &TestSet, column: &str) -> anyhow::Result<Self> {
        let texts = test.texts(column)?.into_iter().map(str::to_owned);
        Ok(Self {
            judged: texts.collect(),
            contexts: Vec::new(),
            condition: None,
        })
    }

    /// The texts of a column, each after its label as `train --condition label` writes it.
    pub(super) fn labelled(reader: &Reader, test: &TestSet, args: &Args) -> anyhow::Result<Self> {
        if reader.labels.is_empty() {
            let error = anyhow::anyhow!("the model {} was not trained with labels", reader.name());
            return Err(cli::with_hint(error, "leave --condition out"));
        }
        let known: Vec<&str> = reader.labels.iter().map(String::as_str).collect();
        let labels = labels(test, args, &known, &format!("the model {}", reader.name()))?;
        let texts = test.texts(&args.column)?;
        let rest = |(label, text): (&&str, &str)| {
            let line = text::render_labelled(label, text);
            line[text::prefix_of(label).len()..].to_owned()
        };
        Ok(Self {
            judged: labels.iter().zip(texts).map(rest).collect(),
            contexts: labels.iter().map(|label| text::prefix_of(label)).collect(),
            condition: Some(columns::LABEL.name),
        })
    }

    /// The targets of a task.
    pub(super) fn of_task(asked: &Asked<'_>) -> anyhow::Result<Self> {
        let texts = asked.each(|doc| asked.templates.text(&asked.spec.target, doc))?;
        Ok(Self {
            judged: texts,
            contexts: Vec::new(),
            condition: None,
        })
    }

    /// The tokens of the text in `row`; `None` where there is none to predict.
    fn pair(&self, reader: &Reader, row: usize) -> anyhow::Result<Option<Pair>> {
        let text = &self.judged[row];
        let pair = match self.contexts.get(row) {
            Some(_) if text.trim().is_empty() => return Ok(None),
            Some(context) => reader.pair(context, text)?,
            None => reader.text(text)?,
        };
        Ok((pair.ids.len() > pair.from).then_some(pair))
    }
}

/// The losses of the texts that have a token to predict.
pub(super) fn ask(
    reader: &Reader,
    texts: &Texts,
    test: &TestSet,
    console: &Console,
) -> anyhow::Result<Answer> {
    let (mut rows, mut pairs) = (Vec::new(), Vec::new());
    for row in 0..texts.judged.len() {
        if let Some(pair) = texts.pair(reader, row)? {
            rows.push(row);
            pairs.push(pair);
        }
    }
    anyhow::ensure!(
        !rows.is_empty(),
        "no text of {} has a token to predict",
        test.table().name()
    );
    let scored = reader.score(&pairs, console)?;
    let judged: Vec<&str> = rows.iter().map(|row| texts.judged[*row].as_str()).collect();
    // Where the first token of a text is its context, the loss is not of all its bytes.
    let whole = texts.condition.is_some() || reader.context != Context::FirstOfText;
    let sizes = |size: fn(&str) -> usize| {
        if whole {
            counts(judged.iter().map(|text| size(text)))
        } else {
            Arc::new(Int64Array::new_null(judged.len()))
        }
    };
    let columns = vec![
        ("nll_nats", floats(scored.iter().map(|scored| scored.nll))),
        (
            columns::N_TOKENS.name,
            tokens(scored.iter().map(|scored| scored.tokens)),
        ),
        ("n_bytes", sizes(str::len)),
        ("n_words", sizes(words)),
    ];
    let skipped = (texts.judged.len() - rows.len()) as u64;
    let drops = (skipped > 0).then(|| (NO_TOKEN.to_owned(), skipped));
    let said = Said {
        rows,
        task: Form::Perplexity.name().to_owned(),
        form: Form::Perplexity,
        condition: texts.condition,
        columns,
    };
    let mut answer = Answer::of(said);
    answer.drops = drops.into_iter().collect();
    answer.texts = judged.into_iter().map(str::to_owned).collect();
    Ok(answer)
}

/// What Python's `re.split(r"\s+", text)` counts: one more than there are runs of white space.
fn words(text: &str) -> usize {
    let mut runs = 1;
    let mut before = false;
    for c in text.chars() {
        let space = c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}');
        runs += usize::from(space && !before);
        before = space;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_as_the_harness_does() {
        // Python: len(re.split(r"\s+", text))
        for (text, expected) in [("", 1), ("a", 1), ("a b", 2), (" a  b\n", 4), ("\u{a0}", 2)] {
            assert_eq!(words(text), expected, "{text:?}");
        }
    }
}
