//! BLEU as nltk computes it: smoothed precisions and the penalty for brevity.

/// What nltk's `method1` puts in the place of a numerator of 0.
const EPSILON: f64 = 0.1;

/// ln pₖ of a text of `length` tokens, `matched` of whose k-grams a reference has; −∞ where no
/// single token matches.
pub(crate) fn log_precision(matched: usize, length: usize, k: usize) -> f64 {
    let denominator = (length + 1).saturating_sub(k).max(1) as f64;
    match matched {
        0 if k == 1 => f64::NEG_INFINITY,
        0 => (EPSILON / denominator).ln(),
        _ => (matched as f64 / denominator).ln(),
    }
}

/// BP of a text of `length` tokens whose closest reference has `reference` tokens.
pub(crate) fn brevity_penalty(length: usize, reference: usize) -> f64 {
    match length {
        _ if length > reference => 1.0,
        0 => 0.0,
        _ => (1.0 - reference as f64 / length as f64).exp(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_common_is_smoothed_from_pairs_on() {
        assert_eq!(log_precision(0, 5, 1), f64::NEG_INFINITY);
        assert_eq!(log_precision(0, 5, 2), (0.1f64 / 4.0).ln());
        assert_eq!(log_precision(0, 1, 4), 0.1f64.ln());
        assert_eq!(log_precision(2, 5, 2), 0.5f64.ln());
    }

    #[test]
    fn only_shorter_texts_pay() {
        assert_eq!(brevity_penalty(5, 4), 1.0);
        assert_eq!(brevity_penalty(4, 4), 1.0);
        assert_eq!(brevity_penalty(2, 4), (-1.0f64).exp());
        assert_eq!(brevity_penalty(0, 4), 0.0);
    }
}
