//! Which of several continuations a decoder finds likeliest, as it is, a character, and a byte.
//!
//! As lm-evaluation-harness' tasks of the type `multiple_choice`: the log-likelihood of each choice
//! after the context and a delimiter, and of those equally likely the first.

use std::sync::Arc;

use anyhow::Context as _;
use arrow::array::{ArrayRef, Float64Builder, Int32Array, ListBuilder};
use cli::Console;
use minijinja::Value;

use super::Asked;
use crate::form::Form;
use crate::predictions::{Said, flags, lists};
use crate::reader::Reader;

/// A row's choices and which of them are right.
struct Row {
    context: String,
    choices: Vec<String>,
    right: Vec<usize>,
}

/// What was chosen of each row.
pub(super) fn ask(reader: &Reader, asked: &Asked<'_>, console: &Console) -> anyhow::Result<Said> {
    let rows = asked.each(|doc| row(asked, doc))?;
    let mut pairs = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for choice in &row.choices {
            let continuation = format!("{}{choice}", asked.spec.delimiter);
            let pair = reader.pair(&row.context, &continuation);
            pairs.push(pair.with_context(|| asked.told(at))?);
        }
    }
    let scored = reader.score(&pairs, console)?;
    let mut likelihoods = scored.iter().map(|scored| -scored.nll);
    let likelihoods: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| likelihoods.by_ref().take(row.choices.len()).collect())
        .collect();
    Ok(Said {
        rows: (0..rows.len()).collect(),
        task: Form::MultipleChoice.name().to_owned(),
        form: Form::MultipleChoice,
        condition: None,
        columns: columns(&rows, &likelihoods),
    })
}

fn columns(rows: &[Row], likelihoods: &[Vec<f64>]) -> crate::predictions::Columns {
    let chosen = |length: fn(&str) -> f64| -> Vec<usize> {
        let rows = rows.iter().zip(likelihoods);
        rows.map(|(row, likelihoods)| likeliest(&row.choices, likelihoods, length))
            .collect()
    };
    let right = |chosen: &[usize]| {
        let rows = rows.iter().zip(chosen);
        flags(rows.map(|(row, at)| row.right.contains(at)))
    };
    let places = |places: &[usize]| -> ArrayRef {
        let places = places.iter().map(|at| *at as i32);
        Arc::new(Int32Array::from_iter_values(places))
    };
    let choices: Vec<&Vec<String>> = rows.iter().map(|row| &row.choices).collect();
    let answers: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| {
            row.right
                .iter()
                .map(|at| row.choices[*at].as_str())
                .collect()
        })
        .collect();
    let plain = chosen(|_| 1.0);
    let by_characters = chosen(|choice| choice.chars().count() as f64);
    let by_bytes = chosen(|choice| choice.len() as f64);
    vec![
        (
            "choices",
            lists(&choices.into_iter().cloned().collect::<Vec<_>>()),
        ),
        ("answers", lists(&answers)),
        ("loglikelihoods", float_lists(likelihoods)),
        ("chosen", places(&plain)),
        ("correct", right(&plain)),
        ("chosen_norm", places(&by_characters)),
        ("correct_norm", right(&by_characters)),
        ("chosen_bytes", places(&by_bytes)),
        ("correct_bytes", right(&by_bytes)),
    ]
}

fn float_lists(lists: &[Vec<f64>]) -> ArrayRef {
    let mut built = ListBuilder::new(Float64Builder::new());
    for list in lists {
        built.append_value(list.iter().copied().map(Some));
    }
    Arc::new(built.finish())
}

/// The choice with the largest log-likelihood over its length, the first of equal ones.
fn likeliest(choices: &[String], likelihoods: &[f64], length: fn(&str) -> f64) -> usize {
    let value = |at: usize| likelihoods[at] / length(&choices[at]);
    let places = 1..choices.len();
    places.fold(
        0,
        |best, at| if value(at) > value(best) { at } else { best },
    )
}

fn row(asked: &Asked<'_>, doc: &Value) -> anyhow::Result<Row> {
    let choices = asked
        .spec
        .choices
        .as_ref()
        .context("there are no choices")?;
    let choices = asked.templates.list(choices, doc)?;
    anyhow::ensure!(
        choices.len() > 1,
        "it has {}, but two or more are needed",
        cli::count(choices.len(), "choice")
    );
    let empty = choices.iter().position(String::is_empty);
    anyhow::ensure!(
        empty.is_none(),
        "its choice {} is empty",
        empty.unwrap_or(0)
    );
    Ok(Row {
        context: asked.context(doc)?,
        right: right(asked, doc, &choices)?,
        choices,
    })
}

/// The places of the right choices: told by number, by their text, or as a list of either.
fn right(asked: &Asked<'_>, doc: &Value, choices: &[String]) -> anyhow::Result<Vec<usize>> {
    let target = asked.templates.value(&asked.spec.target, doc)?;
    let targets: Vec<Value> = match target.kind() {
        minijinja::value::ValueKind::Seq => target.try_iter()?.collect(),
        _ => match target.as_str().and_then(crate::literal::list) {
            Some(items) => items.into_iter().map(Value::from).collect(),
            None => vec![target],
        },
    };
    anyhow::ensure!(!targets.is_empty(), "it has no right choice");
    targets
        .iter()
        .map(|target| place(target, choices))
        .collect()
}

fn place(target: &Value, choices: &[String]) -> anyhow::Result<usize> {
    let told = target.to_string();
    if target.as_str().is_some()
        && let Some(at) = choices.iter().position(|choice| *choice == told)
    {
        return Ok(at);
    }
    let number: Option<usize> = told.trim().parse().ok();
    number.filter(|at| *at < choices.len()).with_context(|| {
        format!(
            "its answer `{told}` is none of its {} choices: {}",
            choices.len(),
            choices.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(choices: &[&str]) -> Vec<String> {
        choices.iter().map(|choice| (*choice).to_owned()).collect()
    }

    #[test]
    fn length_decides_where_it_is_taken_into_account() {
        // −3 and −4 as they are; −3 / 1 and −4 / 2 a character; −3 / 1 and −4 / 4 a byte.
        let choices = texts(&["a", "éé"]);
        let chosen = |length| likeliest(&choices, &[-3.0, -4.0], length);
        assert_eq!(chosen(|_| 1.0), 0);
        assert_eq!(chosen(|choice| choice.chars().count() as f64), 1);
        assert_eq!(likeliest(&texts(&["a", "b"]), &[-1.0, -1.0], |_| 1.0), 0);
    }

    #[test]
    fn an_answer_is_a_number_or_the_text_of_a_choice() {
        let choices = texts(&["10", "1", "yes"]);
        let place = |target: Value| place(&target, &choices);
        assert_eq!(place(Value::from(1)).expect("a place"), 1);
        // A text that is a choice is meant as one, and not as a number.
        assert_eq!(place(Value::from("1")).expect("a place"), 1);
        assert_eq!(place(Value::from("10")).expect("a place"), 0);
        assert_eq!(place(Value::from("2")).expect("a place"), 2);
        let error = place(Value::from("no")).expect_err("none").to_string();
        assert_eq!(
            error,
            "its answer `no` is none of its 3 choices: 10, 1, yes"
        );
        assert!(place(Value::from(3)).is_err() && place(Value::from(-1)).is_err());
    }
}
