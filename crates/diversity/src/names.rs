//! Measures by name: one, a family, or a ready-made choice.

use crate::{METRICS, Metric, Preset, SHIFTS, Shift, UnknownName};

/// What `--preset paper` computes: the measures of the study (arXiv 2506.19262) and of `DCScore`
/// (arXiv 2502.08512), which the study's first author compares them with.
pub const PAPER: &[&str] = &[
    "mean_words",
    "distinct_1",
    "distinct_2",
    "distinct_3",
    "distinct_4",
    "distinct_5",
    "self_bleu_4",
    "vendi_q1",
    "dcscore_cosine_tau1",
    "dcscore_cosine_tau0.1",
    "kmeans_inertia_10",
    "mmd_rbf",
    "frechet",
    "js_1",
];

/// A metric or a shift measure.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// How varied a set is.
    Metric(&'static Metric),
    /// How far it is from a reference.
    Shift(&'static Shift),
}

/// All metrics, then all shift measures, in the order of their lists.
pub fn measures() -> impl Iterator<Item = Measure> {
    let metrics = METRICS.iter().copied().map(Measure::Metric);
    metrics.chain(SHIFTS.iter().copied().map(Measure::Shift))
}

/// The metric of this name.
pub fn metric(name: &str) -> Result<&'static Metric, UnknownName> {
    let found = METRICS.iter().find(|metric| metric.name == name);
    found.copied().ok_or_else(|| UnknownName {
        kind: "metric",
        name: name.to_owned(),
        known: METRICS.iter().map(|metric| metric.name).collect(),
    })
}

/// The shift measure of this name.
pub fn shift(name: &str) -> Result<&'static Shift, UnknownName> {
    let found = SHIFTS.iter().find(|shift| shift.name == name);
    found.copied().ok_or_else(|| UnknownName {
        kind: "shift measure",
        name: name.to_owned(),
        known: SHIFTS.iter().map(|shift| shift.name).collect(),
    })
}

/// The measure of this name, or all members of the family of this name.
///
/// A family is a file, such as `vendi`, or a shared beginning, such as `compression_ratio` of
/// `compression_ratio_gzip`. What a peer computes has to be named in full.
pub fn named(name: &str) -> Result<Vec<Measure>, UnknownName> {
    let alone = measures().find(|measure| measure.name() == name);
    if let Some(alone) = alone {
        return Ok(vec![alone]);
    }
    let members: Vec<Measure> = measures().filter(|measure| measure.is_of(name)).collect();
    if members.is_empty() {
        return Err(UnknownName {
            kind: "measure",
            name: name.to_owned(),
            known: measures().map(Measure::name).collect(),
        });
    }
    Ok(members)
}

/// The peers whose faults can be reproduced.
pub fn peers() -> Vec<&'static str> {
    let peer = |measure: Measure| match measure.preset() {
        Preset::Compat(peer) => Some(peer),
        _ => None,
    };
    let mut peers: Vec<_> = measures().filter_map(peer).collect();
    peers.sort_unstable();
    peers.dedup();
    peers
}

impl Measure {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Metric(metric) => metric.name,
            Self::Shift(shift) => shift.name,
        }
    }

    /// The smallest ready-made choice that it belongs to.
    pub const fn preset(self) -> Preset {
        match self {
            Self::Metric(metric) => metric.preset,
            Self::Shift(shift) => shift.preset,
        }
    }

    /// Whether `preset`, which is none of the peers', asks for it.
    pub fn is_in(self, preset: Preset) -> bool {
        let size = |preset| match preset {
            Preset::Fast => 0,
            Preset::Standard => 1,
            Preset::All => 2,
            Preset::Compat(_) => 3,
        };
        self.preset() == preset
            || (!matches!(self.preset(), Preset::Compat(_)) && size(self.preset()) <= size(preset))
    }

    fn is_of(self, family: &str) -> bool {
        let own = match self {
            Self::Metric(metric) => metric.family,
            Self::Shift(shift) => shift.family,
        };
        let begins = self
            .name()
            .strip_prefix(family)
            .is_some_and(|rest| rest.starts_with('_'));
        !matches!(self.preset(), Preset::Compat(_)) && (own == family || begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The names of the files in `src/<folder>`, without `.rs`.
    fn families(folder: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(folder);
        let files = std::fs::read_dir(folder).expect("the folder is there");
        let stem = |file: std::io::Result<std::fs::DirEntry>| {
            let path = file.expect("a file").path();
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        let mut families: Vec<_> = files.map(stem).collect();
        families.sort();
        families
    }

    fn assert_registered(folder: &str, registered: impl Iterator<Item = &'static str>) {
        let mut registered: Vec<_> = registered.map(str::to_owned).collect();
        registered.sort();
        registered.dedup();
        assert_eq!(registered, families(folder), "src/{folder} and its list");
    }

    #[test]
    fn folder_and_list_agree() {
        assert_registered("metrics", METRICS.iter().map(|metric| metric.family));
        assert_registered("shift", SHIFTS.iter().map(|shift| shift.family));
    }

    #[test]
    fn names_are_unique_and_found() {
        for measure in measures() {
            let same = measures().filter(|other| other.name() == measure.name());
            assert_eq!(same.count(), 1, "{}", measure.name());
            let found = named(measure.name()).expect("known");
            assert_eq!(found.len(), 1, "{}", measure.name());
        }
    }

    #[test]
    fn a_family_is_all_its_members() {
        let names = |family| -> Vec<_> {
            let members = named(family).expect("known");
            members.into_iter().map(Measure::name).collect()
        };
        assert!(names("distinct").starts_with(&["distinct_1", "distinct_2", "distinct_3"]));
        assert!(names("compression_ratio").contains(&"compression_ratio_gzip"));
        assert_eq!(names("frechet"), ["frechet"]);
    }

    #[test]
    fn a_larger_preset_holds_the_smaller_ones_and_no_preset_what_peers_compute() {
        for measure in measures() {
            let compat = matches!(measure.preset(), Preset::Compat(_));
            assert_eq!(measure.is_in(Preset::All), !compat, "{}", measure.name());
            if measure.is_in(Preset::Fast) {
                assert!(measure.is_in(Preset::Standard), "{}", measure.name());
            }
            assert!(measure.is_in(measure.preset()), "{}", measure.name());
        }
    }

    #[test]
    fn the_papers_measures_are_known() {
        for name in PAPER {
            assert!(measures().any(|measure| measure.name() == *name), "{name}");
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = named("distinct_9").expect_err("unknown").to_string();
        assert!(
            error.starts_with("no measure is called `distinct_9`"),
            "{error}"
        );
        assert!(error.contains("distinct_2, distinct_3"), "{error}");
    }
}
