//! How a text is cut into tokens: into words, at white space, or into words and punctuation.

use unicode_normalization::char::is_combining_mark;

/// A way to cut a text into tokens, which are slices of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tokenizer {
    /// The words of [`words`], compared in lower case: punctuation is dropped, ideographs stand
    /// alone.
    #[default]
    Unicode,
    /// Runs of anything but white space, as Python's `str.split()`: case and punctuation stay.
    ///
    /// This is what many published figures count.
    Whitespace,
    /// Runs of letters, digits and underscores, and runs of punctuation between them, as nltk's
    /// `wordpunct_tokenize`: case stays.
    WordPunct,
}

impl Tokenizer {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Unicode, Self::Whitespace, Self::WordPunct];

    /// Its name in parameters and output: `unicode`, `whitespace` or `wordpunct`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unicode => "unicode",
            Self::Whitespace => "whitespace",
            Self::WordPunct => "wordpunct",
        }
    }

    /// Whether tokens that differ in case alone are the same.
    pub const fn ignores_case(self) -> bool {
        matches!(self, Self::Unicode)
    }

    /// Hands the tokens of `text` to `visit`, first to last, as they are written.
    pub fn for_each<'a>(self, text: &'a str, visit: impl FnMut(&'a str)) {
        match self {
            Self::Unicode => words(text).for_each(visit),
            Self::Whitespace => whitespace_tokens(text).for_each(visit),
            Self::WordPunct => word_punct_tokens(text).for_each(visit),
        }
    }

    /// How many tokens `text` has.
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Unicode => words(text).count(),
            Self::Whitespace => whitespace_tokens(text).count(),
            Self::WordPunct => word_punct_tokens(text).count(),
        }
    }
}

/// Runs of what Python's `\w` matches and runs of other characters that are no white space, those
/// of the regular expression `\w+|[^\w\s]+`.
pub fn word_punct_tokens(text: &str) -> impl Iterator<Item = &str> {
    let runs = whitespace_tokens(text);
    runs.flat_map(|run| WordPunct { rest: run })
}

/// Cuts a text without white space where `\w` begins or ends.
struct WordPunct<'a> {
    rest: &'a str,
}

impl<'a> Iterator for WordPunct<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let word = is_python_word(self.rest.chars().next()?);
        let end = self
            .rest
            .find(|character| is_python_word(character) != word);
        let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Some(token)
    }
}

/// What `\w` matches in Python: letters, numbers and the underscore, but no marks and none of the
/// circled and squared letters, which Unicode counts as symbols.
fn is_python_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    character.is_alphanumeric()
        && !is_combining_mark(character)
        && !matches!(character, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}')
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
    fn every_way_counts_what_it_visits() {
        for (way, expected) in Tokenizer::ALL.into_iter().zip([3, 2, 5]) {
            let mut visited = 0;
            way.for_each("well-made, two", |_| visited += 1);
            let counted = way.count("well-made, two");
            assert_eq!((visited, counted), (expected, expected), "{}", way.name());
        }
    }

    #[test]
    fn words_and_punctuation_are_those_of_nltk() {
        // nltk 3.10.4: wordpunct_tokenize("Don't pay $3.50_now... e\u0301t\u00e9!")
        let tokens: Vec<_> = word_punct_tokens("Don't pay $3.50_now... e\u{301}t\u{e9}!").collect();
        let expected = [
            "Don", "'", "t", "pay", "$", "3", ".", "50_now", "...", "e", "\u{301}", "t\u{e9}", "!",
        ];
        assert_eq!(tokens, expected);
    }

    proptest! {
        #[test]
        fn words_lose_no_letter_of_any_text(text in any::<String>()) {
            let kept: String = words(&text).flat_map(str::chars).filter(|c| c.is_alphanumeric()).collect();
            let all: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
            prop_assert_eq!(kept, all);
        }

        #[test]
        fn words_and_punctuation_lose_nothing_but_space(text in any::<String>()) {
            let kept: String = word_punct_tokens(&text).collect();
            let all: String = text.chars().filter(|c| !is_space(*c)).collect();
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
