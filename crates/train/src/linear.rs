//! Linear classifiers: logistic regression on the words or on the embeddings of the rows.

use std::collections::BTreeMap;

use cli::Console;
use dataset::{Input, Table, columns};
use embedding::Description;
use model::linear::{Classifier, Fitted, Options};
use numeric::Vectors;
use serde_json::json;

use crate::Trained;
use crate::args::{Args, Method};
use crate::ledger::{self, Entry, Ledger};

/// Trains a classifier on `label`.
pub(crate) fn train(args: &Args, table: &Table, console: &Console) -> anyhow::Result<Trained> {
    let mut reads = vec![&columns::LABEL];
    if args.text_column() == columns::TEXT.name {
        reads.push(&columns::TEXT);
    }
    columns::require(table.name(), table.schema(), &reads)?;
    let labels = table.texts(columns::LABEL.name)?;
    let options = options(args);
    let mut settings = BTreeMap::from([("C".to_owned(), json!(options.c))]);
    let mut inputs = Vec::new();
    let fitted = if args.method == Method::Tfidf {
        let longest = args.linear.ngrams.unwrap_or(1);
        settings.insert("ngrams".to_owned(), json!(longest));
        Classifier::fit_words(
            &table.texts(args.text_column())?,
            &labels,
            longest,
            &options,
        )?
    } else {
        let (vectors, description, input) = vectors(args, table)?;
        settings.insert("embedder".to_owned(), json!(description.embedder));
        inputs.extend(input);
        Classifier::fit_vectors(&vectors, &labels, description.to_map(), &options)?
    };
    if !fitted.converged {
        let most = options.most_iterations;
        console.warn(format!(
            "the regression did not converge in {most} iterations; see --max-iterations"
        ));
    }
    trained(&fitted, inputs, settings)
}

fn options(args: &Args) -> Options {
    let default = Options::default();
    Options {
        c: args.linear.c.unwrap_or(default.c),
        most_iterations: args
            .linear
            .max_iterations
            .unwrap_or(default.most_iterations),
        ..default
    }
}

/// The vectors of the rows: those that the set has, or else those that the embedder makes.
fn vectors(args: &Args, table: &Table) -> anyhow::Result<(Vectors, Description, Option<Input>)> {
    let asked = args.linear.embedder.is_some() || args.linear.dimension.is_some();
    if table.has(columns::EMBEDDING.name) && !asked {
        let (vectors, field) = table.vectors()?;
        let description = Description::of_metadata(&field.metadata().clone().into(), vectors.dim());
        return Ok((vectors, description, None));
    }
    let name = args.linear.embedder.clone().unwrap_or_default();
    let embedder = embedding::open(&name, args.linear.dimension)?;
    let embedded = embedder.embed(&table.texts(args.text_column())?)?;
    Ok((
        embedded.vectors,
        embedder.describe(),
        embedder.input().cloned(),
    ))
}

fn trained(
    fitted: &Fitted,
    inputs: Vec<Input>,
    settings: BTreeMap<String, serde_json::Value>,
) -> anyhow::Result<Trained> {
    let entries = fitted.ledger.iter().map(|iteration| Entry {
        step: iteration.iteration,
        epoch: None,
        tokens: None,
        loss_nats: iteration.loss_nats,
        learning_rate: None,
        grad_norm: iteration.grad_norm,
        validation_loss_nats: None,
    });
    let ledger: Vec<Entry> = entries.collect();
    let classes = fitted.classifier.labels().len();
    Ok(Trained {
        files: fitted.classifier.to_files()?,
        told: format!(
            "{classes} classes, {}",
            ledger::summary(&ledger, "iterations")
        ),
        ledger: Ledger {
            steps: ledger,
            more: None,
        },
        checkpoints: None,
        inputs,
        settings,
        skipped: BTreeMap::new(),
    })
}
