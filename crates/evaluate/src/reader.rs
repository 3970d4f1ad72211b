//! A decoder with its tokenizer: how texts become the tokens that are scored or continued.

use anyhow::Context as _;
use cli::Console;
use dataset::Directory;
use model::{Config, Decoder, Scored, Tokenizer, score_from};
use rayon::prelude::*;

use crate::args::DecoderArgs;

/// Texts between two steps of the progress bar.
const CHUNK: usize = 64;
/// The most positions that a model is asked to read.
const MOST_POSITIONS: usize = 1 << 20;

/// A decoder that can be asked about texts.
pub(crate) struct Reader {
    name: String,
    pub(crate) decoder: Decoder,
    pub(crate) tokenizer: Tokenizer,
    pub(crate) context: Context,
    /// Whether prompts begin with the token that begins a text, whatever the tokenizer does.
    begins: bool,
    /// The labels that it learnt to write in front of its texts; none where it did not.
    pub(crate) labels: Vec<String>,
}

/// What a text is read after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    /// A token of its own, so that all of the text is predicted.
    Token(u32),
    /// The text's own first token, which is therefore not predicted.
    FirstOfText,
}

impl Context {
    /// The token that begins a text, or where there is none the one that ends the text before.
    fn of(config: &Config) -> Self {
        let token = config
            .bos_token_id
            .or_else(|| config.eos_token_ids.first().copied());
        token.map_or(Self::FirstOfText, Self::Token)
    }
}

/// Tokens, and which of them are scored: those from the `from`-th on.
pub(crate) struct Pair {
    pub(crate) ids: Vec<u32>,
    pub(crate) from: usize,
}

impl Reader {
    /// The decoder in `directory`.
    pub(crate) fn open(directory: &Directory, args: &DecoderArgs) -> anyhow::Result<Self> {
        let name = directory.name();
        let loading = || format!("the model {name} cannot be loaded");
        let mut decoder = Decoder::load(directory).with_context(loading)?;
        if let Some(positions) = args.max_length {
            anyhow::ensure!(
                (2..=MOST_POSITIONS).contains(&positions),
                "--max-length is {positions}; it must be from 2 to {MOST_POSITIONS}"
            );
            decoder = decoder.with_positions(positions)?;
        }
        let tokenizer = directory.require("tokenizer.json")?;
        let tokenizer = Tokenizer::from_json(&tokenizer).with_context(loading)?;
        tokenizer
            .check_fits(decoder.config())
            .with_context(loading)?;
        let labels = directory.read(text::LABELS_FILE)?;
        let labels = labels.map_or_else(|| Ok(Vec::new()), |json| serde_json::from_slice(&json));
        Ok(Self {
            name: name.to_owned(),
            context: Context::of(decoder.config()),
            begins: args
                .add_bos_token
                .unwrap_or_else(|| directory.provenance().is_some()),
            labels: labels
                .with_context(|| format!("{name}/{} cannot be read", text::LABELS_FILE))?,
            decoder,
            tokenizer,
        })
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many tokens are read at a time.
    pub(crate) fn positions(&self) -> usize {
        self.decoder.config().max_position_embeddings
    }

    /// The tokens of a text after its context, with nothing that ends a text.
    pub(crate) fn text(&self, text: &str) -> anyhow::Result<Pair> {
        let config = self.decoder.config();
        let ids = sequence(self.tokenizer.encode(text, true)?, config, self.context);
        Ok(Pair { ids, from: 1 })
    }

    /// The tokens of a context and of what continues it.
    ///
    /// As lm-evaluation-harness does it: white space between them belongs to the continuation, both
    /// are cut into tokens together, and what is more than the tokens of the context is scored; an
    /// empty context is the token that begins a text. Where both are too long, the beginning of the
    /// context goes.
    pub(crate) fn pair(&self, context: &str, continuation: &str) -> anyhow::Result<Pair> {
        let told = context.trim_end();
        let continuation = format!("{}{continuation}", &context[told.len()..]);
        let (mut ids, from) = if told.is_empty() {
            let mut ids = self.tokenizer.encode(&continuation, false)?;
            match self.context {
                Context::Token(token) if ids.first() != Some(&token) => ids.insert(0, token),
                _ => {}
            }
            (ids, 1)
        } else {
            let from = self.begun(told)?.len();
            (self.begun(&format!("{told}{continuation}"))?, from)
        };
        let scored = ids.len().saturating_sub(from);
        anyhow::ensure!(scored > 0, "`{continuation}` has no token to predict");
        let most = self.positions() + 1;
        anyhow::ensure!(
            scored < most,
            "`{}` has {scored} tokens, but {} reads {} at a time",
            shortened(&continuation),
            self.name,
            self.positions()
        );
        let cut = ids.len().saturating_sub(most);
        ids.drain(..cut);
        Ok(Pair {
            ids,
            from: from - cut,
        })
    }

    /// The tokens of a prompt that `more` tokens are to follow; the beginning of one that is too
    /// long goes.
    pub(crate) fn prompt(&self, prompt: &str, more: usize) -> anyhow::Result<Vec<u32>> {
        let mut ids = self.begun(prompt)?;
        if ids.is_empty() {
            let Context::Token(token) = self.context else {
                anyhow::bail!(
                    "{} has no token that begins a text, so it cannot write from nothing",
                    self.name
                );
            };
            ids.push(token);
        }
        let room = self.positions().saturating_sub(more).max(1);
        let cut = ids.len().saturating_sub(room);
        ids.drain(..cut);
        Ok(ids)
    }

    /// The tokens of the beginning of a text, with nothing that ends one.
    fn begun(&self, text: &str) -> anyhow::Result<Vec<u32>> {
        let config = self.decoder.config();
        let context = match config.bos_token_id {
            Some(token) if self.begins => Context::Token(token),
            _ => Context::FirstOfText,
        };
        Ok(sequence(
            self.tokenizer.encode(text, true)?,
            config,
            context,
        ))
    }

    /// How likely each continuation is.
    pub(crate) fn score(&self, pairs: &[Pair], console: &Console) -> anyhow::Result<Vec<Scored>> {
        let progress = console.progress(pairs.len() as u64, "texts");
        let mut scored = Vec::with_capacity(pairs.len());
        for chunk in pairs.chunks(CHUNK) {
            let chunk_scored: Result<Vec<Scored>, model::Error> = chunk
                .par_iter()
                .map(|pair| score_from(&self.decoder, &pair.ids, pair.from))
                .collect();
            scored.extend(chunk_scored?);
            progress.advance(chunk.len() as u64);
        }
        Ok(scored)
    }
}

/// The beginning of a text for a message.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The tokens of a text after its context, with nothing that ends a text.
fn sequence(mut ids: Vec<u32>, config: &Config, context: Context) -> Vec<u32> {
    while ids
        .last()
        .is_some_and(|id| config.eos_token_ids.contains(id))
    {
        ids.pop();
    }
    if let Context::Token(token) = context
        && ids.first() != Some(&token)
    {
        ids.insert(0, token);
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_after_the_token_that_begins_one_and_without_those_that_end_one() {
        let config = |bos, eos: &[u32]| {
            let config = Config::preset("tiny").expect("a shape");
            config.with_special_tokens(bos, eos.to_vec())
        };
        let both = config(Some(1), &[2]);
        let context = Context::of(&both);
        assert_eq!(sequence(vec![7, 8, 2], &both, context), [1, 7, 8]);
        assert_eq!(sequence(vec![1, 7], &both, context), [1, 7]);
        assert_eq!(sequence(vec![], &both, context), [1]);
        let end = config(None, &[2]);
        assert_eq!(sequence(vec![7], &end, Context::of(&end)), [2, 7]);
        let none = config(None, &[]);
        assert_eq!(sequence(vec![7], &none, Context::of(&none)), [7]);
    }
}
