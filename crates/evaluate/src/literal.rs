//! Lists as Python writes them, which is how templates of lm-evaluation-harness write choices.

/// The items of a list such as `['a', "b", 3]` as texts; `None` where it is none.
pub(crate) fn list(text: &str) -> Option<Vec<String>> {
    let mut rest = text.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut items = Vec::new();
    while !rest.is_empty() {
        let (item, after) = item(rest)?;
        items.push(item);
        rest = match after.trim_start().strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.trim().is_empty() => "",
            None => return None,
        };
    }
    Some(items)
}

/// The first item and what stands after it.
fn item(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next()?;
    if matches!(quote, '\'' | '"') {
        return quoted(text, quote);
    }
    let end = text.find(',').unwrap_or(text.len());
    let bare = text[..end].trim();
    let known = matches!(bare, "True" | "False" | "None") || bare.parse::<f64>().is_ok();
    known.then(|| (bare.to_owned(), &text[end..]))
}

fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut written = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => written.push(match characters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            _ if c == quote => return Some((written, &text[at + 1..])),
            _ => written.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_with_their_quotes_and_escapes() {
        let items = list(r#" ['it\'s', "a, b", 3, True, 'x\ny',] "#).expect("a list");
        assert_eq!(items, ["it's", "a, b", "3", "True", "x\ny"]);
        assert_eq!(list("[]"), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_list_is_none() {
        for text in [
            "",
            "[",
            "a",
            "['a'",
            "['a' 'b']",
            "[a]",
            "['a]",
            "[[1]]",
            "['a\\",
        ] {
            assert_eq!(list(text), None, "{text}");
        }
    }
}
