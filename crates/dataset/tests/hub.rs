//! What the Hub's client does with good and bad answers, shown against a server on loopback.

#[path = "hub/cache.rs"]
mod cache;
#[path = "hub/conversion.rs"]
mod conversion;
#[path = "hub/credentials.rs"]
mod credentials;
#[path = "hub/damage.rs"]
mod damage;
#[path = "hub/place.rs"]
mod place;
#[path = "hub/resume.rs"]
mod resume;
#[path = "hub/server.rs"]
#[expect(unreachable_pub, reason = "a module of one test binary")]
mod server;
#[path = "hub/trouble.rs"]
mod trouble;
