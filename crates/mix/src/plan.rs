//! How much is taken of each source, and what is said of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::draw::{Lengths, Shortage, Taken};
use crate::units::Unit;

/// How much of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Want {
    /// Rows or tokens.
    pub(crate) amount: u64,
    /// How much of the order is left out before.
    pub(crate) after: u64,
}

impl Want {
    /// From the beginning of the order.
    pub(crate) fn first(amount: u64) -> Self {
        Self { amount, after: 0 }
    }
}

/// How much of all sources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    /// One a source, in the order of the sources.
    pub(crate) wants: Vec<Want>,
    /// The synthetic share that was asked for, where one was.
    pub(crate) proportion: Option<f64>,
}

/// What is taken of each source.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) taken: Vec<Taken>,
    pub(crate) plan: Plan,
}

impl Plan {
    /// The rows that make it up, or why there are none; `names` and `lengths` are those of the sources.
    pub(crate) fn draw(
        self,
        names: &[String],
        lengths: &[Lengths],
        unit: Unit,
        most: usize,
    ) -> Result<Drawn, String> {
        if self.wants.iter().all(|want| want.amount == 0) {
            return Err(format!("0 {unit}s are asked for", unit = unit_noun(unit)));
        }
        let mut taken = Vec::with_capacity(self.wants.len());
        for (want, (name, lengths)) in self.wants.iter().zip(names.iter().zip(lengths)) {
            let from = lengths.nearest(want.after);
            let found = lengths.take(want.amount, from, most);
            taken.push(found.map_err(|short| shortage(name, &short, unit, most))?);
        }
        Ok(Drawn { taken, plan: self })
    }
}

fn unit_noun(unit: Unit) -> &'static str {
    match unit {
        Unit::Rows => "row",
        Unit::Tokens => "token",
    }
}

fn shortage(name: &str, short: &Shortage, unit: Unit, most: usize) -> String {
    let Shortage { asked, there } = short;
    let asked = unit.of(*asked);
    if most == 1 {
        return format!("{asked} asked of --{name}, but it has {there}");
    }
    format!("{asked} asked of --{name}, but taken {most} times it has {there}")
}

impl Drawn {
    /// Rows of the mix.
    pub(crate) fn rows(&self) -> usize {
        self.taken.iter().map(Taken::rows).sum()
    }

    /// Different rows of the mix.
    pub(crate) fn chosen(&self) -> usize {
        self.taken.iter().map(Taken::chosen).sum()
    }

    /// Of each source what was asked and what became of it; `tokens` are those that were written.
    pub(crate) fn told(&self, names: &[String], tokens: Option<&[u64]>) -> Value {
        let of = |(at, (name, taken)): (usize, (&String, &Taken))| {
            let mut told = BTreeMap::from([
                ("name", Value::from(name.as_str())),
                ("asked", self.plan.wants[at].amount.into()),
                ("realised", taken.amount.into()),
                ("rows", taken.rows().into()),
                ("unique", taken.chosen().into()),
                ("repeated", (taken.rows() - taken.chosen()).into()),
            ]);
            if let Some(tokens) = tokens {
                told.insert("tokens", tokens[at].into());
            }
            json!(told)
        };
        names.iter().zip(&self.taken).enumerate().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(wants: &[u64], most: usize) -> Result<Drawn, String> {
        let plan = Plan {
            wants: wants.iter().map(|amount| Want::first(*amount)).collect(),
            proportion: None,
        };
        let names = ["real".to_owned(), "synthetic".to_owned()];
        plan.draw(
            &names,
            &[Lengths::ones(10), Lengths::ones(30)],
            Unit::Rows,
            most,
        )
    }

    #[test]
    fn a_shortage_names_what_is_asked_and_what_is_there() {
        assert_eq!(drawn(&[10, 30], 1).expect("there").rows(), 40);
        assert_eq!(
            drawn(&[10, 31], 1).expect_err("short"),
            "31 rows asked of --synthetic, but it has 30"
        );
        assert_eq!(
            drawn(&[21, 1], 2).expect_err("short"),
            "21 rows asked of --real, but taken 2 times it has 20"
        );
        assert_eq!(
            drawn(&[0, 0], 1).expect_err("nothing"),
            "0 rows are asked for"
        );
    }

    #[test]
    fn what_is_taken_again_is_counted_apart() {
        let drawn = drawn(&[15, 5], 2).expect("there");
        assert_eq!((drawn.rows(), drawn.chosen()), (20, 15));
        let told = drawn.told(
            &["real".to_owned(), "synthetic".to_owned()],
            Some(&[60, 20]),
        );
        assert_eq!(told[0]["repeated"], 5);
        assert_eq!(told[1]["tokens"], 20);
    }
}
