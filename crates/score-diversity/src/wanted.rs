//! Which measures are asked for: by name, by family, by preset, by peer.

use std::str::FromStr;

use diversity::{Measure, Metric, Preset, Reads, Shift};
use serde::Serialize;

/// A measure or a family of measures, by its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Name(String);

impl FromStr for Name {
    type Err = diversity::UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        diversity::named(name)?;
        Ok(Self(name.to_owned()))
    }
}

/// A ready-made choice of measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Counts of words and bytes, seconds for a million rows
    Fast,
    /// What is worth reporting of every set
    Standard,
    /// Everything but what reproduces the faults of peers
    All,
    /// What the study that this toolkit reproduces measures
    Paper,
}

/// What a run computes.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// How varied the set is.
    pub(crate) metrics: Vec<&'static Metric>,
    /// How far it is from the reference.
    pub(crate) shifts: Vec<&'static Shift>,
    /// Those of both that were asked for by their own name, and so must be possible.
    pub(crate) by_name: Vec<Measure>,
}

impl Wanted {
    /// What these options ask for: all that any of them names, and `standard` where none does.
    ///
    /// Shift measures that nobody named are left out where there is no reference.
    pub(crate) fn new(
        names: &[Name],
        preset: Option<Choice>,
        peers: &[String],
        with_reference: bool,
    ) -> Self {
        let nothing = names.is_empty() && peers.is_empty();
        let preset = preset.or(nothing.then_some(Choice::Standard));
        let is_named = |measure: Measure, name: &Name| {
            let known = diversity::named(&name.0).unwrap_or_default();
            known.iter().any(|known| known.name() == measure.name())
        };
        let mut wanted = Self::default();
        for measure in diversity::measures() {
            let is_by_name = names.iter().any(|name| is_named(measure, name));
            let is_shift = matches!(measure, Measure::Shift(_));
            let is_by_choice =
                preset.is_some_and(|preset| preset.has(measure)) || is_of_a_peer(measure, peers);
            if is_by_name {
                wanted.by_name.push(measure);
            }
            if is_by_name || (is_by_choice && (with_reference || !is_shift)) {
                match measure {
                    Measure::Metric(metric) => wanted.metrics.push(metric),
                    Measure::Shift(shift) => wanted.shifts.push(shift),
                }
            }
        }
        wanted
    }
}

impl Wanted {
    /// Whether any of the measures reads that.
    pub(crate) fn reads(&self, reads: Reads) -> bool {
        let by_metrics = self.metrics.iter().any(|metric| metric.reads() == reads);
        by_metrics || self.shifts.iter().any(|shift| shift.reads() == reads)
    }
}

fn is_of_a_peer(measure: Measure, peers: &[String]) -> bool {
    matches!(measure.preset(), Preset::Compat(peer) if peers.iter().any(|asked| asked == peer))
}

impl Choice {
    fn has(self, measure: Measure) -> bool {
        match self {
            Self::Fast => measure.is_in(Preset::Fast),
            Self::Standard => measure.is_in(Preset::Standard),
            Self::All => measure.is_in(Preset::All),
            Self::Paper => diversity::PAPER.contains(&measure.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics(wanted: &Wanted) -> Vec<&str> {
        wanted.metrics.iter().map(|metric| metric.name).collect()
    }

    fn names(names: &[&str]) -> Vec<Name> {
        let parsed = names.iter().map(|name| name.parse().expect("known"));
        parsed.collect()
    }

    #[test]
    fn a_name_is_one_measure_and_a_family_all_of_its_members() {
        let wanted = Wanted::new(&names(&["distinct", "vendi_q1"]), None, &[], false);
        assert!(metrics(&wanted).starts_with(&["distinct_1", "distinct_2", "distinct_3"]));
        assert!(metrics(&wanted).ends_with(&["vendi_q1"]));
        assert!(wanted.shifts.is_empty() && wanted.by_name.len() == wanted.metrics.len());
    }

    #[test]
    fn without_a_word_it_is_the_standard_choice() {
        let wanted = Wanted::new(&[], None, &[], true);
        assert!(metrics(&wanted).contains(&"distinct_2"));
        assert!(!wanted.shifts.is_empty() && wanted.by_name.is_empty());
    }

    #[test]
    fn names_and_a_preset_add_up() {
        let wanted = Wanted::new(&names(&["vendi_q1"]), Some(Choice::Fast), &[], false);
        assert!(metrics(&wanted).contains(&"vendi_q1"));
        assert!(metrics(&wanted).contains(&"distinct_1"));
    }

    #[test]
    fn without_a_reference_shifts_are_left_out_unless_they_are_named() {
        assert!(
            Wanted::new(&[], Some(Choice::All), &[], false)
                .shifts
                .is_empty()
        );
        let named = Wanted::new(&names(&["frechet"]), None, &[], false);
        assert_eq!(named.shifts[0].name, "frechet");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "diversity"
            .parse::<Name>()
            .expect_err("unknown")
            .to_string();
        assert!(error.contains("distinct_2"), "{error}");
    }
}
