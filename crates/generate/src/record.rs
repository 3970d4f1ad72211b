//! What is true of all rows of a run, and the id that follows from it.

use std::collections::BTreeMap;

use dataset::RowId;
use numeric::Seed;
use serde_json::{Value, json};

use crate::args::Args;
use crate::backends::Backend;
use crate::request::Request;

/// What all rows of a run share.
pub(crate) struct Record {
    pub(crate) source: String,
    pub(crate) generation: i32,
    pub(crate) level: Option<String>,
    pub(crate) knob: (&'static str, f64),
    pub(crate) sampling: Option<(f64, f64)>,
    pub(crate) method: &'static str,
    settings: BTreeMap<&'static str, Value>,
    seed: Seed,
}

impl Record {
    pub(crate) fn new(args: &Args, backend: &dyn Backend) -> Self {
        Self {
            source: args.source_name.clone().unwrap_or_else(|| backend.source()),
            generation: args.generation,
            level: args.level.clone(),
            knob: backend.knob(),
            sampling: backend.sampling(),
            method: args.method.method.0.name,
            settings: backend.settings(),
            seed: args.seed.seed,
        }
    }

    /// The seed of attempt `index`.
    pub(crate) fn sample(&self, index: u64) -> Seed {
        self.seed.child("sample", index)
    }

    /// The id of the row that attempt `index` made: a hash of all that it follows from.
    ///
    /// The request is written as JSON with its names in order, so that its bytes never vary.
    pub(crate) fn id(&self, request: &Request, index: u64) -> anyhow::Result<String> {
        let mut all = self.settings.clone();
        all.insert("method", json!(self.method));
        all.insert("seed", json!(self.seed.number()));
        all.insert("prompt", json!(request.prompt));
        all.insert("label", json!(request.label));
        all.insert("template", json!(request.template));
        all.insert("parents", json!(request.parents));
        Ok(RowId::of_sample(&serde_json::to_vec(&all)?, index).to_string())
    }
}
