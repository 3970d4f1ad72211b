//! Where a text holds what belongs to a person: e-mail and IP addresses, phone and card numbers.

use std::ops::Range;

/// A kind of such data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Email,
    Ip,
    Phone,
    Card,
}

impl Kind {
    /// What stands in its place in a masked text.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Self::Email => "<EMAIL>",
            Self::Ip => "<IP>",
            Self::Phone => "<PHONE>",
            Self::Card => "<CARD>",
        }
    }
}

/// What is found in `text`, first to last; none within another.
///
/// - an e-mail address: letters, digits and `._%+-`, an @, and a domain whose last part is of letters;
/// - an IP address: four numbers up to 255 with dots between;
/// - a card number: 13 to 19 digits, single spaces or hyphens between, whose check digit is right (Luhn);
/// - a phone number: + and 7 to 15 digits with spaces, hyphens, dots or brackets between, or ten
///   digits grouped 3-3-4.
pub(crate) fn find(text: &str) -> Vec<(Range<usize>, Kind)> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hit = match bytes[at] {
            b'@' => email(text, at, found.last()),
            b'0'..=b'9' | b'+' | b'(' if begins(text, at) => {
                number(&text[at..]).map(|(length, kind)| (at..at + length, kind))
            }
            _ => None,
        };
        match hit {
            Some((range, kind)) => {
                at = range.end;
                found.push((range, kind));
            }
            None => at += 1,
        }
    }
    found
}

/// `text` with a mark in place of what is found; `None` where nothing is.
pub(crate) fn masked(text: &str) -> Option<String> {
    let found = find(text);
    if found.is_empty() {
        return None;
    }
    let (mut masked, mut end) = (String::with_capacity(text.len()), 0);
    for (range, kind) in found {
        masked += &text[end..range.start];
        masked += kind.mark();
        end = range.end;
    }
    Some(masked + &text[end..])
}

fn email(
    text: &str,
    at: usize,
    before: Option<&(Range<usize>, Kind)>,
) -> Option<(Range<usize>, Kind)> {
    let bytes = text.as_bytes();
    let local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let least = before.map_or(0, |(range, _)| range.end);
    let length = bytes[least..at]
        .iter()
        .rev()
        .take_while(|byte| local(byte))
        .count();
    let domain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let rest = &text[at + 1..];
    let end = rest.bytes().take_while(|byte| domain(byte)).count();
    let name = rest[..end].trim_end_matches(['.', '-']);
    let (host, last) = name.rsplit_once('.')?;
    let right = length > 0
        && !host.is_empty()
        && !host.contains("..")
        && last.len() >= 2
        && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    right.then_some((at - length..at + 1 + name.len(), Kind::Email))
}

/// Whether a number can begin here: not within a word or another number.
fn begins(text: &str, at: usize) -> bool {
    let before = text[..at].chars().next_back();
    !before.is_some_and(|before| {
        before.is_alphanumeric() || matches!(before, '.' | '-' | '_' | '+' | '/')
    })
}

/// The number at the beginning of `text`: its length in bytes and its kind.
fn number(text: &str) -> Option<(usize, Kind)> {
    let run = text
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || b" ().-+".contains(byte))
        .count();
    let run = text[..run].trim_end_matches(|last: char| !last.is_ascii_digit());
    if text[run.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_') {
        return None;
    }
    let ends = |length: usize| {
        let rest = &run[length..];
        !rest.starts_with(|next: char| next.is_ascii_digit())
    };
    if let Some(length) = ip(run).filter(|length| ends(*length)) {
        return Some((length, Kind::Ip));
    }
    if let Some(length) = card(run) {
        return Some((length, Kind::Card));
    }
    phone(run).map(|length| (length, Kind::Phone))
}

fn ip(run: &str) -> Option<usize> {
    let dotted = run
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
        .count();
    let dotted = run[..dotted].trim_end_matches('.');
    let parts: Vec<&str> = dotted.split('.').collect();
    let right = parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok());
    right.then_some(dotted.len())
}

fn card(run: &str) -> Option<usize> {
    let (mut digits, mut length) = (Vec::new(), 0);
    let mut bytes = run.bytes().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'0'..=b'9' => {
                digits.push(u32::from(byte - b'0'));
                length = at + 1;
            }
            b' ' | b'-' if bytes.peek().is_some_and(|(_, next)| next.is_ascii_digit()) => {}
            _ => break,
        }
    }
    // Luhn: from the right, every second digit counts double, 9 less where that is above 9.
    let double = |(at, digit): (usize, &u32)| match at % 2 {
        0 => *digit,
        _ if *digit > 4 => 2 * digit - 9,
        _ => 2 * digit,
    };
    let sum: u32 = digits.iter().rev().enumerate().map(double).sum();
    let zeros = digits.iter().all(|digit| *digit == 0);
    ((13..=19).contains(&digits.len()) && sum.is_multiple_of(10) && !zeros).then_some(length)
}

fn phone(run: &str) -> Option<usize> {
    let digits = run.bytes().filter(u8::is_ascii_digit).count();
    if run.starts_with('+') {
        return (7..=15).contains(&digits).then_some(run.len());
    }
    let groups: Vec<usize> = run
        .split(|between: char| !between.is_ascii_digit())
        .map(str::len)
        .filter(|length| *length > 0)
        .collect();
    let separated = run.len() >= digits + 2;
    (groups == [3, 3, 4] && separated).then_some(run.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(text: &str) -> String {
        masked(text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn each_kind_is_found() {
        assert_eq!(
            mask("write to a.b+c@mail.example.org."),
            "write to <EMAIL>."
        );
        assert_eq!(mask("at 192.168.0.1, port 80"), "at <IP>, port 80");
        // 4111 1111 1111 1111 is the test number whose check digit is right.
        assert_eq!(mask("card 4111 1111 1111 1111!"), "card <CARD>!");
        assert_eq!(
            mask("call (555) 123-4567 or +49 30 1234567"),
            "call <PHONE> or <PHONE>"
        );
    }

    #[test]
    fn what_only_looks_like_it_stays() {
        for text in [
            "a@b",
            "me @ home",
            "version 1.2.3",
            "1.2.3.4.5",
            "300.1.1.1",
            "4111 1111 1111 1112",
            "in 2024 and 2025",
            "x5551234567",
            "0.5 + 0.25",
            "1234567890",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_masked(text in any::<String>()) {
            let _ = masked(&text);
        }

        #[test]
        fn any_run_of_such_characters_can_be_masked(text in "[0-9a-z@.+() _-]{0,60}") {
            let found = find(&text);
            prop_assert!(found.windows(2).all(|pair| pair[0].0.end <= pair[1].0.start));
        }
    }
}
