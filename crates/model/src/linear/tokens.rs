//! Words as scikit-learn's `TfidfVectorizer` cuts them: the pattern `(?u)\b\w\w+\b` on lower-cased text.

use unicode_normalization::char::is_combining_mark;

/// Hands every term of `text` to `visit`: its words of two characters or more, in lower case, and
/// every run of 2 to `longest` of them, joined by a space.
pub(super) fn for_each_term(text: &str, longest: usize, mut visit: impl FnMut(&str)) {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c| !is_word_character(c))
        .filter(|word| word.chars().nth(1).is_some())
        .collect();
    for word in &words {
        visit(word);
    }
    for length in 2..=longest {
        for run in words.windows(length) {
            visit(&run.join(" "));
        }
    }
}

/// Python's `\w`: letters, numbers and the underscore, but no mark and no circled letter.
fn is_word_character(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    let circled = matches!(character, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}');
    character.is_alphanumeric() && !is_combining_mark(character) && !circled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str, longest: usize) -> Vec<String> {
        let mut terms = Vec::new();
        for_each_term(text, longest, |term| terms.push(term.to_owned()));
        terms
    }

    #[test]
    fn words_are_those_of_the_default_token_pattern() {
        // Python 3.11: re.findall(r"(?u)\b\w\w+\b", "It's 3 PM_now, Café ① x² 日本 i\u0307n नमस्ते".lower())
        let expected = ["it", "pm_now", "café", "x²", "日本", "नमस"];
        assert_eq!(
            terms("It's 3 PM_now, Café ① x² 日本 i\u{307}n नमस्ते", 1),
            expected
        );
    }

    #[test]
    fn pairs_of_words_skip_what_is_no_word() {
        assert_eq!(
            terms("a kettle of , hot tea", 2),
            [
                "kettle",
                "of",
                "hot",
                "tea",
                "kettle of",
                "of hot",
                "hot tea"
            ]
        );
        assert!(terms("a b c", 2).is_empty());
    }
}
