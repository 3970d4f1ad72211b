//! Prompts that begin alike are read once: the keys and values of what they share are copied.

use crate::engine::{Cache, Engine};

/// Shared tokens from which a copy is worth its while.
const WORTH: usize = 16;
/// Tokens from which a prompt is read by itself, so that the next ones can copy from it.
const ALONE: usize = 32;

/// What was read of a sequence: the tokens and their keys and values.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) prompt: &'a [u32],
    pub(super) cache: &'a Cache,
}

/// A cache for `capacity` tokens that has read as much of the prompt as pays, but not its last token.
///
/// Every number is the same whoever computed it and with whom, so nothing shows in the texts.
pub(super) fn begin<'a>(
    engine: &Engine,
    prompt: &[u32],
    capacity: usize,
    known: impl Iterator<Item = Known<'a>>,
) -> Cache {
    let context = &prompt[..prompt.len() - 1];
    let shared = |known: &Known<'_>| {
        let pairs = known.prompt.iter().zip(context);
        let alike = pairs.take_while(|(a, b)| a == b).count();
        alike.min(known.cache.length())
    };
    let best = known
        .map(|known| (shared(&known), known.cache))
        .max_by_key(|(alike, _)| *alike);
    let mut cache = match best {
        Some((alike, other)) if alike >= WORTH => engine.cache_like(other, alike, capacity),
        _ => engine.cache(capacity),
    };
    let left = &context[cache.length()..];
    if left.len() >= ALONE {
        engine.hidden(&mut [(&mut cache, left)]);
    }
    cache
}

#[cfg(test)]
mod tests {
    use numeric::Seed;

    use super::*;
    use crate::{Config, Decoder};

    #[test]
    fn a_copied_beginning_gives_the_same_numbers() {
        let decoder = Decoder::initialize(Config::preset("tiny").expect("known"), Seed::new(2))
            .expect("drawn");
        let engine = decoder.engine().expect("packed");
        let first: Vec<u32> = (0..60).collect();
        let second: Vec<u32> = (0..40).chain(200..220).collect();
        let cache = begin(engine, &first, 70, std::iter::empty());
        assert_eq!(cache.length(), 59);
        let known = Known {
            prompt: &first,
            cache: &cache,
        };
        let mut copied = begin(engine, &second, 80, std::iter::once(known));
        // 19 tokens are left after the 40 shared ones: too few to be read alone.
        assert_eq!(copied.length(), 40);
        let rest = engine.hidden(&mut [(&mut copied, &second[40..])]);
        let whole = engine.hidden(&mut [(&mut engine.cache(60), &second)]);
        assert_eq!(rest, whole[40 * 32..]);
        let short = begin(engine, &first[..9], 20, std::iter::once(known));
        assert_eq!(short.length(), 0);
    }
}
