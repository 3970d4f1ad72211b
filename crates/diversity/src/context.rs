//! What a measure is handed beside the set: the seed, and what other measures of the set have found.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use numeric::Seed;

/// What holds for all measures of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What random choices follow from.
    pub seed: Seed,
}

impl Options {
    /// These options.
    pub const fn new(seed: Seed) -> Self {
        Self { seed }
    }
}

/// What the measures of one set, or of one pair of sets, are handed beside it.
#[derive(Debug)]
pub struct Context {
    seed: Seed,
    replicate: bool,
    memo: Mutex<BTreeMap<&'static str, Arc<dyn Any + Send + Sync>>>,
}

impl Context {
    /// The context of a set that is measured for its own sake.
    pub fn new(options: &Options) -> Self {
        Self {
            seed: options.seed,
            replicate: false,
            memo: Mutex::default(),
        }
    }

    /// The context of a part of a set, measured for an interval alone.
    pub fn of_replicate(options: &Options) -> Self {
        let replicate = true;
        Self {
            replicate,
            ..Self::new(options)
        }
    }

    /// What random choices follow from; draw from a stream that is named after the purpose.
    pub const fn seed(&self) -> Seed {
        self.seed
    }

    /// Whether only the value is wanted, since the set is a part of the one that is asked about:
    /// tests and other details need not be computed.
    pub const fn is_replicate(&self) -> bool {
        self.replicate
    }

    /// What `make` finds of the set, made once for all measures that ask under this `key`.
    ///
    /// One key is one type and one meaning, all parameters included.
    pub fn shared<T: Any + Send + Sync>(
        &self,
        key: &'static str,
        make: impl FnOnce() -> T,
    ) -> Arc<T> {
        let memo = || self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        let known = memo().get(key).cloned();
        if let Some(known) = known.and_then(|known| known.downcast().ok()) {
            return known;
        }
        let made = Arc::new(make());
        memo().insert(key, made.clone());
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_is_made_once() {
        let context = Context::new(&Options::new(Seed::new(1)));
        assert_eq!(*context.shared("length", || 7), 7);
        assert_eq!(*context.shared("length", || 8), 7);
        assert_eq!(*context.shared("width", || 8), 8);
        assert!(!context.is_replicate());
    }
}
