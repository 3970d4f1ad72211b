//! The one layer that repeats a request: which failures pass by themselves, how long to wait, and when to give up.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use numeric::{keyed_hash, unit_interval};

use crate::error::Error;

const ATTEMPTS: u32 = 5;
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Why one attempt did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It may pass by itself: worth another attempt, and the cache may answer in the Hub's place.
    Passing {
        error: Error,
        /// The wait that the server asked for.
        wait: Option<Duration>,
    },
    /// Another attempt would end the same way.
    Lasting(Error),
}

impl Failure {
    /// A failure that may pass, for which no server named a wait.
    pub(crate) fn passing(error: Error) -> Self {
        Self::Passing { error, wait: None }
    }

    /// The error alone, where nothing stands in for the Hub.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Passing { error, .. } | Self::Lasting(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Lasting(error)
    }
}

/// Repeats `attempt` while its failures may pass; `key` spreads the waits of those who ask at once.
#[expect(
    clippy::disallowed_methods,
    reason = "a busy server is given time, which no output shows"
)]
pub(crate) fn persist<T>(
    first_wait: Duration,
    key: &str,
    mut attempt: impl FnMut() -> Result<T, Failure>,
) -> Result<T, Failure> {
    for tried in 1..ATTEMPTS {
        match attempt() {
            Err(Failure::Passing { error, wait }) => {
                let asked = wait.unwrap_or_default();
                if asked > LONGEST_WAIT {
                    return Err(give_up(error, asked));
                }
                thread::sleep(pause(first_wait, key, tried).max(asked));
            }
            other => return other,
        }
    }
    attempt()
}

fn give_up(error: Error, asked: Duration) -> Failure {
    let seconds = asked.as_secs();
    Failure::passing(error.with_hint(format!("the server asks to come back in {seconds} s")))
}

/// Doubles with every attempt; between half and the whole of that, so that many clients do not return at once.
fn pause(first_wait: Duration, key: &str, tried: u32) -> Duration {
    let longest = (first_wait * 2_u32.pow(tried - 1)).min(LONGEST_WAIT);
    let seed = u64::from(std::process::id()) << 32 | u64::from(tried);
    longest.mul_f64(0.5 + unit_interval(keyed_hash(seed, key.as_bytes())) / 2.0)
}

/// The wait in a `Retry-After` header, which holds seconds or a date.
#[expect(
    clippy::disallowed_methods,
    reason = "a date to wait for is one on the clock"
)]
pub(crate) fn retry_after(value: &str) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    let then = seconds_of_date(value)?;
    Some(Duration::from_secs(then.saturating_sub(now)))
}

/// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that HTTP lets servers write.
fn seconds_of_date(text: &str) -> Option<u64> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let (_, rest) = text.split_once(", ")?;
    let [day, month, year, time, "GMT"] = rest.split(' ').collect::<Vec<_>>()[..] else {
        return None;
    };
    let month = MONTHS
        .as_bytes()
        .chunks(3)
        .position(|m| m == month.as_bytes())? as u64
        + 1;
    let (day, year): (u64, u64) = (day.parse().ok()?, year.parse().ok()?);
    let clock: Vec<u64> = time
        .split(':')
        .map(|n| n.parse().ok())
        .collect::<Option<_>>()?;
    let [hours, minutes, seconds] = clock[..] else {
        return None;
    };
    if !(1970..=9999).contains(&year)
        || !(1..=31).contains(&day)
        || hours > 23
        || minutes > 59
        || seconds > 60
    {
        return None;
    }
    Some(((days_before(year, month) + day - 1) * 24 + hours) * 3600 + minutes * 60 + seconds)
}

/// Days from 1970 to the first of a month, with years counted from March so that the leap day comes last.
fn days_before(year: u64, month: u64) -> u64 {
    let shifted = if month > 2 { year } else { year - 1 };
    let months = (month + 9) % 12;
    shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_in_the_headers_own_form_is_read() {
        // RFC 9110's example, 784111777 by `date -d`; then a leap day, and one second before 1970 ends.
        assert_eq!(
            seconds_of_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(784_111_777)
        );
        assert_eq!(
            seconds_of_date("Thu, 29 Feb 2024 00:00:00 GMT"),
            Some(1_709_164_800)
        );
        assert_eq!(
            seconds_of_date("Thu, 31 Dec 1970 23:59:59 GMT"),
            Some(31_535_999)
        );
        for text in [
            "",
            "soon",
            "-1",
            "Sun, 06 Nov 0000 08:49:37 GMT",
            "Sun, 06 Now 1994 08:49:37 GMT",
        ] {
            assert_eq!(seconds_of_date(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_wait_is_seconds_or_a_date_and_the_past_is_now() {
        assert_eq!(retry_after(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("-1"), None);
    }

    #[test]
    fn waits_double_and_lie_in_the_upper_half() {
        let first = Duration::from_millis(100);
        for tried in 1..ATTEMPTS {
            let longest = first * 2_u32.pow(tried - 1);
            let pause = pause(first, "a file", tried);
            assert!(
                pause >= longest / 2 && pause <= longest,
                "{tried}: {pause:?}"
            );
        }
    }

    #[test]
    fn attempts_are_bounded_and_a_lasting_failure_is_not_repeated() {
        let count = |lasting: bool| {
            let mut attempts = 0;
            let result: Result<(), Failure> = persist(Duration::ZERO, "", || {
                attempts += 1;
                let error = Error::new("no");
                Err(if lasting {
                    Failure::Lasting(error)
                } else {
                    Failure::passing(error)
                })
            });
            assert!(result.is_err());
            attempts
        };
        assert_eq!((count(false), count(true)), (5, 1));
    }

    #[test]
    fn a_wait_beyond_the_bound_ends_the_attempts() {
        let mut attempts = 0;
        let result: Result<(), Failure> = persist(Duration::ZERO, "", || {
            attempts += 1;
            let wait = Some(Duration::from_secs(1_000_000_000));
            Err(Failure::Passing {
                error: Error::new("busy"),
                wait,
            })
        });
        let error = result.expect_err("given up").into_error();
        assert_eq!(attempts, 1);
        assert_eq!(
            error.hint(),
            Some("the server asks to come back in 1000000000 s")
        );
    }
}
