//! What a decoder writes after a prompt, until a text that ends it.

use anyhow::Context as _;
use cli::Console;
use dataset::columns;
use minijinja::Value;
use model::{Generated, Request, Sampling, StopStrings, generate_until};
use numeric::Seed;

use super::Asked;
use crate::predictions::{Said, flags, lists, texts, tokens};
use crate::reader::Reader;
use crate::spec::Spec;

/// Prompts between two steps of the progress bar.
const CHUNK: usize = 256;

/// What was written for each row.
pub(super) fn ask(
    reader: &Reader,
    asked: &Asked<'_>,
    seed: Seed,
    console: &Console,
) -> anyhow::Result<Said> {
    let spec = asked.spec;
    let references = asked.each(|doc| references(asked, doc))?;
    let prompts =
        asked.each(|doc| reader.prompt(&asked.context(doc)?, spec.generation.max_gen_toks))?;
    let generated = write(reader, spec, &prompts, seed, console)?;
    let stops = StopStrings::new(&reader.tokenizer, &spec.generation.until);
    let mut responses = Vec::with_capacity(prompts.len());
    for (prompt, generated) in prompts.iter().zip(&generated) {
        let text = continuation(reader, prompt, &generated.ids)?;
        responses.push(stops.cut(&text).to_owned());
    }
    let predicted: Vec<String> = responses
        .iter()
        .map(|response| filtered(spec, response))
        .collect::<anyhow::Result<_>>()?;
    let mut exact = Vec::with_capacity(predicted.len());
    for (text, references) in predicted.iter().zip(&references) {
        let holds = references
            .iter()
            .map(|reference| spec.exact.holds(text, reference));
        exact.push(holds.collect::<anyhow::Result<Vec<_>>>()?.contains(&true));
    }
    let columns = vec![
        ("response", texts(responses.iter().map(String::as_str))),
        ("predicted", texts(predicted.iter().map(String::as_str))),
        ("references", lists(&references)),
        ("exact_match", flags(exact)),
        (
            columns::N_TOKENS.name,
            tokens(generated.iter().map(|generated| generated.n_tokens)),
        ),
        (
            columns::FINISH_REASON.name,
            texts(
                generated
                    .iter()
                    .map(|generated| generated.finish_reason.as_str()),
            ),
        ),
    ];
    Ok(Said {
        rows: (0..prompts.len()).collect(),
        task: spec.form.name().to_owned(),
        form: spec.form,
        condition: None,
        columns,
    })
}

fn write(
    reader: &Reader,
    spec: &Spec,
    prompts: &[Vec<u32>],
    seed: Seed,
    console: &Console,
) -> anyhow::Result<Vec<Generated>> {
    let generation = &spec.generation;
    let sampling = Sampling {
        top_p: generation.top_p,
        top_k: generation.top_k,
        ..Sampling::at(generation.temperature)
    };
    let stop = reader.decoder.config().eos_token_ids.clone();
    let stops = StopStrings::new(&reader.tokenizer, &generation.until);
    let request = |(row, prompt): (usize, &Vec<u32>)| Request {
        prompt: prompt.clone(),
        seed: seed.child("answer", row as u64),
        max_new_tokens: generation.max_gen_toks,
        stop: stop.clone(),
    };
    let requests: Vec<Request> = prompts.iter().enumerate().map(request).collect();
    let progress = console.progress(requests.len() as u64, "texts");
    let mut generated = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(CHUNK) {
        generated.extend(generate_until(&reader.decoder, chunk, sampling, stops)?);
        progress.advance(chunk.len() as u64);
    }
    Ok(generated)
}

/// What was written after the prompt.
///
/// Both are decoded together, since some tokenizers drop the space before the first token.
pub(super) fn continuation(reader: &Reader, prompt: &[u32], ids: &[u32]) -> anyhow::Result<String> {
    let before = reader.tokenizer.decode(prompt)?;
    let whole = reader.tokenizer.decode(&[prompt, ids].concat())?;
    Ok(match whole.strip_prefix(before.as_str()) {
        Some(text) => text.to_owned(),
        None => reader.tokenizer.decode(ids)?,
    })
}

/// What is scored: what the filters make of a response.
fn filtered(spec: &Spec, response: &str) -> anyhow::Result<String> {
    let mut text = response.to_owned();
    for filter in &spec.filters {
        text = filter.apply(&text)?;
    }
    Ok(text)
}

/// The references of a row: its target, each of several, or the choice that the target names.
fn references(asked: &Asked<'_>, doc: &Value) -> anyhow::Result<Vec<String>> {
    let target = asked.templates.value(&asked.spec.target, doc)?;
    if let Some(choices) = &asked.spec.choices {
        let choices = asked.templates.list(choices, doc)?;
        let at: Option<usize> = target.to_string().trim().parse().ok();
        let choice = at.and_then(|at| choices.get(at).cloned());
        let choice = choice.with_context(|| format!("its answer `{target}` is no choice"))?;
        return Ok(vec![choice]);
    }
    let targets = match target.kind() {
        minijinja::value::ValueKind::Seq => target.try_iter()?.map(|one| one.to_string()).collect(),
        _ => match target.as_str().and_then(crate::literal::list) {
            Some(items) => items,
            None => vec![asked.templates.text(&asked.spec.target, doc)?],
        },
    };
    anyhow::ensure!(!targets.is_empty(), "it has no reference");
    Ok(targets)
}
