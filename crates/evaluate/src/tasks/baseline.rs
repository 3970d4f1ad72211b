//! Baselines that need no model: what a model has to beat.
//!
//! `baseline:majority` takes every text for the class that is most frequent in the training set,
//! and of equally frequent ones for the first; its chance is the share of that class.
//! `baseline:tfidf` is the logistic regression of words that `train --method tfidf` fits.

use std::collections::BTreeMap;

use dataset::{ContentHash, Input, InputNode, columns};
use model::linear::{Classifier, Options};

use super::{Judged, classification, labels};
use crate::args::{Args, Task};
use crate::contamination::Training;
use crate::subject::Baseline;
use crate::test_set::TestSet;

/// Judges every row of `test` by what `training` teaches.
pub(super) fn judge(
    baseline: Baseline,
    args: &Args,
    training: Option<&Training>,
    test: &TestSet,
) -> anyhow::Result<Judged> {
    let name = baseline.to_string();
    let Some(training) = training else {
        let error = anyhow::anyhow!("{name} has nothing to learn from");
        return Err(cli::with_hint(
            error,
            "name the training set with --training",
        ));
    };
    if let Some(task) = args
        .task
        .as_ref()
        .filter(|task| **task != Task::Classification)
    {
        anyhow::bail!("{name} is a classifier, which cannot do {task}");
    }
    let (mut learnt, mut texts) = (Vec::new(), Vec::new());
    for table in &training.tables {
        columns::require(table.name(), table.schema(), &[&columns::LABEL])?;
        learnt.extend(table.texts(columns::LABEL.name)?);
        texts.extend(table.texts(&args.column)?);
    }
    let mut known: Vec<&str> = learnt.clone();
    known.sort_unstable();
    known.dedup();
    let truth = labels(test, args, &known, &name)?;
    let judged = test.texts(&args.column)?;
    let (kind, probabilities) = match baseline {
        Baseline::Majority => ("MajorityClass", vec![shares(&learnt, &known); judged.len()]),
        Baseline::Tfidf => {
            let fitted = Classifier::fit_words(&texts, &learnt, 1, &Options::default())?;
            let probabilities = fitted.classifier.classify_texts(&judged)?;
            ("TfidfLogisticRegression", probabilities)
        }
    };
    let input = input(&name, training);
    Ok(Judged {
        said: classification::said(&known, &truth, &probabilities),
        texts: judged.iter().map(|text| (*text).to_owned()).collect(),
        drops: BTreeMap::new(),
        kind: kind.to_owned(),
        subject: input.node.hash.to_string(),
        reference: test.hash(),
        seed: None,
        input,
        metrics: None,
        told: serde_json::Value::Null,
        inputs: Vec::new(),
    })
}

/// The share of the rows that each class has.
fn shares(labels: &[&str], known: &[&str]) -> Vec<f64> {
    let count = |class: &&str| labels.iter().filter(|label| *label == class).count();
    let shares = known
        .iter()
        .map(|class| count(class) as f64 / labels.len() as f64);
    shares.collect()
}

/// What is scored, known by its name and what it learnt from.
fn input(name: &str, training: &Training) -> Input {
    let hashes = training
        .inputs()
        .map(|input| format!("{}\n", input.node.hash));
    let told = format!("{name}\n{}", hashes.collect::<String>());
    let node = InputNode {
        role: "model".to_owned(),
        name: name.to_owned(),
        hash: ContentHash::of_bytes(told.as_bytes()),
        rows: 0,
        revision: None,
    };
    Input {
        node,
        provenance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chance_of_a_class_is_its_share() {
        assert_eq!(shares(&["b", "a", "b", "b"], &["a", "b"]), [0.25, 0.75]);
    }
}
