//! Who answers: one file a backend.

mod grammar;
mod model;

use std::collections::BTreeMap;

use dataset::Input;
use serde_json::Value;

use crate::args::Args;
use crate::request::{Answer, Request};

/// Every backend.
static BACKENDS: &[&Kind] = &[&grammar::KIND, &model::KIND];

/// A kind of backend.
struct Kind {
    /// Its name, which is the option that asks for it.
    name: &'static str,
    open: fn(&Args) -> Option<Opened>,
}

/// A backend that was asked for.
type Opened = anyhow::Result<Box<dyn Backend>>;

/// Something that answers requests.
pub(crate) trait Backend {
    /// An answer to every request, in order; each depends on its own request alone.
    fn answer(&self, requests: &[Request]) -> anyhow::Result<Vec<Answer>>;

    /// How many requests to hand over at once, for the progress to move.
    fn at_once(&self) -> u64;

    /// Whether its answers are worth a journal.
    fn is_slow(&self) -> bool {
        false
    }

    /// What it was made from, for the provenance.
    fn input(&self) -> &Input;

    /// The labels that it was taught to write, where it is known.
    fn labels(&self) -> &[String] {
        &[]
    }

    /// The name of the generator.
    fn source(&self) -> String;

    /// The control of its diversity, and where it stands.
    fn knob(&self) -> (&'static str, f64);

    /// The temperature and the nucleus bound, where it has them.
    fn sampling(&self) -> Option<(f64, f64)>;

    /// All settings that its answers depend on, by name.
    fn settings(&self) -> BTreeMap<&'static str, Value>;
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
