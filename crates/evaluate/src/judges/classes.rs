//! Linear classifiers: the class that each row is taken for.

use std::collections::BTreeSet;

use anyhow::Context as _;
use arrow::datatypes::{DataType, Field};
use dataset::{Directory, columns};
use embedding::Description;
use model::linear::{Classifier, Input};

use super::{labels, texts};
use crate::Args;
use crate::test_set::TestSet;

/// For each row its class and the one that it was taken for, both as numbers of names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Classes {
    /// Every class of the model and of the test set, sorted.
    pub(crate) names: Vec<String>,
    pub(crate) truth: Vec<usize>,
    pub(crate) predicted: Vec<usize>,
    /// What the model gave the class that it chose.
    pub(crate) probability: Vec<f64>,
}

impl Classes {
    /// What the classifier in `directory` takes the rows for.
    pub(crate) fn of(directory: &Directory, args: &Args, test: &TestSet) -> anyhow::Result<Self> {
        let name = directory.name();
        let classifier = Classifier::load(directory)
            .with_context(|| format!("the model {name} cannot be loaded"))?;
        let known: Vec<&str> = classifier.labels().iter().map(String::as_str).collect();
        let truth = labels(test, args, &known, &format!("the model {name}"))?;
        let probabilities = match classifier.input() {
            Input::Words(_) => classifier.classify_texts(&texts(test, args)?)?,
            Input::Embedding {
                embedder,
                dimension,
            } => {
                check_embedder(name, &Description::of_metadata(embedder, *dimension), test)?;
                classifier.classify_vectors(&test.table().vectors()?.0)?
            }
        };
        Ok(Self::new(&known, &truth, &probabilities))
    }

    /// Of rows with the labels `truth`, and probabilities of the labels `known` for each.
    fn new(known: &[&str], truth: &[&str], probabilities: &[Vec<f64>]) -> Self {
        let names: BTreeSet<&str> = known.iter().chain(truth).copied().collect();
        let names: Vec<&str> = names.into_iter().collect();
        let number = |label: &str| names.partition_point(|name| *name < label);
        let chosen: Vec<usize> = probabilities.iter().map(|row| likeliest(row)).collect();
        let chances = chosen.iter().zip(probabilities).map(|(at, row)| row[*at]);
        Self {
            truth: truth.iter().map(|label| number(label)).collect(),
            predicted: chosen.iter().map(|at| number(known[*at])).collect(),
            probability: chances.collect(),
            names: names.into_iter().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.truth.len()
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
pub(crate) mod tests {
    use super::*;

    /// Of rows whose classes and predictions are named.
    pub(crate) fn of_names(truth: &[&str], predicted: &[&str]) -> Classes {
        let known: Vec<&str> = predicted
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        let sure = |label: &&str| {
            known
                .iter()
                .map(|name| f64::from(u8::from(name == label)))
                .collect()
        };
        let probabilities: Vec<Vec<f64>> = predicted.iter().map(sure).collect();
        Classes::new(&known, truth, &probabilities)
    }

    #[test]
    fn the_likeliest_class_is_chosen_and_a_label_of_the_set_alone_is_never() {
        let probabilities = [vec![0.2, 0.8], vec![0.5, 0.5]];
        let classes = Classes::new(&["a", "c"], &["c", "b"], &probabilities);
        assert_eq!(classes.names, ["a", "b", "c"]);
        assert_eq!((classes.truth, classes.predicted), (vec![2, 1], vec![2, 0]));
        assert_eq!(classes.probability, [0.8, 0.5]);
    }
}
