//! An interrupted program takes its unfinished files away and says so by its exit code.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Watches for SIGINT, SIGTERM and SIGHUP: the exit code is 128 plus the signal's number.
pub(crate) fn watch() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM, SIGHUP]) else {
        return;
    };
    std::thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            dataset::abandon_unfinished();
            #[expect(
                clippy::exit,
                reason = "the one place that ends an interrupted program"
            )]
            std::process::exit(128 + signal);
        }
    });
}
