//! How varied the texts are that a decoder writes by itself, by the measures that its training data has.
//!
//! A figure of the model's own texts is called `samples_` and the name of the measure; with
//! `--training` there is one beside it, `training_` and that name, of as many training texts, so
//! that a narrow diet can be held against what comes of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Context as _;
use cli::Console;
use dataset::results::ResultRow;
use dataset::{Directory, RowId, columns};
use diversity::{Found, Metric, Options, Preset, Set, Texts, estimates, params_json};
use embedding::Embedder;
use model::{Generated, Request, Sampling, StopStrings, generate_until};
use numeric::{Groups, Seed, keyed_hash};
use serde_json::Value;
use text::Tokenizer;

use crate::Question;
use crate::predictions::{Columns, texts, tokens};
use crate::reader::Reader;

/// Prompts between two steps of the progress bar.
const CHUNK: usize = 256;
/// What ends a text that stands in one line.
const LINE_END: &str = "\n";

/// What a model wrote.
pub(crate) struct Samples {
    /// One row for each measure.
    pub(crate) rows: Vec<ResultRow>,
    /// The texts, one a row.
    pub(crate) columns: Columns,
    /// How many texts were asked for.
    pub(crate) asked: usize,
    /// How many have something in them.
    pub(crate) used: usize,
    /// The model, for the provenance.
    pub(crate) input: dataset::Input,
}

/// Lets the model in `directory` write, and measures what it wrote.
pub(crate) fn ask(
    directory: &Directory,
    asked: &Question<'_>,
    console: &Console,
) -> anyhow::Result<Samples> {
    let args = asked.args;
    let reader = Reader::open(directory, &args.decoder)?;
    let input = directory.input("model")?;
    let count = args.decoder.samples.unwrap_or(asked.test.table().len());
    let labels = labels(&reader, asked, count)?;
    let generated = write(&reader, &labels, asked, console)?;
    let mut written = Vec::with_capacity(count);
    for ((prompt, label), generated) in generated.iter().zip(&labels).map(|((p, g), l)| ((p, l), g))
    {
        let text = continuation(&reader, prompt, label.is_some(), generated)?;
        written.push((text, *label, generated));
    }
    let told: Vec<&(String, Option<&str>, &Generated)> = written
        .iter()
        .filter(|(text, ..)| !text.is_empty())
        .collect();
    anyhow::ensure!(!told.is_empty(), "{} wrote nothing", reader.name());
    let own: Vec<&str> = told.iter().map(|(text, ..)| text.as_str()).collect();
    let embedder = embedding::open(&args.decoder.embedder, None)?;
    let mut rows = measure("samples", &own, &*embedder, args.seed.seed)?;
    if let Some(training) = asked.training {
        let all = training.texts(&args.column)?;
        let diet = chosen(&all, own.len(), args.seed.seed);
        rows.extend(measure("training", &diet, &*embedder, args.seed.seed)?);
    }
    for row in &mut rows {
        row.subject = Some(input.node.hash.to_string());
        row.reference = Some(asked.test.hash());
        row.params["temperature"] = args.decoder.temperature.unwrap_or(1.0).into();
    }
    let request = input.node.hash.to_string();
    let ids: Vec<String> = (0..told.len() as u64)
        .map(|at| RowId::of_sample(request.as_bytes(), at).to_string())
        .collect();
    let label = arrow::array::StringArray::from_iter(told.iter().map(|(_, label, _)| *label));
    let columns: Columns = vec![
        (columns::ID.name, texts(ids.iter().map(String::as_str))),
        (columns::TEXT.name, texts(own.iter().copied())),
        (columns::LABEL.name, std::sync::Arc::new(label)),
        (
            columns::N_TOKENS.name,
            tokens(told.iter().map(|(_, _, generated)| generated.n_tokens)),
        ),
        (
            columns::FINISH_REASON.name,
            texts(
                told.iter()
                    .map(|(_, _, generated)| generated.finish_reason.as_str()),
            ),
        ),
    ];
    Ok(Samples {
        rows,
        columns,
        asked: count,
        used: told.len(),
        input,
    })
}

/// The label that each text is asked for: those of the test rows in turn, of a model that learnt to
/// write labels; otherwise none.
fn labels<'a>(
    reader: &Reader,
    asked: &Question<'a>,
    count: usize,
) -> anyhow::Result<Vec<Option<&'a str>>> {
    if reader.labels.is_empty() {
        return Ok(vec![None; count]);
    }
    let known: Vec<&str> = reader.labels.iter().map(String::as_str).collect();
    let whose = format!("the model {}", reader.name());
    let labels = super::labels(asked.test, asked.args, &known, &whose)?;
    Ok(labels.into_iter().map(Some).cycle().take(count).collect())
}

/// The prompts and what was written after them.
fn write(
    reader: &Reader,
    labels: &[Option<&str>],
    asked: &Question<'_>,
    console: &Console,
) -> anyhow::Result<Vec<(Vec<u32>, Generated)>> {
    let args = &asked.args.decoder;
    let most = args.max_new_tokens.unwrap_or(64);
    anyhow::ensure!(most > 0, "--max-new-tokens is 0; at least 1 is needed");
    let seed = asked.args.seed.seed;
    let mut requests = Vec::with_capacity(labels.len());
    for (at, label) in labels.iter().enumerate() {
        let prompt = label.map_or_else(String::new, text::prefix_of);
        requests.push(Request {
            prompt: reader.prompt(&prompt, most)?,
            seed: seed.child("sample", at as u64),
            max_new_tokens: most,
            stop: reader.decoder.config().eos_token_ids.clone(),
        });
    }
    let in_lines = [LINE_END.to_owned()];
    let ends: &[String] = if reader.labels.is_empty() {
        &[]
    } else {
        &in_lines
    };
    let stops = StopStrings::new(&reader.tokenizer, ends);
    let sampling = Sampling::at(args.temperature.unwrap_or(1.0));
    let progress = console.progress(requests.len() as u64, "texts");
    let mut written = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(CHUNK) {
        written.extend(generate_until(&reader.decoder, chunk, sampling, stops)?);
        progress.advance(chunk.len() as u64);
    }
    let prompts = requests.into_iter().map(|request| request.prompt);
    Ok(prompts.zip(written).collect())
}

/// The text after its prompt, in one line where a label was asked for.
fn continuation(
    reader: &Reader,
    prompt: &[u32],
    in_line: bool,
    generated: &Generated,
) -> anyhow::Result<String> {
    let text = super::generation::continuation(reader, prompt, &generated.ids)?;
    let text = if in_line {
        text.split(LINE_END).next().unwrap_or_default()
    } else {
        &text
    };
    // A character may be cut in the middle where the text ends by its length.
    Ok(text.trim_end_matches('\u{fffd}').trim().to_owned())
}

/// As many of `texts` as asked for, chosen by a hash of what they say.
fn chosen(texts: &[String], count: usize, seed: Seed) -> Vec<&str> {
    let key = seed.key("diet");
    let mut order: Vec<(u64, usize)> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| (keyed_hash(key, text.as_bytes()), at))
        .collect();
    order.sort_unstable();
    order.truncate(count);
    order
        .into_iter()
        .map(|(_, at)| texts[at].as_str())
        .collect()
}

/// One row for each measure that is worth reporting of every set.
fn measure(
    whose: &str,
    texts: &[&str],
    embedder: &dyn Embedder,
    seed: Seed,
) -> anyhow::Result<Vec<ResultRow>> {
    let vectors = embedder.embed(texts)?.vectors;
    let set = Set::of_rows(texts.len())
        .with_texts(Texts::new(texts.to_vec(), Tokenizer::default()))
        .with_vectors(Cow::Borrowed(&vectors));
    let wanted = diversity::METRICS.iter().copied();
    let wanted: Vec<&Metric> = wanted
        .filter(|metric| matches!(metric.preset, Preset::Fast | Preset::Standard))
        .collect();
    let groups = Groups::of_rows(texts.len(), seed);
    let found = estimates(&wanted, &set, Some(&groups), &Options::new(seed))?;
    let embedder = embedder.describe().to_map();
    let rows = wanted.iter().zip(found);
    rows.map(|(metric, found)| row(whose, metric, found, &embedder))
        .collect()
}

fn row(
    whose: &str,
    metric: &Metric,
    found: Result<Found, diversity::MeasureError>,
    embedder: &BTreeMap<String, String>,
) -> anyhow::Result<ResultRow> {
    let details = found.as_ref().map_or(&[][..], |found| &found.details);
    let json = params_json(metric.params.iter().chain(details));
    let mut params: Value =
        serde_json::from_str(&json).context("the params of a measure are JSON")?;
    if metric.reads() == diversity::Reads::Vectors {
        for (key, value) in embedder {
            params[key] = value.as_str().into();
        }
    }
    let mut row = ResultRow {
        metric: format!("{whose}_{}", metric.name),
        unit: Some(metric.unit.to_owned()),
        direction: Some(metric.direction.name().to_owned()),
        params,
        ..ResultRow::default()
    };
    match found {
        Ok(Found { estimate, .. }) => {
            row.value = Some(estimate.value);
            row.n = Some(estimate.n as i64);
            row.low = estimate.interval.as_ref().map(|interval| interval.low);
            row.high = estimate.interval.as_ref().map(|interval| interval.high);
            row.interval_method = estimate.interval.map(|interval| interval.method.to_owned());
        }
        Err(reason) => row.reason = Some(reason.to_string()),
    }
    Ok(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_chosen_by_what_they_say_and_not_by_their_place() {
        let texts: Vec<String> = (0..20).map(|at| format!("text {at}")).collect();
        let mut turned = texts.clone();
        turned.reverse();
        let one = chosen(&texts, 5, Seed::new(1));
        assert_eq!(one, chosen(&turned, 5, Seed::new(1)));
        assert_ne!(one, chosen(&texts, 5, Seed::new(2)));
        assert_eq!(chosen(&texts, 99, Seed::new(1)).len(), 20);
    }

    #[test]
    fn a_figure_is_that_of_the_library_under_another_name() {
        let texts = ["the tea is hot", "the lamp broke", "the tea is good"];
        let embedder = embedding::open(&embedding::Name::default(), None).expect("an embedder");
        let rows = measure("samples", &texts, &*embedder, Seed::new(1)).expect("figures");
        let row = rows
            .iter()
            .find(|row| row.metric == "samples_distinct_1")
            .expect("a figure");
        // the, tea, is, hot, lamp, broke, good: 7 kinds of 11 tokens.
        assert!((row.value.expect("a value") - 7.0 / 11.0).abs() < 1e-12);
        assert!(
            rows.iter()
                .any(|row| row.metric == "samples_vendi_q1" && row.value.is_some())
        );
    }
}
