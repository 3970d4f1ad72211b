//! Who answers: one file a backend.

mod endpoint;
mod grammar;
mod model;

use std::collections::BTreeMap;

use dataset::Input;
use serde_json::Value;

use crate::args::Args;
use crate::record::id_of_choice;
use crate::request::{Answer, Request};

/// Every backend.
static BACKENDS: &[&Kind] = &[&grammar::KIND, &model::KIND, &endpoint::KIND];

/// A kind of backend.
struct Kind {
    /// Its name, which is the option that asks for it.
    name: &'static str,
    open: fn(&Args) -> Option<Opened>,
}

/// A backend that was asked for.
type Opened = anyhow::Result<Box<dyn Backend>>;

/// A request, and what it is known by.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// A hash of all that its answers follow from.
    pub(crate) key: String,
    pub(crate) request: Request,
    /// How many answers it gets.
    pub(crate) choices: u32,
}

impl Exchange {
    /// The id of the row that one of its answers becomes.
    pub(crate) fn id(&self, choice: usize) -> String {
        id_of_choice(&self.key, choice)
    }
}

/// Takes answers as they come, each with the place of its exchange, and says whether to go on.
pub(crate) type Keep<'a> = dyn FnMut(Vec<(usize, Vec<Answer>)>) -> anyhow::Result<bool> + 'a;

/// Something that answers requests.
pub(crate) trait Backend {
    /// Answers exchanges, in any order; each answer depends on its own exchange alone.
    ///
    /// All are answered, unless `keep` says that no more are wanted.
    fn answer(&self, exchanges: &[Exchange], keep: &mut Keep<'_>) -> anyhow::Result<()>;

    /// How many exchanges to hand over at once, for the progress to move.
    fn at_once(&self) -> u64;

    /// Whether its answers are worth a journal.
    fn is_slow(&self) -> bool {
        false
    }

    /// Whether it is asked in words and answers, or continues a text.
    fn chats(&self) -> bool {
        false
    }

    /// What it was made from, for the provenance; none where that is not known.
    fn input(&self) -> Option<&Input>;

    /// The labels that it was taught to write, where it is known.
    fn labels(&self) -> &[String] {
        &[]
    }

    /// The topics that it knows of itself.
    fn topics(&self) -> Vec<String> {
        Vec::new()
    }

    /// The name of the generator.
    fn source(&self) -> String;

    /// The control of its diversity, and where it stands.
    fn knob(&self) -> (&'static str, f64);

    /// The temperature and the nucleus bound, where it has them.
    fn sampling(&self) -> Option<(f64, f64)>;

    /// All settings that its answers depend on, by name.
    fn settings(&self) -> BTreeMap<&'static str, Value>;

    /// The most tokens of an answer, where it counts them.
    fn max_new_tokens(&self) -> Option<usize> {
        None
    }

    /// Why it leaves exchanges without an answer.
    fn unanswered(&self) -> String {
        "not all requests were answered".to_owned()
    }
}

/// Hands over the answers to all exchanges at once.
fn keep_all(answers: Vec<Answer>, keep: &mut Keep<'_>) -> anyhow::Result<()> {
    let each = answers.into_iter().enumerate();
    keep(each.map(|(at, answer)| (at, vec![answer])).collect())?;
    Ok(())
}

/// The backend that the arguments ask for.
pub(crate) fn open(args: &Args) -> Opened {
    let asked = BACKENDS.iter().find_map(|kind| (kind.open)(args));
    asked.unwrap_or_else(|| {
        let options: Vec<_> = BACKENDS
            .iter()
            .map(|kind| format!("--{}", kind.name))
            .collect();
        anyhow::bail!(
            "nobody is named to write; give one of {}",
            options.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_in_the_folder_is_a_backend_of_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/backends");
        let files = std::fs::read_dir(folder).expect("the folder").map(|entry| {
            let name = entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a plain name");
            name.trim_end_matches(".rs").to_owned()
        });
        let names = BACKENDS.iter().map(|kind| kind.name.to_owned());
        assert_eq!(
            files.collect::<BTreeSet<_>>(),
            names.collect::<BTreeSet<_>>()
        );
    }
}
