//! Chooses a training set of human and synthetic rows within a budget, so that sets of different shares stay comparable.
//!
//! Each source has one order that follows from the seed alone, and a mix takes its first rows: as
//! the synthetic share rises, the synthetic part grows and never loses a row, and with a fixed
//! total the human part shrinks and never gains one.

mod arguments;
mod arrange;
mod designs;
mod draw;
mod mixing;
mod order;
mod output;
mod plan;
mod pool;
mod protocols;
mod ratio;
mod request;
mod sources;
mod units;

use cli::{Console, Outcome, Stage};
use dataset::columns;

pub use arguments::Args;
pub use arrange::Arrangement;
pub use protocols::Protocol;
pub use ratio::Ratio;
pub use sources::Named;
pub use units::{Tokenizer, Unit};

use mixing::Mixing;
use request::Request;

/// What `mix` does to columns.
pub const STAGE: Stage = Stage {
    name: "mix",
    reads: &[&columns::ID],
    adds: &[&columns::SOURCE, &columns::REPEAT],
};

/// Runs the stage; mixes that cannot be filled exactly are not written, none of several.
pub fn run(args: &Args, console: &Console) -> anyhow::Result<Outcome> {
    let request = Request::of(args)?;
    let mixing = Mixing::read(args, &request)?;
    let mut drawn = Vec::new();
    for target in &request.targets {
        match mixing.draw(target)? {
            Ok(mix) => drawn.push((target, mix)),
            Err(shortage) => {
                console.warn(format!("{shortage}; nothing was written"));
                return Ok(Outcome::No);
            }
        }
    }
    mixing.refuse_shared_rows()?;
    for (target, mix) in &drawn {
        let said = mixing.write(target, mix)?;
        if drawn.len() == 1 {
            console.close(said);
        } else {
            console.close(format!("{}: {said}", target.sink));
        }
    }
    Ok(Outcome::Done)
}
