//! Decoders: how unlikely each text is, in nats.

use std::collections::BTreeMap;

use anyhow::Context as _;
use cli::Console;
use dataset::Directory;
use model::{Config, Decoder, Tokenizer, score};

use super::texts;
use crate::Args;
use crate::interval::Resampling;
use crate::test_set::TestSet;

/// Texts between two steps of the progress bar.
const CHUNK: usize = 64;
/// Why a row is left out.
const NO_TOKEN: &str = "no-token-to-predict";

/// The losses of the rows that have a token to predict.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Losses {
    /// Their places in the test set.
    pub(crate) rows: Vec<usize>,
    /// −ln p of the whole text, in nats.
    pub(crate) nll: Vec<f64>,
    /// How many tokens were predicted.
    pub(crate) tokens: Vec<usize>,
    /// The length of the text, in bytes of UTF-8.
    pub(crate) bytes: Vec<usize>,
    /// What stands before the first token that is predicted.
    pub(crate) context: Context,
    /// How many rows have no token to predict.
    pub(crate) skipped: usize,
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

impl Losses {
    /// How unlikely the decoder in `directory` finds the rows.
    pub(crate) fn of(
        directory: &Directory,
        args: &Args,
        test: &TestSet,
        console: &Console,
    ) -> anyhow::Result<Self> {
        let loading = || format!("the model {} cannot be loaded", directory.name());
        let decoder = Decoder::load(directory).with_context(loading)?;
        let tokenizer = directory.require("tokenizer.json")?;
        let tokenizer = Tokenizer::from_json(&tokenizer).with_context(loading)?;
        tokenizer
            .check_fits(decoder.config())
            .with_context(loading)?;
        let texts = texts(test, args)?;
        let context = Context::of(decoder.config());
        let mut losses = Self::none(context);
        let mut sequences = Vec::new();
        for (row, text) in texts.iter().enumerate() {
            let ids = sequence(tokenizer.encode(text, true)?, decoder.config(), context);
            if ids.len() < 2 {
                losses.skipped += 1;
                continue;
            }
            losses.rows.push(row);
            losses.bytes.push(text.len());
            sequences.push(ids);
        }
        anyhow::ensure!(
            !sequences.is_empty(),
            "no text of {} has a token to predict",
            test.table().name()
        );
        losses.score(&decoder, &sequences, console)?;
        Ok(losses)
    }

    fn none(context: Context) -> Self {
        Self {
            rows: Vec::new(),
            nll: Vec::new(),
            tokens: Vec::new(),
            bytes: Vec::new(),
            context,
            skipped: 0,
        }
    }

    fn score(
        &mut self,
        decoder: &Decoder,
        sequences: &[Vec<u32>],
        console: &Console,
    ) -> anyhow::Result<()> {
        let progress = console.progress(sequences.len() as u64, "texts");
        for chunk in sequences.chunks(CHUNK) {
            for scored in score(decoder, chunk)? {
                self.nll.push(scored.nll);
                self.tokens.push(scored.tokens);
            }
            progress.advance(chunk.len() as u64);
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn drops(&self) -> BTreeMap<String, u64> {
        let skipped = (self.skipped > 0).then(|| (NO_TOKEN.to_owned(), self.skipped as u64));
        skipped.into_iter().collect()
    }

    /// `finish` of all losses added up, over all `sizes` added up.
    pub(crate) fn rate(
        &self,
        sizes: &[usize],
        resampling: &Resampling,
        finish: impl Fn(f64) -> f64 + Sync,
    ) -> numeric::Estimate {
        resampling.estimate(|weights| {
            let weighed = |(value, weight): (f64, &u32)| value * f64::from(*weight);
            let losses = self.nll.iter().copied().zip(weights).map(weighed);
            let sizes = sizes.iter().map(|size| *size as f64);
            let sizes = sizes.zip(weights).map(weighed);
            finish(numeric::sum(losses) / numeric::sum(sizes))
        })
    }
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
pub(crate) mod tests {
    use super::*;

    /// Of texts with these losses, tokens and bytes.
    pub(crate) fn of(texts: &[(f64, usize, usize)], context: Context) -> Losses {
        let mut losses = Losses::none(context);
        for (row, (nll, tokens, bytes)) in texts.iter().enumerate() {
            losses.rows.push(row);
            losses.nll.push(*nll);
            losses.tokens.push(*tokens);
            losses.bytes.push(*bytes);
        }
        losses
    }

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
