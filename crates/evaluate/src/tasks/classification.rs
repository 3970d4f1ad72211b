//! The class that each text is taken for: by a linear classifier, or by a decoder that was trained with labels.
//!
//! A decoder takes a text for the label under which the whole line, label and text, is likeliest:
//! Bayes' rule, with what the decoder learnt of how frequent labels are.

use anyhow::Context as _;
use arrow::datatypes::{DataType, Field};
use cli::Console;
use dataset::{Directory, columns};
use embedding::Description;
use model::linear::{Classifier, Input};

use super::labels;
use crate::args::Args;
use crate::form::Form;
use crate::predictions::{Said, flags, floats, texts};
use crate::reader::Reader;
use crate::test_set::TestSet;

/// What the classifier in `directory` takes the rows for.
pub(super) fn by_classifier(
    directory: &Directory,
    args: &Args,
    test: &TestSet,
) -> anyhow::Result<Said> {
    let name = directory.name();
    let classifier = Classifier::load(directory)
        .with_context(|| format!("the model {name} cannot be loaded"))?;
    let known: Vec<&str> = classifier.labels().iter().map(String::as_str).collect();
    let truth = labels(test, args, &known, &format!("the model {name}"))?;
    let probabilities = match classifier.input() {
        Input::Words(_) => classifier.classify_texts(&test.texts(&args.column)?)?,
        Input::Embedding {
            embedder,
            dimension,
        } => {
            check_embedder(name, &Description::of_metadata(embedder, *dimension), test)?;
            classifier.classify_vectors(&test.table().vectors()?.0)?
        }
    };
    Ok(said(&known, &truth, &probabilities))
}

/// What a decoder takes the rows for.
pub(super) fn by_decoder(
    reader: &Reader,
    args: &Args,
    test: &TestSet,
    console: &Console,
) -> anyhow::Result<Said> {
    if reader.labels.len() < 2 {
        let error = anyhow::anyhow!(
            "the model {} was not trained with labels, so it cannot tell classes apart",
            reader.name()
        );
        return Err(cli::with_hint(
            error,
            "train it with --condition label, or ask it with --task multiple-choice",
        ));
    }
    let known: Vec<&str> = reader.labels.iter().map(String::as_str).collect();
    let truth = labels(test, args, &known, &format!("the model {}", reader.name()))?;
    let mut pairs = Vec::with_capacity(truth.len() * known.len());
    for text in test.texts(&args.column)? {
        for label in &known {
            pairs.push(reader.text(&text::render_labelled(label, text))?);
        }
    }
    let scored = reader.score(&pairs, console)?;
    let probabilities = scored.chunks_exact(known.len()).map(|of_labels| {
        let likelihoods: Vec<f64> = of_labels.iter().map(|scored| -scored.nll).collect();
        let total = numeric::log_sum_exp(&likelihoods);
        likelihoods.iter().map(|one| (one - total).exp()).collect()
    });
    Ok(said(&known, &truth, &probabilities.collect::<Vec<_>>()))
}

/// Of rows with the labels `truth`, and probabilities of the labels `known` for each.
pub(crate) fn said(known: &[&str], truth: &[&str], probabilities: &[Vec<f64>]) -> Said {
    let chosen: Vec<usize> = probabilities.iter().map(|row| likeliest(row)).collect();
    let chances = chosen.iter().zip(probabilities).map(|(at, row)| row[*at]);
    let right = chosen
        .iter()
        .zip(truth)
        .map(|(at, truth)| known[*at] == *truth);
    let columns = vec![
        (columns::LABEL.name, texts(truth.iter().copied())),
        ("predicted", texts(chosen.iter().map(|at| known[*at]))),
        ("probability", floats(chances)),
        ("correct", flags(right)),
    ];
    Said {
        rows: (0..truth.len()).collect(),
        task: Form::Classification.name().to_owned(),
        form: Form::Classification,
        condition: None,
        columns,
    }
}

/// The place of the largest probability, the first of equal ones.
fn likeliest(probabilities: &[f64]) -> usize {
    let mut best = 0;
    for (at, probability) in probabilities.iter().enumerate() {
        if *probability > probabilities[best] {
            best = at;
        }
    }
    best
}

/// A head can only be held against vectors of the embedder that it learnt from.
fn check_embedder(model: &str, learnt: &Description, test: &TestSet) -> anyhow::Result<()> {
    test.require(&[&columns::EMBEDDING])?;
    for part in test.parts() {
        let found = described(part.schema().field_with_name(columns::EMBEDDING.name)?);
        if found != *learnt {
            let error = anyhow::anyhow!(
                "the model {model} learnt from vectors of {}, but {} has vectors of {}",
                told(learnt),
                part.name(),
                told(&found)
            );
            let hint = "run `embed` on the test set with the embedder of the training set";
            return Err(cli::with_hint(error, hint));
        }
    }
    Ok(())
}

fn described(field: &Field) -> Description {
    let dimension = match field.data_type() {
        DataType::FixedSizeList(_, dimension) => *dimension as usize,
        _ => 0,
    };
    Description::of_metadata(&field.metadata().clone().into(), dimension)
}

fn told(embedder: &Description) -> String {
    let length = if embedder.normalised {
        "normalised"
    } else {
        "not normalised"
    };
    format!(
        "{} (revision {}, dimension {}, pooling {}, {length})",
        embedder.embedder, embedder.revision, embedder.dimension, embedder.pooling
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictions::Columns;

    fn column(said: Said, name: &str) -> String {
        let columns: Columns = said.columns;
        let found = columns.into_iter().find(|(known, _)| *known == name);
        format!("{:?}", found.expect("a column").1)
    }

    #[test]
    fn the_likeliest_class_is_chosen_and_a_label_of_the_set_alone_is_never() {
        let probabilities = [vec![0.2, 0.8], vec![0.5, 0.5]];
        let said = || said(&["a", "c"], &["c", "b"], &probabilities);
        assert!(column(said(), "predicted").contains("\"c\",\n  \"a\","));
        assert!(column(said(), "correct").contains("true,\n  false,"));
        assert!(column(said(), "probability").contains("0.8,\n  0.5,"));
    }
}
