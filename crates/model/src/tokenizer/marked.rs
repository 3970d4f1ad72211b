//! Texts that a template made: special tokens in them are meant, and some stretches count.

use std::ops::Range;

use super::{Tokenizer, guarded};
use crate::Error;

/// A tokenizer for texts whose special tokens were put there by a template.
#[derive(Clone, Debug)]
pub struct MarkedTokenizer {
    inner: tokenizers::Tokenizer,
    /// How special tokens are spelt.
    marks: Vec<String>,
}

impl Tokenizer {
    /// The same tokenizer, for texts whose special tokens are meant.
    pub fn marked(&self) -> MarkedTokenizer {
        let mut inner = self.inner.clone();
        inner.set_encode_special_tokens(false);
        let tokens = inner.get_added_tokens_decoder();
        let special = tokens.into_iter().filter(|(_, token)| token.special);
        let mut marks: Vec<String> = special.map(|(_, token)| token.content).collect();
        marks.sort_unstable();
        MarkedTokenizer { inner, marks }
    }
}

impl MarkedTokenizer {
    /// The special token that `text` spells out, where it does.
    ///
    /// What people wrote may not do that: it would end a turn that it does not end.
    pub fn mark_in(&self, text: &str) -> Option<&str> {
        let mut marks = self.marks.iter().map(String::as_str);
        marks.find(|mark| text.contains(mark))
    }

    /// The tokens of a text, and which of them begin in one of the `stretches` (of bytes).
    pub fn encode(
        &self,
        text: &str,
        stretches: &[Range<usize>],
    ) -> Result<(Vec<u32>, Vec<bool>), Error> {
        let encoding = guarded(|| self.inner.encode(text, false))?;
        let counts = encoding.get_offsets().iter();
        let counts = counts.map(|(start, _)| stretches.iter().any(|own| own.contains(start)));
        Ok((encoding.get_ids().to_vec(), counts.collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_tokens_and_stretches_count() {
        let tokenizer = Tokenizer::train(&["ab ab"], 300, &["<u>", "</u>"]).expect("trained");
        let marked = tokenizer.marked();
        let text = "<u>q</u>a é";
        let (ids, counts) = marked
            .encode(text, std::slice::from_ref(&(8..text.len())))
            .expect("tokens");
        assert_eq!(ids[0], tokenizer.id("<u>").expect("a mark"));
        assert_eq!(ids[2], tokenizer.id("</u>").expect("a mark"));
        assert!(ids.len() > 4 && counts.iter().position(|counts| *counts) == Some(3));
        assert!(counts[3..].iter().all(|counts| *counts));
        assert_eq!(marked.mark_in("a </u>"), Some("</u>"));
        assert_eq!(marked.mark_in("a < u>"), None);
    }
}
