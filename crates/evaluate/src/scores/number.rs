//! The number that an answer ends with, where what counts is the result and not the way there.
//!
//! As the answers of GSM8K are read (Cobbe et al. 2021, "Training verifiers to solve math word
//! problems", section 2): what stands after `####`, and where there is no such mark, the last
//! number; commas between digits and signs of currency do not count.

/// What marks the result in the references of GSM8K.
const MARK: &str = "####";

/// The number that `text` ends with; `None` where it holds none.
pub(crate) fn last_number(text: &str) -> Option<f64> {
    let after = text.rsplit_once(MARK).map_or(text, |(_, after)| after);
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let last = after.rfind(|c: char| c.is_ascii_digit())?;
    let start = after[..last]
        .char_indices()
        .rev()
        .find(|(_, c)| !is_part(*c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    let digits: String = after[start..=last].chars().filter(|c| *c != ',').collect();
    let before = after[..start].trim_end_matches('$');
    let negative = before
        .strip_suffix(['-', '\u{2212}'])
        .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric()));
    let number: f64 = digits.parse().ok()?;
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_counts_however_it_is_written() {
        assert_eq!(last_number("so 3 + 4 = 7."), Some(7.0));
        assert_eq!(last_number("it costs $1,234.50 in all"), Some(1234.5));
        assert_eq!(last_number("9 apples #### -12"), Some(-12.0));
        assert_eq!(last_number("5-3"), Some(3.0));
        assert_eq!(last_number("owes -$7"), Some(-7.0));
        assert_eq!(last_number("\u{2212}2"), Some(-2.0));
    }

    #[test]
    fn what_is_no_number_is_none() {
        assert_eq!(last_number("none"), None);
        assert_eq!(last_number("1 #### none"), None);
        assert_eq!(last_number("1.2.3"), None);
    }
}
