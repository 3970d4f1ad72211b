//! What is true of all rows of a run, and the ids that follow from it.

use std::collections::BTreeMap;

use dataset::RowId;
use numeric::Seed;
use serde_json::{Value, json};

use crate::args::Args;
use crate::backends::Backend;
use crate::methods::Plan;
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
    pub(crate) fn new(args: &Args, backend: &dyn Backend, plan: &dyn Plan) -> Self {
        Self {
            source: args.source_name.clone().unwrap_or_else(|| backend.source()),
            generation: args.generation,
            level: args.level.clone(),
            knob: plan.knob().unwrap_or_else(|| backend.knob()),
            sampling: backend.sampling(),
            method: args.method.method.0.name,
            settings: backend.settings(),
            seed: args.seed.seed,
        }
    }

    /// The seed of attempt `index` in this phase.
    pub(crate) fn sample(&self, phase: &str, index: u64) -> Seed {
        self.seed.child(phase, index)
    }

    /// What attempt `index` is known by: a hash of all that its answer follows from.
    ///
    /// The request is written as JSON with its names in order, so that its bytes never vary.
    pub(crate) fn key(&self, phase: &str, request: &Request, index: u64) -> anyhow::Result<String> {
        let mut all = self.settings.clone();
        all.insert("method", json!(self.method));
        all.insert("seed", json!(self.seed.number()));
        all.insert("prompt", json!(request.prompt));
        all.insert("label", json!(request.label));
        all.insert("template", json!(request.template));
        all.insert("parents", json!(request.parents));
        if phase != SAMPLE {
            all.insert("phase", json!(phase));
        }
        if let Some(topic) = &request.topic {
            all.insert("topic", json!(topic));
        }
        Ok(RowId::of_sample(&serde_json::to_vec(&all)?, index).to_string())
    }
}

/// The phase in which rows are written where there is no other.
pub(crate) const SAMPLE: &str = "sample";

/// The id of the row that a choice of an exchange became; the first has the key of the exchange.
pub(crate) fn id_of_choice(key: &str, choice: usize) -> String {
    if choice == 0 {
        return key.to_owned();
    }
    RowId::of_sample(key.as_bytes(), choice as u64).to_string()
}
