//! When a request is sent again: how long to wait, and which answers are final.

use std::time::Duration;

use reqwest::StatusCode;

/// The first wait, doubled each time.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait that is of our own choosing.
const LONGEST: Duration = Duration::from_secs(30);
/// The longest wait that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(5);

/// Whether the same request may be answered another time.
pub(super) fn may_pass(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 409 | 425 | 429)
}

/// Whether the server says that it is asked too much.
pub(super) fn is_too_much(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 503)
}

/// How long to wait before try `tries` + 1: doubled each time, and from half of it to the whole of
/// it as `jitter`, 0 to 1, says; at least as long as the server asks for.
pub(super) fn wait(tries: u32, jitter: f64, asked: Option<Duration>) -> Duration {
    let grown = FIRST.saturating_mul(1 << tries.min(10)).min(LONGEST);
    let own = grown.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
    asked.map_or(own, |asked| asked.min(LONGEST_ASKED).max(own.min(FIRST)))
}

/// What the header `Retry-After` asks for, where it is a number of seconds.
///
/// It may be a date too; that would need the clocks of both machines to agree, and the own wait is taken.
pub(super) fn asked(header: Option<&str>) -> Option<Duration> {
    let seconds: f64 = header?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_jitter_takes_up_to_half() {
        let whole: Vec<_> = (0..9)
            .map(|tries| wait(tries, 1.0, None).as_millis())
            .collect();
        assert_eq!(
            whole,
            [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]
        );
        assert_eq!(wait(1, 0.0, None).as_millis(), 500);
        assert_eq!(wait(40, 1.0, None), LONGEST);
    }

    #[test]
    fn a_server_is_waited_for_as_long_as_it_asks_within_a_bound() {
        assert_eq!(asked(Some(" 7 ")), Some(Duration::from_secs(7)));
        assert_eq!(asked(Some("0.5")), Some(Duration::from_millis(500)));
        assert_eq!(asked(Some("-1")), None);
        assert_eq!(asked(Some("Wed, 21 Oct 2026 07:28:00 GMT")), None);
        assert_eq!(
            wait(0, 1.0, Some(Duration::from_secs(7))),
            Duration::from_secs(7)
        );
        assert_eq!(wait(0, 1.0, Some(Duration::from_secs(9999))), LONGEST_ASKED);
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let again = [408, 409, 425, 429, 500, 502, 503, 529];
        let finally = [301, 400, 401, 403, 404, 413, 422];
        let may = |code: &u16| may_pass(StatusCode::from_u16(*code).expect("a code"));
        assert!(again.iter().all(may));
        assert!(!finally.iter().any(may));
    }
}
