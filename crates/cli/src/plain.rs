//! Text of others as it may be shown: nothing in it steers a terminal or turns a line around.

/// Whether `c` could steer a terminal or turn the direction of a line.
pub fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` with every character that [steers](steers) escaped.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if steers(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// [`plain`] text, cut after `most` characters.
pub fn short(text: &str, most: usize) -> String {
    let text = plain(text);
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(
            plain("a\u{1b}[2J\n\u{9b}\u{202e}é"),
            "a\\u{1b}[2J\\n\\u{9b}\\u{202e}é"
        );
        assert_eq!(short("abcdef", 3), "abc…");
    }
}
