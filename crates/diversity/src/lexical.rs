//! What several lexical metrics share: frequency spectra, and where a token occurred before.

use std::sync::Arc;

use text::Spectrum;

use crate::{Context, Texts};

/// How often tokens occur, counted once for all metrics of a set.
pub(crate) fn spectrum(texts: &Texts<'_>, context: &Context) -> Arc<Spectrum> {
    context.shared("spectrum of tokens", || {
        Spectrum::new(texts.tokens().ngrams(1))
    })
}

/// How often pairs of successive tokens occur, counted once for all metrics of a set.
pub(crate) fn spectrum_of_pairs(texts: &Texts<'_>, context: &Context) -> Arc<Spectrum> {
    context.shared("spectrum of pairs", || {
        Spectrum::new(texts.tokens().ngrams(2))
    })
}

/// For each token the place of the same token before it, plus 1; 0 where there is none.
///
/// `tokens` are ids below `kinds`. A token is new in a window that starts at `s` if and only if its
/// number is at most `s`.
pub(crate) fn previous_places(tokens: &[u32], kinds: usize) -> Vec<u32> {
    let mut last = vec![0; kinds];
    let place = |(at, token): (usize, &u32)| {
        let next = u32::try_from(at + 1).expect("fewer tokens than 2^32");
        std::mem::replace(&mut last[*token as usize], next)
    };
    tokens.iter().enumerate().map(place).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use numeric::Seed;
    use text::Tokenizer;

    use crate::{Context, MeasureError, Metric, Options, Set};

    /// The value of a metric of texts, cut at white space.
    pub(crate) fn value(metric: &Metric, texts: &[&str]) -> Result<f64, MeasureError> {
        let context = Context::new(&Options::new(Seed::new(1)));
        let set = Set::of_texts(texts, Tokenizer::Whitespace);
        metric.measure(&set, &context).map(|figure| figure.value)
    }

    pub(crate) fn assert_close(found: Result<f64, MeasureError>, expected: f64, relative: f64) {
        let found = found.expect("a value");
        let error = (found - expected).abs() / expected.abs();
        assert!(error <= relative, "{found} is not {expected}: {error:e}");
    }

    pub(crate) fn assert_refused(metric: &Metric, texts: &[&str], begins: &str) {
        let error = value(metric, texts).expect_err(metric.name).to_string();
        assert!(error.starts_with(begins), "{}: {error}", metric.name);
    }

    #[test]
    fn a_place_is_one_behind_the_same_token_before() {
        assert_eq!(previous_places(&[0, 1, 0, 0, 1], 2), [0, 0, 1, 3, 2]);
    }
}
