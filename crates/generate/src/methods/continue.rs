//! `continue`: what comes after a given prompt, one for all or each row's own.

use numeric::Seed;

use crate::args::Args;
use crate::backends::Backend;
use crate::methods::{Ask, Knob, Method, Plan, Planned};
use crate::request::{Answer, Draft, EMPTY, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "continue",
    options: &["--prompt"],
    knob: Knob::OfBackend,
    plan,
};

/// The prompts, continued in turn.
struct Continue {
    prompts: Vec<String>,
    /// The id of the row of each prompt; none where the prompt was given.
    ids: Vec<String>,
    labels: Option<Vec<String>>,
}

fn plan(args: &Args, seeds: Option<&Seeds>, _: &dyn Backend) -> Planned {
    anyhow::ensure!(
        args.backend.grammar.is_none(),
        "a grammar continues no prompt; continue needs --model"
    );
    match (&args.method.prompt, seeds) {
        (Some(prompt), _) => Ok(Box::new(Continue {
            prompts: vec![prompt.clone()],
            ids: Vec::new(),
            labels: None,
        })),
        (None, Some(seeds)) => Ok(Box::new(Continue {
            prompts: seeds.prompts()?.to_vec(),
            ids: seeds.ids().to_vec(),
            labels: seeds.labels().map(<[String]>::to_vec),
        })),
        (None, None) => anyhow::bail!("continue needs --prompt, or SEEDS with a column `prompt`"),
    }
}

impl Ask for Continue {
    fn request(&self, index: u64, seed: Seed) -> anyhow::Result<Request> {
        let turn = (index % self.prompts.len() as u64) as usize;
        Ok(Request {
            prompt: self.prompts[turn].clone(),
            parents: self.ids.get(turn).cloned().into_iter().collect(),
            label: self.labels.as_ref().map(|labels| labels[turn].clone()),
            ..Request::any(seed)
        })
    }

    /// White space at the start stays, since it may belong between prompt and text.
    fn read(&self, _request: &Request, answer: Draft) -> Answer {
        if answer.text.trim().is_empty() {
            Err(EMPTY.into())
        } else {
            Ok(answer)
        }
    }
}

impl Plan for Continue {
    fn first(&self) -> &dyn Ask {
        self
    }

    fn labels(&self) -> bool {
        self.labels.is_some()
    }

    fn prompts(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_continued_in_turn_and_their_rows_are_the_parents() {
        let [prompts, ids] = [["p", "q"], ["1", "2"]].map(|both| both.map(str::to_owned).to_vec());
        let plan = Continue {
            prompts,
            ids,
            labels: None,
        };
        let request = plan.request(3, Seed::new(1)).expect("a request");
        assert_eq!(
            (request.prompt.as_str(), request.parents),
            ("q", vec!["2".to_owned()])
        );
        assert!(!plan.labels());
    }
}
