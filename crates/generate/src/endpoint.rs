//! A client of OpenAI-compatible servers: where they are, how many requests at once, what is sent and how answers are read.

mod address;
mod body;
mod client;
mod limiter;
mod reply;
mod retry;

pub use address::Address;
pub use body::Api;
pub(crate) use body::Body;
pub(crate) use client::{Client, Limits, Outgoing};
pub(crate) use reply::answers;

/// A message of a server as it may be shown: on one line, control characters escaped, cut after 200 characters.
fn told(text: &str) -> String {
    let one_line = text::collapse_space(text);
    let mut told: String = one_line
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect();
    if one_line.chars().nth(200).is_some() {
        told.push('…');
    }
    told
}
