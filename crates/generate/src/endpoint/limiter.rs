//! How many requests are under way at once: one more after each success, half as many when the server says that it is too much.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Requests under way at the beginning.
const FIRST: f64 = 4.0;

/// The number of requests that may be under way (additive increase, multiplicative decrease).
#[derive(Debug)]
pub(super) struct Limiter {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    allowed: f64,
    most: f64,
    under_way: usize,
    /// Nothing is sent before this moment.
    not_before: Option<Instant>,
    /// How often the server said that it was too much.
    epoch: u64,
}

/// Leave to have one request under way; it was given in this epoch.
#[derive(Debug)]
pub(super) struct Leave(u64);

/// How a request ended, as far as the limiter minds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It was answered.
    Fine,
    /// It was too much; nothing is to be sent for so long.
    TooMuch(Duration),
    /// Anything else.
    Otherwise,
}

impl Limiter {
    /// A limiter that never allows more than `most` at once.
    pub(super) fn new(most: usize) -> Self {
        let most = most.max(1) as f64;
        Self {
            state: Mutex::new(State {
                allowed: FIRST.min(most),
                most,
                under_way: 0,
                not_before: None,
                epoch: 0,
            }),
            changed: Condvar::new(),
        }
    }

    /// Waits until one more request may be sent.
    pub(super) fn enter(&self) -> Leave {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let wait = state
                .not_before
                .and_then(|at| at.checked_duration_since(now));
            let wait = wait.filter(|wait| !wait.is_zero());
            if wait.is_none() && state.under_way < state.allowed as usize {
                state.under_way += 1;
                return Leave(state.epoch);
            }
            state = match wait {
                Some(wait) => {
                    let waited = self.changed.wait_timeout(state, wait);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }

    /// Tells how the request ended that was let in with this leave.
    pub(super) fn end(&self, leave: &Leave, ended: Ended) {
        self.lock().end(leave.0, ended, Instant::now());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, epoch: u64, ended: Ended, now: Instant) {
        self.under_way -= 1;
        match ended {
            Ended::Fine => self.allowed = (self.allowed + 1.0 / self.allowed).min(self.most),
            Ended::TooMuch(pause) => {
                // All that were under way together are told so together: that counts once.
                if epoch == self.epoch {
                    self.allowed = (self.allowed / 2.0).max(1.0);
                    self.epoch += 1;
                }
                let until = now + pause;
                self.not_before = Some(self.not_before.map_or(until, |at| at.max(until)));
            }
            Ended::Otherwise => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successes_add_one_a_round_and_a_refusal_halves_once_however_many_are_told() {
        let limiter = Limiter::new(64);
        let now = Instant::now();
        let mut state = limiter.lock();
        state.under_way = 8;
        for _ in 0..4 {
            state.end(0, Ended::Fine, now);
        }
        assert!((state.allowed - 4.9).abs() < 0.1, "{}", state.allowed);
        for _ in 0..3 {
            state.end(0, Ended::TooMuch(Duration::ZERO), now);
        }
        assert!((state.allowed - 2.45).abs() < 0.1, "{}", state.allowed);
        state.end(1, Ended::TooMuch(Duration::ZERO), now);
        assert!((state.allowed - 1.2).abs() < 0.1, "{}", state.allowed);
        assert_eq!(state.under_way, 0);
    }

    #[test]
    fn it_never_falls_below_one_nor_grows_beyond_the_most() {
        let limiter = Limiter::new(2);
        let now = Instant::now();
        let mut state = limiter.lock();
        state.under_way = 20;
        for epoch in 0..10 {
            state.end(epoch, Ended::TooMuch(Duration::ZERO), now);
        }
        assert!((state.allowed - 1.0).abs() < f64::EPSILON);
        for _ in 0..10 {
            state.end(0, Ended::Fine, now);
        }
        assert!((state.allowed - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_longest_pause_asked_for_holds() {
        let limiter = Limiter::new(2);
        let now = Instant::now();
        let mut state = limiter.lock();
        state.under_way = 2;
        state.end(0, Ended::TooMuch(Duration::from_secs(9)), now);
        state.end(0, Ended::TooMuch(Duration::from_secs(1)), now);
        assert_eq!(state.not_before, Some(now + Duration::from_secs(9)));
    }
}
