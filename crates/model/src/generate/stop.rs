//! Texts that end with a string, wherever the tokens of that string begin and end.

use crate::tokenizer::Tokenizer;

/// Tokens before the end that are decoded with it, since some tokenizers treat the first token apart.
const CONTEXT: usize = 4;

/// Strings that end a text.
#[derive(Clone, Copy, Debug)]
pub struct StopStrings<'a> {
    tokenizer: Option<&'a Tokenizer>,
    strings: &'a [String],
}

impl<'a> StopStrings<'a> {
    /// These strings, in texts of this tokenizer; empty ones end nothing.
    pub fn new(tokenizer: &'a Tokenizer, strings: &'a [String]) -> Self {
        Self {
            tokenizer: Some(tokenizer),
            strings,
        }
    }

    /// No strings.
    pub(crate) fn none() -> Self {
        Self {
            tokenizer: None,
            strings: &[],
        }
    }

    /// The text before the first stop string in it.
    pub fn cut<'t>(&self, text: &'t str) -> &'t str {
        self.find(text).map_or(text, |at| &text[..at])
    }

    fn find(&self, text: &str) -> Option<usize> {
        let strings = self.strings.iter().filter(|string| !string.is_empty());
        strings.filter_map(|string| text.find(string)).min()
    }

    /// Whether the last of the new tokens completes a stop string.
    ///
    /// Every token is at least one byte of text or none, so the string's bytes bound how many of the
    /// last tokens it can reach over; tokens that write nothing are what the factor is for.
    pub(crate) fn ends(&self, prompt: &[u32], ids: &[u32]) -> bool {
        let (Some(tokenizer), Some(longest)) =
            (self.tokenizer, self.strings.iter().map(String::len).max())
        else {
            return false;
        };
        let from = ids.len().saturating_sub(2 * longest);
        let before: Vec<u32> = match from {
            0 => prompt[prompt.len().saturating_sub(CONTEXT)..].to_vec(),
            _ => ids[from.saturating_sub(CONTEXT)..from].to_vec(),
        };
        let whole = [&before[..], &ids[from..]].concat();
        let (Ok(before), Ok(whole)) = (tokenizer.decode(&before), tokenizer.decode(&whole)) else {
            return false;
        };
        let text = whole.strip_prefix(before.as_str()).unwrap_or(&whole);
        self.find(text).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer() -> Tokenizer {
        Tokenizer::train(&["a cat. a dog. the end"], 262, &["<bos>"]).expect("trained")
    }

    #[test]
    fn a_string_is_found_across_tokens_and_not_in_the_prompt() {
        let tokenizer = tokenizer();
        let strings = ["dog. ".to_owned(), String::new()];
        let stops = StopStrings::new(&tokenizer, &strings);
        let ids = |text: &str| tokenizer.encode(text, false).expect("tokens");
        let prompt = ids("a dog. ");
        assert!(!stops.ends(&prompt, &ids("a dog.")));
        assert!(stops.ends(&prompt, &ids("a dog. ")));
        assert!(stops.ends(&prompt, &ids("a cat and a very small dog. ")));
        assert!(!StopStrings::none().ends(&prompt, &ids("a dog. ")));
    }

    #[test]
    fn the_text_is_cut_at_the_first_string() {
        let tokenizer = tokenizer();
        let strings = ["END".to_owned(), "dog".to_owned()];
        let stops = StopStrings::new(&tokenizer, &strings);
        assert_eq!(stops.cut("a dog END"), "a ");
        assert_eq!(stops.cut("a cat"), "a cat");
    }
}
