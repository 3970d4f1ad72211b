//! Numbers as people read them: as many digits as the interval allows, and no more.

/// The minus sign of typography, as wide as a digit.
const MINUS: &str = "\u{2212}";

/// The decimals that show a half-width of `half` in two digits.
pub(crate) fn decimals_of_half_width(half: f64) -> usize {
    if half > 0.0 && half.is_finite() {
        (1.0 - half.log10().floor()).clamp(0.0, 6.0) as usize
    } else {
        0
    }
}

/// The decimals that show `value` in four digits.
pub(crate) fn decimals_of_value(value: f64) -> usize {
    if value == 0.0 || !value.is_finite() {
        0
    } else {
        (3.0 - value.abs().log10().floor()).clamp(0.0, 6.0) as usize
    }
}

/// `value` with this many decimals; very large and very small ones by powers of ten.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let size = value.abs();
    let text = if size >= 1e7 || (value != 0.0 && size < 1e-5) {
        format!("{value:.2e}")
    } else {
        format!("{value:.decimals$}")
    };
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|digit| matches!(digit, '0' | '.')) => digits.to_owned(),
        _ => text.replace('-', MINUS),
    }
}

/// `value` in four digits, zeros at its end left out.
pub(crate) fn short(value: f64) -> String {
    let text = fixed(value, decimals_of_value(value));
    if text.contains('.') && !text.contains('e') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// `value` with its sign, also where it is positive.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    if value > 0.0 {
        format!("+{text}")
    } else {
        text
    }
}

/// A p-value; one below a thousandth is only said to be so.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else {
        fixed(p, 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_shown_in_two_digits_of_its_half_width() {
        let decimals = [0.012, 0.12, 1.2, 12.0, 0.0].map(decimals_of_half_width);
        assert_eq!(decimals, [3, 2, 1, 0, 0]);
    }

    #[test]
    fn numbers_are_short_and_lose_nothing_that_matters() {
        let told = [0.812_345, 100.0, 0.0, -0.25, 1.2e-7, 3e9, 12_345.6].map(short);
        assert_eq!(
            told,
            [
                "0.8123",
                "100",
                "0",
                "\u{2212}0.25",
                "1.20e\u{2212}7",
                "3.00e9",
                "12346"
            ]
        );
    }

    #[test]
    fn there_is_no_negative_zero() {
        assert_eq!(fixed(-0.000_1, 2), "0.00");
        assert_eq!(
            [signed(0.5, 1), signed(-0.5, 1), signed(0.0, 1)],
            ["+0.5", "\u{2212}0.5", "0.0"]
        );
    }
}
