//! The rules by which rows are dropped, one file each; a rule judges what the rules before it kept.

mod against;
mod c4;
mod characters;
mod condition;
mod exact_duplicate;
mod fineweb;
mod gopher_quality;
mod gopher_repetition;
mod in_grammar;
mod length;
mod limit;
mod near_duplicate;
mod null_text;
mod pii;
mod refusal;
mod select;

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};
use serde::Serialize;

use crate::judging::{Files, Judge};

/// The options of every rule.
#[derive(clap::Args, Clone, Debug, Default, Serialize)]
struct Options {
    /// Bounds on the length.
    #[command(flatten)]
    #[serde(flatten)]
    length: length::Length,
    /// Shares of kinds of characters.
    #[command(flatten)]
    #[serde(flatten)]
    characters: characters::Characters,
    /// Whether a text reads like prose.
    #[command(flatten)]
    #[serde(flatten)]
    gopher_quality: gopher_quality::GopherQuality,
    /// Whether a text repeats itself.
    #[command(flatten)]
    #[serde(flatten)]
    gopher_repetition: gopher_repetition::GopherRepetition,
    /// Whether a text has sentences.
    #[command(flatten)]
    #[serde(flatten)]
    c4: c4::C4,
    /// Whether lines are those of a text.
    #[command(flatten)]
    #[serde(flatten)]
    fineweb: fineweb::Fineweb,
    /// Whether a model declined.
    #[command(flatten)]
    #[serde(flatten)]
    refusal: refusal::Refusal,
    /// What belongs to a person.
    #[command(flatten)]
    #[serde(flatten)]
    pii: pii::Pii,
    /// Values of columns.
    #[command(flatten)]
    #[serde(flatten)]
    condition: condition::Condition,
    /// Membership of a grammar.
    #[command(flatten)]
    #[serde(flatten)]
    in_grammar: in_grammar::InGrammar,
    /// Overlap with test sets.
    #[command(flatten)]
    #[serde(flatten)]
    against: against::Against,
    /// The same text again.
    #[command(flatten)]
    #[serde(flatten)]
    exact_duplicate: exact_duplicate::ExactDuplicate,
    /// Nearly the same text again.
    #[command(flatten)]
    #[serde(flatten)]
    near_duplicate: near_duplicate::NearDuplicate,
    /// Rows that are chosen together.
    #[command(flatten)]
    #[serde(flatten)]
    select: select::Select,
    /// A number of rows that is enough.
    #[command(flatten)]
    #[serde(flatten)]
    limit: limit::Limit,
}

impl Options {
    /// Every rule with options, in the order in which help lists them.
    fn all(&self) -> [&dyn Rule; 15] {
        [
            &self.length,
            &self.characters,
            &self.gopher_quality,
            &self.gopher_repetition,
            &self.c4,
            &self.fineweb,
            &self.refusal,
            &self.pii,
            &self.condition,
            &self.in_grammar,
            &self.against,
            &self.exact_duplicate,
            &self.near_duplicate,
            &self.select,
            &self.limit,
        ]
    }
}

/// The rules that the command line asks for, in its order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RuleArgs {
    #[serde(flatten)]
    options: Options,
    /// The names of the rules in the order in which they judge.
    rules: Vec<&'static str>,
}

impl clap::Args for RuleArgs {
    fn augment_args(command: clap::Command) -> clap::Command {
        Options::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Options::augment_args_for_update(command)
    }
}

impl FromArgMatches for RuleArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let given = matches.clone();
        let options = Options::from_arg_matches_mut(matches)?;
        let asked = options.all().into_iter().filter(|rule| rule.asked());
        let mut asked: Vec<_> = asked
            .map(|rule| (rule.last(), first_of(rule.options(), &given), rule.name()))
            .collect();
        asked.sort_unstable();
        let rules = asked.into_iter().map(|(_, _, name)| name).collect();
        Ok(Self { options, rules })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Where the first of these options stands on the command line.
fn first_of(options: &[&str], given: &ArgMatches) -> Option<usize> {
    let named = options
        .iter()
        .filter(|option| given.value_source(option) == Some(ValueSource::CommandLine));
    named.filter_map(|option| given.index_of(option)).min()
}

impl RuleArgs {
    /// The rules that the command line asks for, in its order.
    pub(crate) fn asked(&self) -> Vec<&dyn Rule> {
        let named = |name: &&str| {
            let mut all = self.options.all().into_iter();
            all.find(|rule| rule.name() == *name)
        };
        self.rules.iter().filter_map(named).collect()
    }

    /// Those, after the one that always judges: the others need a text.
    pub(crate) fn judging(&self) -> Vec<&dyn Rule> {
        let first: &dyn Rule = &null_text::NullText;
        std::iter::once(first).chain(self.asked()).collect()
    }

    /// The names of all rules that can be asked for.
    pub(crate) fn known(&self) -> Vec<&'static str> {
        self.options.all().iter().map(|rule| rule.name()).collect()
    }

    /// How many rows are asked for beyond `kept`, if that matters.
    pub(crate) fn missing(&self, kept: usize) -> Option<usize> {
        let missing = self.options.select.missing(kept);
        missing.or_else(|| self.options.limit.missing(kept))
    }
}

/// A reason to drop rows.
pub(crate) trait Rule {
    /// Its name in the closing line, the provenance and the column `reject_rule`.
    fn name(&self) -> &'static str;

    /// The options that only this rule has, by their ids.
    fn options(&self) -> &'static [&'static str];

    /// Whether the command line asks for it.
    fn asked(&self) -> bool;

    /// Whether it judges after all others, wherever it stands on the command line.
    fn last(&self) -> bool {
        false
    }

    /// Reads what it compares with, and gets ready to judge.
    fn prepare<'a>(&'a self, files: &mut Files<'_>) -> anyhow::Result<Judge<'a>>;
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
