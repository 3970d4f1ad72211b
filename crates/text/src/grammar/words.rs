//! How a grammar's text is cut into words and put together again.

/// The marks that end a word and count as words of their own.
const MARKS: [char; 6] = ['.', ',', '?', '!', ';', ':'];

/// The words of `text`: cut at white space, with the marks at the end of each cut off one by one.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|field| {
        let body = field.trim_end_matches(MARKS);
        let marks = &field[body.len()..];
        let marks = marks.char_indices().map(|(at, _)| &marks[at..=at]);
        Some(body)
            .filter(|body| !body.is_empty())
            .into_iter()
            .chain(marks)
    })
}

/// Whether `word` is a mark, which follows the word before it without a space.
fn is_mark(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|letter| MARKS.contains(&letter)) && letters.next().is_none()
}

/// The text of `words`; [`split`] takes it apart into the same words.
pub(super) fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() && !is_mark(word) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_words_only_at_the_end_of_a_word() {
        let words: Vec<&str> = split("  is it 3.5 kg , or 'bo's'?! ").collect();
        assert_eq!(
            words,
            ["is", "it", "3.5", "kg", ",", "or", "'bo's'", "?", "!"]
        );
    }

    #[test]
    fn splitting_undoes_joining() {
        let words = [".", "hello", ",", "bo", "!", "?"];
        let text = join(words.into_iter());
        assert_eq!(text, ". hello, bo!?");
        assert_eq!(split(&text).collect::<Vec<_>>(), words);
    }
}
