//! Text to tokens and back, by a Hugging Face `tokenizer.json` or a byte-level BPE trained here.

mod marked;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rayon::prelude::*;
use tokenizers::decoders::DecoderWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::models::{ModelWrapper, TrainerWrapper};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, Model, NormalizedString, Normalizer};

use crate::Error;
use crate::config::Config;

pub use marked::MarkedTokenizer;

/// The largest `tokenizer.json` that is read, in bytes.
const LARGEST: usize = 64 << 20;
/// The largest id that is believed.
const HIGHEST: u32 = 1 << 24;
const FILE: &str = "tokenizer.json";

/// A tokenizer whose special tokens are never made from data: a `</s>` in a text is encoded as text.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    size: usize,
}

impl Tokenizer {
    /// Reads `tokenizer.json`; truncation and padding in it are ignored, since both are the caller's choice.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > LARGEST {
            return Err(refused(format!(
                "{} bytes is more than the limit of {LARGEST}",
                bytes.len()
            )));
        }
        let inner = guarded(|| tokenizers::Tokenizer::from_bytes(bytes))?;
        refuse_renumbered(&inner, bytes)?;
        Self::new(inner)
    }

    /// Trains a byte-level BPE of `vocab_size` tokens, the special tokens first.
    ///
    /// Ties go by token, so the same texts in any order give the same tokenizer.
    pub fn train(
        texts: &[&str],
        vocab_size: usize,
        special_tokens: &[&str],
    ) -> Result<Self, Error> {
        let least = 256 + special_tokens.len();
        if vocab_size < least {
            return Err(Error::request(format!(
                "a byte-level vocabulary with {} special tokens needs at least {least} tokens, not {vocab_size}",
                special_tokens.len()
            )));
        }
        let specials = special_tokens
            .iter()
            .map(|token| AddedToken::from(*token, true));
        let trainer = BpeTrainerBuilder::new()
            .vocab_size(vocab_size)
            .min_frequency(2)
            .show_progress(false)
            .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
            .special_tokens(specials.collect())
            .build();
        let mut inner = tokenizers::Tokenizer::new(ModelWrapper::BPE(BPE::default()));
        let byte_level = ByteLevel::new(false, false, true);
        inner.with_pre_tokenizer(Some(PreTokenizerWrapper::ByteLevel(byte_level)));
        inner.with_decoder(Some(DecoderWrapper::ByteLevel(byte_level)));
        guarded(|| {
            inner
                .train(&mut TrainerWrapper::BpeTrainer(trainer), texts.iter())
                .map(|_| ())
        })?;
        Self::new(inner)
    }

    fn new(mut inner: tokenizers::Tokenizer) -> Result<Self, Error> {
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|error| refused(error.to_string()))?;
        inner.set_encode_special_tokens(true);
        let size = vocabulary(&inner)?;
        let tokenizer = Self { inner, size };
        tokenizer.probe()?;
        Ok(tokenizer)
    }

    /// Uses every part once, so that a part that cannot work is found on loading.
    fn probe(&self) -> Result<(), Error> {
        let ascii: String = (' '..='~').collect();
        if let Some(normalizer) = self.inner.get_normalizer() {
            let mut text = NormalizedString::from(ascii.as_str());
            guarded(|| normalizer.normalize(&mut text))?;
            if text.get().len() > 8 * ascii.len() + 1024 {
                return Err(refused(format!(
                    "the normalizer makes {} bytes of {}",
                    text.get().len(),
                    ascii.len()
                )));
            }
        }
        let encoding = guarded(|| self.inner.encode_fast(ascii.as_str(), true))?;
        guarded(|| self.inner.decode(encoding.get_ids(), false)).map(|_| ())
    }

    /// The bytes of `tokenizer.json`.
    pub fn to_json(&self) -> Result<Vec<u8>, Error> {
        guarded(|| self.inner.to_string(true)).map(String::into_bytes)
    }

    /// The tokens of a text, with what the tokenizer puts around a text (such as a bos token) or without.
    pub fn encode(&self, text: &str, with_special_tokens: bool) -> Result<Vec<u32>, Error> {
        let encoding = guarded(|| self.inner.encode_fast(text, with_special_tokens))?;
        if encoding.get_ids().is_empty() && !text.trim().is_empty() {
            let start: String = text.chars().take(20).collect();
            return Err(refused(format!(
                "`{start}` gives no tokens: the vocabulary covers none of it"
            )));
        }
        Ok(encoding.get_ids().to_vec())
    }

    /// The tokens of many texts.
    pub fn encode_all(
        &self,
        texts: &[&str],
        with_special_tokens: bool,
    ) -> Result<Vec<Vec<u32>>, Error> {
        texts
            .par_iter()
            .map(|text| self.encode(text, with_special_tokens))
            .collect()
    }

    /// The text of tokens, special tokens left out.
    pub fn decode(&self, ids: &[u32]) -> Result<String, Error> {
        guarded(|| self.inner.decode(ids, true))
    }

    /// The id of a token, by its exact spelling.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// One more than the largest id.
    pub fn vocab_size(&self) -> usize {
        self.size
    }

    /// Refuses a tokenizer with ids beyond the model's embedding.
    pub fn check_fits(&self, config: &Config) -> Result<(), Error> {
        self.check_rows(config.vocab_size)
    }

    pub(crate) fn check_rows(&self, rows: usize) -> Result<(), Error> {
        if self.size <= rows {
            return Ok(());
        }
        Err(refused(format!(
            "ids reach {}, but the model's embedding has {rows} rows",
            self.size - 1
        )))
    }
}

/// Checks the ids, and returns one more than the largest.
fn vocabulary(inner: &tokenizers::Tokenizer) -> Result<usize, Error> {
    let vocabulary: std::collections::BTreeMap<String, u32> =
        inner.get_vocab(true).into_iter().collect();
    if inner.get_model().get_vocab_size() == 0 && vocabulary.is_empty() {
        return Err(refused("the vocabulary is empty".to_owned()));
    }
    let mut seen = BTreeSet::new();
    for (token, id) in &vocabulary {
        if !seen.insert(*id) {
            return Err(refused(format!(
                "id {id} belongs to `{}` and to another token",
                token.escape_debug()
            )));
        }
        if *id > HIGHEST {
            return Err(refused(format!(
                "`{}` has id {id}, beyond the limit of {HIGHEST}",
                token.escape_debug()
            )));
        }
    }
    Ok(seen.last().map_or(0, |id| *id as usize + 1))
}

/// The library gives an added token that does not follow the vocabulary another id than the file.
fn refuse_renumbered(inner: &tokenizers::Tokenizer, bytes: &[u8]) -> Result<(), Error> {
    let file: serde_json::Value = crate::files::json(FILE, bytes)?;
    for token in file["added_tokens"].as_array().into_iter().flatten() {
        let (Some(id), Some(content)) = (token["id"].as_u64(), token["content"].as_str()) else {
            continue;
        };
        let given = inner.token_to_id(content).map(u64::from);
        if given.is_some_and(|given| given != id) {
            return Err(refused(format!(
                "`{}` has id {id}, which does not follow the vocabulary",
                content.escape_debug()
            )));
        }
    }
    Ok(())
}

fn refused(reason: String) -> Error {
    Error::Tokenizer {
        file: FILE.to_owned(),
        reason,
    }
}

/// Turns the library's errors, and its panics on odd files, into our errors.
fn guarded<T>(work: impl FnOnce() -> tokenizers::Result<T>) -> Result<T, Error> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| refused(error.to_string())),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(refused(format!("the tokenizer cannot be used: {message}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXTS: [&str; 3] = [
        "the cat sat on the mat",
        "the dog sat on the log — naïve 🌍",
        "a cat and a dog",
    ];

    fn trained() -> Tokenizer {
        Tokenizer::train(&TEXTS, 280, &["<bos>", "<eos>"]).expect("trained")
    }

    #[test]
    fn texts_come_back_from_their_tokens() {
        let tokenizer = trained();
        for text in TEXTS
            .iter()
            .copied()
            .chain(["", " ", "\u{0}", "new words\n\t"])
        {
            let ids = tokenizer.encode(text, true).expect("tokens");
            assert_eq!(tokenizer.decode(&ids).expect("text"), text);
        }
        assert!(tokenizer.encode("the cat", false).expect("tokens").len() < 7);
    }

    #[test]
    fn training_gives_the_same_bytes_every_time() {
        let turned: Vec<&str> = TEXTS.iter().rev().copied().collect();
        let again = Tokenizer::train(&turned, 280, &["<bos>", "<eos>"]).expect("trained");
        let bytes = trained().to_json().expect("written");
        assert_eq!(again.to_json().expect("written"), bytes);
        let loaded = Tokenizer::from_json(&bytes).expect("read");
        assert_eq!(
            loaded.encode(TEXTS[1], true).expect("tokens"),
            trained().encode(TEXTS[1], true).expect("tokens")
        );
    }

    #[test]
    fn a_special_token_in_a_text_is_text() {
        let tokenizer = trained();
        let ids = tokenizer.encode("a <eos> b", true).expect("tokens");
        let eos = tokenizer.id("<eos>").expect("special");
        assert!(!ids.contains(&eos), "{ids:?}");
        assert_eq!(tokenizer.decode(&ids).expect("text"), "a <eos> b");
        assert_eq!(tokenizer.decode(&[eos]).expect("text"), "");
    }

    #[test]
    fn a_vocabulary_larger_than_the_embedding_is_refused() {
        let config = Config::preset("tiny").expect("known").with_vocab_size(100);
        let error = trained()
            .check_fits(&config)
            .expect_err("too large")
            .to_string();
        assert!(
            error.starts_with("tokenizer.json: ids reach ")
                && error.ends_with("embedding has 100 rows"),
            "{error}"
        );
        assert!(Tokenizer::train(&TEXTS, 257, &["<bos>", "<eos>"]).is_err());
    }

    #[test]
    fn what_is_no_tokenizer_is_an_error() {
        for text in [
            "",
            "{}",
            "404",
            "<html>",
            r#"{"version":"1.0","model":{"type":"BPE","vocab":{},"merges":[]}}"#,
        ] {
            assert!(Tokenizer::from_json(text.as_bytes()).is_err(), "{text}");
        }
    }
}
