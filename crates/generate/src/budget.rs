//! What a run may cost, and what it has cost.

use anyhow::ensure;
use clap::Args;
use serde::Serialize;

use crate::request::Usage;

/// Tokens that prices are for.
const PRICED: f64 = 1e6;
/// Characters of a token, where tokens are only estimated.
const CHARACTERS: u64 = 4;

/// Bounds on what a run costs.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct BudgetArgs {
    /// The price of a million tokens of prompts, in any currency
    #[arg(long, value_name = "PRICE")]
    #[serde(skip)]
    pub price_in: Option<f64>,
    /// The price of a million tokens of answers, in the same currency
    #[arg(long, value_name = "PRICE")]
    #[serde(skip)]
    pub price_out: Option<f64>,
    /// Stop before a request when prompts and answers have so many tokens
    #[arg(long, value_name = "TOKENS")]
    #[serde(skip)]
    pub max_tokens_total: Option<u64>,
    /// Stop before a request when they have cost so much; needs a price
    #[arg(long, value_name = "COST")]
    #[serde(skip)]
    pub max_cost: Option<f64>,
}

/// What has been used, against what may be.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    price_in: f64,
    price_out: f64,
    most_tokens: Option<u64>,
    most_cost: Option<f64>,
    priced: bool,
    used: Usage,
}

impl Budget {
    pub(crate) fn new(args: &BudgetArgs) -> anyhow::Result<Self> {
        for (option, value) in [
            ("--price-in", args.price_in),
            ("--price-out", args.price_out),
            ("--max-cost", args.max_cost),
        ] {
            let fine = value.is_none_or(|value| value.is_finite() && value >= 0.0);
            ensure!(
                fine,
                "{option} is {}, and 0 or more is expected",
                value.unwrap_or(0.0)
            );
        }
        let priced = args.price_in.is_some() || args.price_out.is_some();
        ensure!(
            args.max_cost.is_none() || priced,
            "--max-cost needs --price-in or --price-out to know what is paid"
        );
        Ok(Self {
            price_in: args.price_in.unwrap_or(0.0),
            price_out: args.price_out.unwrap_or(0.0),
            most_tokens: args.max_tokens_total,
            most_cost: args.max_cost,
            priced,
            used: Usage::default(),
        })
    }

    /// Adds what an answer used.
    pub(crate) fn add(&mut self, usage: Usage) {
        self.used += usage;
    }

    /// What was used so far.
    pub(crate) fn used(&self) -> Usage {
        self.used
    }

    /// What so many tokens cost, where prices are known.
    pub(crate) fn cost(&self, usage: Usage) -> Option<f64> {
        let cost = usage.prompt_tokens as f64 * self.price_in
            + usage.completion_tokens as f64 * self.price_out;
        self.priced.then_some(cost / PRICED)
    }

    /// Why no further request may be made, if so.
    pub(crate) fn spent(&self) -> Option<String> {
        let tokens = self.used.total();
        if let Some(most) = self.most_tokens.filter(|most| tokens >= *most) {
            return Some(format!(
                "{tokens} tokens are used, and --max-tokens-total is {most}"
            ));
        }
        let cost = self.cost(self.used)?;
        let most = self.most_cost.filter(|most| cost >= *most)?;
        Some(format!("{cost:.4} is spent, and --max-cost is {most}"))
    }
}

/// An estimate of the tokens of a text: a quarter of its characters, rounded up.
pub(crate) fn estimated_tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(prompt_tokens: u64, completion_tokens: u64) -> Usage {
        Usage {
            prompt_tokens,
            completion_tokens,
        }
    }

    #[test]
    fn prices_are_for_a_million_tokens() {
        let mut budget = Budget::new(&BudgetArgs {
            price_in: Some(2.0),
            price_out: Some(10.0),
            max_cost: Some(0.5),
            max_tokens_total: None,
        })
        .expect("sound");
        budget.add(usage(100_000, 20_000));
        // 0.1 · 2 + 0.02 · 10
        assert_eq!(budget.cost(budget.used()), Some(0.4));
        assert_eq!(budget.spent(), None);
        budget.add(usage(50_000, 0));
        assert_eq!(
            budget.spent().as_deref(),
            Some("0.5000 is spent, and --max-cost is 0.5")
        );
    }

    #[test]
    fn a_bound_on_tokens_needs_no_price_and_one_on_cost_does() {
        let args = BudgetArgs {
            max_tokens_total: Some(10),
            ..BudgetArgs::default()
        };
        let mut budget = Budget::new(&args).expect("sound");
        budget.add(usage(4, 5));
        assert!(budget.spent().is_none() && budget.cost(budget.used()).is_none());
        budget.add(usage(0, 1));
        assert!(budget.spent().is_some());
        let args = BudgetArgs {
            max_cost: Some(1.0),
            ..BudgetArgs::default()
        };
        assert!(Budget::new(&args).is_err());
    }

    #[test]
    fn four_characters_are_about_a_token() {
        assert_eq!(
            ["", "a", "abcd", "abcde"].map(estimated_tokens),
            [0, 1, 1, 2]
        );
    }
}
