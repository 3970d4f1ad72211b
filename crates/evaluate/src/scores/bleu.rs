//! BLEU of a corpus as sacrebleu computes it: tokens of mteval-v13a, four orders, smoothed by halves.
//!
//! Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation"; Post
//! 2018, "A call for clarity in reporting BLEU scores"; smoothing `exp` is method 3 of Chen and
//! Cherry 2014. The signature of sacrebleu is `case:mixed|eff:no|tok:13a|smooth:exp`.

use std::collections::BTreeMap;

use super::grams::grams;

/// The longest run of tokens that is counted.
const ORDERS: usize = 4;
/// How many counts [`counts`] gives: two lengths, then matches and runs of each order.
pub(crate) const COUNTS: usize = 2 + 2 * ORDERS;

/// The counts of one text: its length and that of the nearest reference in tokens, then for each
/// order how many of its runs match and how many it has.
pub(crate) fn counts(written: &str, references: &[&str]) -> [u64; COUNTS] {
    let written = tokens(written);
    let references: Vec<Vec<String>> = references.iter().map(|text| tokens(text)).collect();
    let lengths = references.iter().map(Vec::len);
    let nearest = lengths.min_by_key(|length| (length.abs_diff(written.len()), *length));
    let mut counts = [0; COUNTS];
    counts[0] = written.len() as u64;
    counts[1] = nearest.unwrap_or(0) as u64;
    for order in 1..=ORDERS {
        let mut most: BTreeMap<&[String], u64> = BTreeMap::new();
        for reference in &references {
            for (gram, count) in grams(reference, order) {
                let known = most.entry(gram).or_insert(0);
                *known = count.max(*known);
            }
        }
        for (gram, count) in grams(&written, order) {
            counts[1 + order] += count.min(*most.get(gram).unwrap_or(&0));
            counts[1 + ORDERS + order] += count;
        }
    }
    counts
}

/// BLEU, from 0 to 100, of the counts of all texts added up.
pub(crate) fn score(counts: &[f64; COUNTS]) -> f64 {
    let (written, reference) = (counts[0], counts[1]);
    let (matches, runs) = counts[2..].split_at(ORDERS);
    if matches.iter().all(|count| *count == 0.0) {
        return 0.0;
    }
    let brevity = if written < reference {
        (1.0 - reference / written).exp()
    } else {
        1.0
    };
    let (mut halves, mut logarithms) = (1.0, 0.0);
    for (matched, runs) in matches.iter().zip(runs) {
        if *runs == 0.0 {
            // No text is long enough for a run of this order, and sacrebleu's logarithm of 0 is so
            // low that nothing is left.
            return 0.0;
        }
        let precision = if *matched == 0.0 {
            halves *= 2.0;
            100.0 / (halves * runs)
        } else {
            100.0 * matched / runs
        };
        logarithms += precision.ln();
    }
    brevity * (logarithms / ORDERS as f64).exp()
}

/// The tokens of mteval-v13a, as sacrebleu's `13a`.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let line = text.trim_end_matches(is_space);
    let mut line = line
        .replace("<skipped>", "")
        .replace("-\n", "")
        .replace('\n', " ");
    for (name, mark) in [
        ("&quot;", "\""),
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
    ] {
        line = line.replace(name, mark);
    }
    let apart = set_apart(&format!(" {line} "));
    text::whitespace_tokens(&apart).map(str::to_owned).collect()
}

/// White space as Python's `str.rstrip()` sees it.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// Spaces around punctuation; those around stops, commas and dashes only where no number is meant.
fn set_apart(line: &str) -> String {
    let mut apart = String::with_capacity(2 * line.len());
    for c in line.chars() {
        match c {
            '{'..='~' | '['..='`' | ' '..='&' | '('..='+' | ':'..='@' | '/' => {
                apart.extend([' ', c, ' ']);
            }
            _ => apart.push(c),
        }
    }
    let stop = |c: char| matches!(c, '.' | ',');
    let digit = |c: char| c.is_ascii_digit();
    let after = pairs(&apart, |a, b| !digit(a) && stop(b), |a, b| [a, ' ', b, ' ']);
    let before = pairs(&after, |a, b| stop(a) && !digit(b), |a, b| [' ', a, ' ', b]);
    pairs(
        &before,
        |a, b| digit(a) && b == '-',
        |a, b| [a, ' ', b, ' '],
    )
}

/// Rewrites pairs of characters that do not overlap, from left to right, as a regular expression does.
fn pairs(
    line: &str,
    meant: impl Fn(char, char) -> bool,
    written: impl Fn(char, char) -> [char; 4],
) -> String {
    let mut rewritten = String::with_capacity(line.len() + 8);
    let mut characters = line.chars().peekable();
    while let Some(one) = characters.next() {
        match characters.next_if(|other| meant(one, *other)) {
            Some(other) => rewritten.extend(written(one, other)),
            None => rewritten.push(one),
        }
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bleu(written: &str, references: &[&str]) -> f64 {
        score(&counts(written, references).map(|count| count as f64))
    }

    #[test]
    fn tokens_are_those_of_sacrebleu() {
        // sacrebleu 2.6.0: Tokenizer13a()(line)
        let told = |line: &str| tokens(line).join(" ");
        assert_eq!(told("Hello, world."), "Hello , world .");
        assert_eq!(
            told("It's 3.5-4,000 (or so)!"),
            "It's 3.5 - 4,000 ( or so ) !"
        );
        assert_eq!(told("a.b,,c ...d"), "a . b , , c . . . d");
        assert_eq!(told("wait-\nfor &quot;it&quot;\n"), "waitfor \" it \"");
        assert_eq!(told("x-y 5-x e.g."), "x-y 5 - x e . g .");
    }

    #[test]
    fn the_same_text_is_100_and_an_unrelated_one_0() {
        assert!((bleu("the cat sat on the mat", &["the cat sat on the mat"]) - 100.0).abs() < 1e-9);
        assert_eq!(bleu("a b c d", &["e f g h"]), 0.0);
        assert_eq!(bleu("", &["a"]), 0.0);
        assert_eq!(bleu("the cat sat", &["the cat sat"]), 0.0);
    }

    #[test]
    fn a_short_text_is_smoothed_and_punished_for_brevity() {
        // 5 of 5 tokens, 3 of 4 pairs, 1 of 3, 0 of 2 → ½ · 1/2; reference 6 tokens: e^(1 − 6/5).
        let found = bleu("the cat sat the mat", &["the cat sat on the mat"]);
        let mean = (1.0f64.ln() + 0.75f64.ln() + (1.0f64 / 3.0).ln() + 0.25f64.ln()) / 4.0;
        assert!(
            (found - 100.0 * (1.0f64 - 1.2).exp() * mean.exp()).abs() < 1e-9,
            "{found}"
        );
    }

    #[test]
    fn of_several_references_the_nearest_length_and_the_most_matches_count() {
        let counts = counts("a a b", &["a c", "a a d e", "b"]);
        // Lengths 2 and 4 are equally near: the shorter. a twice in the second, b in the third.
        assert_eq!(counts, [3, 2, 3, 1, 0, 0, 3, 2, 1, 0]);
    }
}
