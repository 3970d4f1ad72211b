//! How likely a decoder finds one target after its context, and whether it would have written it.
//!
//! As lm-evaluation-harness' tasks of the type `loglikelihood`, such as LAMBADA.

use cli::Console;
use dataset::columns;

use super::Asked;
use crate::form::Form;
use crate::predictions::{Said, flags, floats, tokens};
use crate::reader::Reader;

/// The losses of the targets.
pub(super) fn ask(reader: &Reader, asked: &Asked<'_>, console: &Console) -> anyhow::Result<Said> {
    let pairs = asked.each(|doc| {
        let target = asked.templates.text(&asked.spec.target, doc)?;
        reader.pair(&asked.context(doc)?, &target)
    })?;
    let scored = reader.score(&pairs, console)?;
    let columns = vec![
        ("nll_nats", floats(scored.iter().map(|scored| scored.nll))),
        (
            columns::N_TOKENS.name,
            tokens(scored.iter().map(|scored| scored.tokens)),
        ),
        ("correct", flags(scored.iter().map(|scored| scored.greedy))),
    ];
    Ok(Said {
        rows: (0..pairs.len()).collect(),
        task: Form::Loglikelihood.name().to_owned(),
        form: Form::Loglikelihood,
        condition: None,
        columns,
    })
}
