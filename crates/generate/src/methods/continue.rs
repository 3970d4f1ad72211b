//! `continue`: what comes after a given prompt, one for all or each row's own.

use numeric::Seed;

use crate::args::Args;
use crate::methods::{Method, Plan, Planned};
use crate::request::{Answer, Draft, EMPTY, Request};
use crate::seeds::Seeds;

pub(super) static METHOD: Method = Method {
    name: "continue",
    plan,
};

/// The prompts, continued in turn.
struct Continue {
    prompts: Vec<String>,
    /// The id of the row of each prompt; none where the prompt was given.
    ids: Vec<String>,
    labels: Option<Vec<String>>,
}

fn plan(args: &Args, seeds: Option<&Seeds>) -> Planned {
    anyhow::ensure!(
        args.backend.grammar.is_none(),
        "a grammar continues no prompt; continue needs --model"
    );
    anyhow::ensure!(
        args.method.labels.is_empty(),
        "continue takes the labels of its SEEDS, not --labels"
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

impl Plan for Continue {
    fn request(&self, index: u64, seed: Seed) -> Request {
        let turn = (index % self.prompts.len() as u64) as usize;
        Request {
            prompt: self.prompts[turn].clone(),
            parents: self.ids.get(turn).cloned().into_iter().collect(),
            label: self.labels.as_ref().map(|labels| labels[turn].clone()),
            ..Request::any(seed)
        }
    }

    /// White space at the start stays, since it may belong between prompt and text.
    fn read(&self, _request: &Request, answer: Draft) -> Answer {
        if answer.text.trim().is_empty() {
            Err(EMPTY)
        } else {
            Ok(answer)
        }
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
        let request = plan.request(3, Seed::new(1));
        assert_eq!(
            (request.prompt.as_str(), request.parents),
            ("q", vec!["2".to_owned()])
        );
        assert!(!plan.labels());
    }
}
