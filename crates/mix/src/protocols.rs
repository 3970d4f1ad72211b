//! What the next model of a collapse loop is trained on: human rows and those of the generations so far.
//!
//! Sources are the human rows R and the generations S_1 … S_t, oldest first; N is --total, by
//! default as much as R has, and k is --keep.

use clap::ValueEnum;
use numeric::Share;
use serde::Serialize;

use crate::order::apportioned;
use crate::plan::{Plan, Want};

/// A rule from the generations to how much of each is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// N of S_t (Shumailov et al. 2023).
    Replace,
    /// k N of R, the same in every generation, and (1 − k) N of S_t (Shumailov et al. 2023).
    KeepReal,
    /// All of R, and N of S_t (Alemohammad et al. 2023).
    Augment,
    /// All of R and of every generation (Gerstgrasser et al. 2024).
    Accumulate,
    /// N of R and all generations together, each as its size has it (Kazdan et al. 2024).
    AccumulateSubsample,
    /// k N of R that no generation before had, and (1 − k) N of S_t (Alemohammad et al. 2023).
    Fresh,
    /// N of R and all generations, of each as much (Briesch et al. 2023).
    Balanced,
}

impl Protocol {
    /// How much of R and of each generation; `sizes` are theirs, `total` and `keep` as asked.
    pub(crate) fn plan(
        self,
        sizes: &[u64],
        total: Option<u64>,
        keep: Option<Share>,
    ) -> anyhow::Result<Plan> {
        let keeps = matches!(self, Self::KeepReal | Self::Fresh);
        let name = self.name();
        anyhow::ensure!(
            keeps || keep.is_none(),
            "--keep means nothing to the protocol {name}"
        );
        anyhow::ensure!(
            total.is_none() || self != Self::Accumulate,
            "--total means nothing to the protocol {name}, which takes all rows"
        );
        anyhow::ensure!(
            !keeps || keep.is_some(),
            "the protocol {name} needs --keep, the human share"
        );
        let total = total.unwrap_or(sizes[0]);
        let human = keep.map_or(0, |keep| keep.of(total as usize) as u64);
        let wants = self.wants(sizes, total, human);
        let all: u64 = wants.iter().map(|want| want.amount).sum();
        let proportion = (all > 0).then(|| 1.0 - wants[0].amount as f64 / all as f64);
        Ok(Plan { wants, proportion })
    }

    fn wants(self, sizes: &[u64], total: u64, human: u64) -> Vec<Want> {
        let last = sizes.len() - 1;
        let mut wants = vec![Want::default(); sizes.len()];
        let evenly = |weights: &[f64]| -> Vec<Want> {
            let given = apportioned(weights, total);
            given.into_iter().map(Want::first).collect()
        };
        match self {
            Self::Replace => wants[last] = Want::first(total),
            Self::KeepReal => {
                wants[0] = Want::first(human);
                wants[last] = Want::first(total - human);
            }
            Self::Augment => {
                wants[0] = Want::first(sizes[0]);
                wants[last] = Want::first(total);
            }
            Self::Accumulate => return sizes.iter().map(|size| Want::first(*size)).collect(),
            Self::AccumulateSubsample => {
                return evenly(&sizes.iter().map(|size| *size as f64).collect::<Vec<_>>());
            }
            Self::Fresh => {
                wants[0] = Want {
                    amount: human,
                    // The first model was trained on the first N; each generation after it has k N more.
                    after: total + human * (last as u64 - 1),
                };
                wants[last] = Want::first(total - human);
            }
            Self::Balanced => return evenly(&vec![1.0; sizes.len()]),
        }
        wants
    }

    fn name(self) -> String {
        let name = self.to_possible_value();
        name.map_or_else(String::new, |name| name.get_name().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(protocol: Protocol, sizes: &[u64], keep: Option<&str>) -> Vec<u64> {
        let keep = keep.map(|keep| keep.parse().expect("a share"));
        let total = (protocol != Protocol::Accumulate).then_some(100);
        let plan = protocol.plan(sizes, total, keep).expect("a plan");
        plan.wants.iter().map(|want| want.amount).collect()
    }

    #[test]
    fn each_protocol_takes_what_its_paper_says() {
        let sizes = [400, 100, 100];
        assert_eq!(amounts(Protocol::Replace, &sizes, None), [0, 0, 100]);
        assert_eq!(
            amounts(Protocol::KeepReal, &sizes, Some("0.1")),
            [10, 0, 90]
        );
        assert_eq!(amounts(Protocol::Augment, &sizes, None), [400, 0, 100]);
        assert_eq!(amounts(Protocol::Accumulate, &sizes, None), [400, 100, 100]);
        // 4 : 1 : 1 of 100 is 66.7, 16.7, 16.7; Sainte-Laguë gives the last seat to one of the smaller.
        assert_eq!(
            amounts(Protocol::AccumulateSubsample, &sizes, None),
            [66, 17, 17]
        );
        assert_eq!(amounts(Protocol::Balanced, &sizes, None), [34, 33, 33]);
    }

    #[test]
    fn fresh_human_rows_are_those_that_no_generation_had() {
        let keep = "0.5".parse().ok();
        let plan = |generations: usize| {
            let sizes = [vec![400], vec![100; generations]].concat();
            Protocol::Fresh
                .plan(&sizes, Some(100), keep)
                .expect("a plan")
                .wants[0]
        };
        assert_eq!(
            plan(1),
            Want {
                amount: 50,
                after: 100
            }
        );
        assert_eq!(
            plan(2),
            Want {
                amount: 50,
                after: 150
            }
        );
    }

    #[test]
    fn what_a_protocol_needs_and_what_means_nothing_to_it_are_named() {
        let error = Protocol::Fresh
            .plan(&[1, 1], None, None)
            .expect_err("no --keep");
        assert_eq!(
            error.to_string(),
            "the protocol fresh needs --keep, the human share"
        );
        let keep = "0.5".parse().ok();
        let error = Protocol::KeepReal.plan(&[1, 1], None, keep).map(|_| ());
        assert!(error.is_ok());
        let error = Protocol::Replace
            .plan(&[1, 1], None, keep)
            .expect_err("--keep");
        assert_eq!(
            error.to_string(),
            "--keep means nothing to the protocol replace"
        );
    }
}
