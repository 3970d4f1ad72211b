//! How likely a decoder finds given texts.

use rayon::prelude::*;

use crate::Error;
use crate::decoder::Decoder;
use crate::kernels::exp::log_sum_exp;

/// Rows of logits held at a time.
const ROWS: usize = 96;

/// The loss of one sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// The sum of −ln p over the scored tokens, in nats.
    pub nll: f64,
    /// How many tokens were scored.
    pub tokens: usize,
    /// Whether every scored token was the likeliest one.
    pub greedy: bool,
}

/// Scores every token of each sequence but the first, which is context.
pub fn score(decoder: &Decoder, sequences: &[Vec<u32>]) -> Result<Vec<Scored>, Error> {
    sequences
        .par_iter()
        .map(|ids| score_from(decoder, ids, 1))
        .collect()
}

/// Scores the tokens from the `from`-th on (at least 1), given those before them.
///
/// A sequence longer than the model's positions is read in windows that do not overlap in what
/// they score; the last window reaches back as far as it can (as lm-eval's rolling likelihood).
pub fn score_from(decoder: &Decoder, ids: &[u32], from: usize) -> Result<Scored, Error> {
    let nlls = token_nlls(decoder, ids, from)?;
    Ok(Scored {
        nll: nlls.iter().map(|(nll, _)| nll).sum(),
        tokens: nlls.len(),
        greedy: nlls.iter().all(|(_, likeliest)| *likeliest),
    })
}

/// −ln p of each token from the `from`-th on, and whether it was the likeliest.
pub fn token_nlls(decoder: &Decoder, ids: &[u32], from: usize) -> Result<Vec<(f64, bool)>, Error> {
    if from == 0 {
        return Err(Error::request(
            "the first token of a sequence has no context to be scored in",
        ));
    }
    ids.chunks(decoder.config().max_position_embeddings)
        .try_for_each(|part| decoder.check_ids(part))?;
    let window = decoder.config().max_position_embeddings;
    let mut nlls = Vec::with_capacity(ids.len().saturating_sub(from));
    let mut at = from;
    while at < ids.len() {
        let to = if at <= window {
            ids.len().min(window + 1)
        } else {
            ids.len().min(at + window)
        };
        let start = (to - 1).saturating_sub(window);
        window_nlls(decoder, &ids[start..to], at - start, &mut nlls)?;
        at = to;
    }
    Ok(nlls)
}

fn window_nlls(
    decoder: &Decoder,
    ids: &[u32],
    from: usize,
    nlls: &mut Vec<(f64, bool)>,
) -> Result<(), Error> {
    let engine = decoder.engine()?;
    let context = &ids[..ids.len() - 1];
    let hidden = engine.hidden(&mut [(&mut engine.cache(context.len()), context)]);
    let dim = decoder.config().hidden_size;
    let rows = hidden[(from - 1) * dim..].chunks(ROWS * dim);
    for (rows, targets) in rows.zip(ids[from..].chunks(ROWS)) {
        let logits = engine.logits(rows);
        for (logits, target) in logits
            .chunks_exact(decoder.config().vocab_size)
            .zip(targets)
        {
            let logit = logits[*target as usize];
            let likeliest = logits.iter().all(|other| *other <= logit);
            nlls.push((log_sum_exp(logits) - f64::from(logit), likeliest));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::Config;

    fn model() -> Decoder {
        let mut config = Config::preset("tiny").expect("known");
        config.initializer_range = 0.2;
        config.max_position_embeddings = 16;
        Decoder::initialize(config, Seed::new(1)).expect("drawn")
    }

    #[test]
    fn a_score_is_the_log_softmax_of_the_logits() {
        let decoder = model();
        let ids = [3, 9, 27, 81];
        let logits = decoder.logits(&ids).expect("logits");
        let by_hand: f64 = (1..4)
            .map(|at| {
                let row: Vec<f64> = logits[(at - 1) * 320..at * 320]
                    .iter()
                    .map(|x| f64::from(*x))
                    .collect();
                numeric::log_sum_exp(&row) - row[ids[at] as usize]
            })
            .sum();
        let scored = score(&decoder, &[ids.to_vec()]).expect("scored")[0];
        assert!((scored.nll - by_hand).abs() < 1e-5 && scored.tokens == 3);
        let parts = score_from(&decoder, &ids[..3], 1).expect("scored").nll
            + score_from(&decoder, &ids, 3).expect("scored").nll;
        assert!((parts - scored.nll).abs() < 1e-9);
    }

    #[test]
    fn long_texts_are_scored_in_windows() {
        let decoder = model();
        let ids: Vec<u32> = (0..40).map(|i| i * 7 % 320).collect();
        let nlls = token_nlls(&decoder, &ids, 1).expect("scored");
        assert_eq!(nlls.len(), 39);
        // Tokens 1 to 16 in one window, 17 to 32 after token 16, 33 to 39 after tokens 23 to 32.
        assert_eq!(
            nlls[..16],
            token_nlls(&decoder, &ids[..17], 1).expect("scored")[..]
        );
        assert_eq!(
            nlls[16..32],
            token_nlls(&decoder, &ids[16..33], 1).expect("scored")[..]
        );
        assert_eq!(
            nlls[32..],
            token_nlls(&decoder, &ids[23..], 10).expect("scored")[..]
        );
    }

    #[test]
    fn a_token_without_context_cannot_be_scored() {
        assert!(score_from(&model(), &[1, 2], 0).is_err());
        assert_eq!(score(&model(), &[vec![1]]).expect("nothing")[0].tokens, 0);
    }
}
