//! Where two texts differ, as a reviewer reads it.

/// The lines of `expected` with `-`, those of `found` with `+`; one line around them, and what is
/// alike at both ends left out.
pub fn difference(expected: &str, found: &str) -> String {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.lines().collect(), found.lines().collect());
    let both = expected.len().min(found.len());
    let head = (0..both)
        .take_while(|&at| expected[at] == found[at])
        .count();
    let from_end = |lines: &[&str], at: usize| lines[lines.len() - 1 - at].to_owned();
    let alike = |&at: &usize| from_end(&expected, at) == from_end(&found, at);
    let tail = (0..both - head).take_while(alike).count();
    let mut text = String::new();
    let mut push = |mark: &str, lines: &[&str]| {
        lines
            .iter()
            .for_each(|line| text.extend(["    ", mark, line, "\n"]));
    };
    push("  ", &expected[head.saturating_sub(1)..head]);
    push("- ", &expected[head..expected.len() - tail]);
    push("+ ", &found[head..found.len() - tail]);
    push("  ", &expected[expected.len() - tail..][..tail.min(1)]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_left_out() {
        assert_eq!(
            difference("a\nb\nc\nd\ne", "a\nb\nx\nd\ne"),
            "      b\n    - c\n    + x\n      d\n"
        );
        assert_eq!(difference("a", "a\nb"), "      a\n    + b\n");
        assert_eq!(difference("a\na", "a"), "      a\n    - a\n");
        assert_eq!(difference("", "a"), "    + a\n");
    }
}
