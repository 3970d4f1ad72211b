//! How a text is cut into tokens: at white space, or into words.

use unicode_normalization::char::is_combining_mark;

/// A way to cut a text into tokens, which are slices of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tokenizer {
    /// Runs of anything but white space, as Python's `str.split()`: case and punctuation stay.
    ///
    /// This is what the lexical metrics count, because it is what published figures count.
    Whitespace,
    /// The words of [`words`]: punctuation is dropped, ideographs stand alone.
    Words,
}

impl Tokenizer {
    /// Its name in parameters and output: `whitespace` or `words`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whitespace => "whitespace",
            Self::Words => "words",
        }
    }

    /// Hands the tokens of `text` to `visit`, first to last.
    pub fn for_each<'a>(self, text: &'a str, visit: impl FnMut(&'a str)) {
        match self {
            Self::Whitespace => whitespace_tokens(text).for_each(visit),
            Self::Words => words(text).for_each(visit),
        }
    }

    /// How many tokens `text` has.
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Whitespace => whitespace_tokens(text).count(),
            Self::Words => words(text).count(),
        }
    }
}

/// The runs of anything but white space, exactly those of Python's `str.split()`.
pub fn whitespace_tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|token| !token.is_empty())
}

/// The words of `text`: runs of letters, digits and their marks, in the case they are written.
///
/// An apostrophe between two such characters belongs to the word (`don't`), any other
/// punctuation ends it. A Han ideograph, Hiragana or Katakana character is a word by itself,
/// since those scripts put no space between words; other scripts without spaces (Thai, Lao,
/// Khmer) come out as whole runs. For lower-cased words, lower the text first.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    Words { rest: text }
}

struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let start = self.rest.find(is_word_character)?;
        let from = &self.rest[start..];
        let length = word_length(from);
        self.rest = &from[length..];
        Some(&from[..length])
    }
}

/// How many bytes the word at the beginning of `text` has.
fn word_length(text: &str) -> usize {
    if text.starts_with(stands_alone) {
        let mut characters = text.char_indices().skip(1);
        let next = characters.find(|(_, character)| !is_combining_mark(*character));
        return next.map_or(text.len(), |(at, _)| at);
    }
    let in_run = |character: char| is_word_character(character) && !stands_alone(character);
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let joins = matches!(character, '\'' | '\u{2019}')
            && characters.peek().is_some_and(|(_, next)| in_run(*next));
        if !in_run(character) && !joins {
            return at;
        }
    }
    text.len()
}

fn is_word_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    character.is_alphanumeric() || is_combining_mark(character)
}

/// Han ideographs, Hiragana and Katakana, but not the marks that follow them.
fn stands_alone(character: char) -> bool {
    !is_combining_mark(character)
        && matches!(character,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// White space as Python's `str.split()` sees it: Unicode's, and the four ASCII separators.
pub(crate) fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<&str> {
        words(text).collect()
    }

    #[test]
    fn whitespace_tokens_are_those_of_python() {
        // Python: " a\u00a0b\u2003c\x1cd\u200be ".split() == ["a", "b", "c", "d\u200be"]
        let tokens: Vec<_> = whitespace_tokens(" a\u{a0}b\u{2003}c\u{1c}d\u{200b}e ").collect();
        assert_eq!(tokens, ["a", "b", "c", "d\u{200b}e"]);
        assert_eq!(whitespace_tokens(" \n").count(), 0);
    }

    #[test]
    fn punctuation_ends_a_word_but_an_inner_apostrophe_does_not() {
        assert_eq!(
            cut("Don't stop, 'tis 3.5!"),
            ["Don't", "stop", "tis", "3", "5"]
        );
        assert_eq!(
            cut("the cats' l\u{2019}eau"),
            ["the", "cats", "l\u{2019}eau"]
        );
        assert_eq!(cut("... --"), Vec::<&str>::new());
    }

    #[test]
    fn ideographs_and_kana_are_words_by_themselves() {
        assert_eq!(
            cut("東京tower、が\u{3099}い"),
            ["東", "京", "tower", "が\u{3099}", "い"]
        );
    }

    #[test]
    fn marks_stay_with_their_letters() {
        assert_eq!(
            cut("हिन्दी e\u{301}te\u{301}"),
            ["हिन्दी", "e\u{301}te\u{301}"]
        );
    }

    #[test]
    fn both_ways_count_what_they_visit() {
        let mut visited = 0;
        Tokenizer::Words.for_each("one, two", |_| visited += 1);
        assert_eq!((visited, Tokenizer::Words.count("one, two")), (2, 2));
        assert_eq!(Tokenizer::Whitespace.count("one , two"), 3);
    }

    proptest! {
        #[test]
        fn words_lose_no_letter_of_any_text(text in any::<String>()) {
            let kept: String = words(&text).flat_map(str::chars).filter(|c| c.is_alphanumeric()).collect();
            let all: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
            prop_assert_eq!(kept, all);
        }

        #[test]
        fn whitespace_tokens_lose_nothing_but_space(text in any::<String>()) {
            let kept: String = whitespace_tokens(&text).collect();
            let all: String = text.chars().filter(|c| !is_space(*c)).collect();
            prop_assert_eq!(kept, all);
        }
    }
}
