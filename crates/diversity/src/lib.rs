//! How varied is a set of texts or vectors, and how far is one set from another: one file a measure.
//!
//! Pure: no IO and no random number that was not handed in. Everything is found by name through
//! [`METRICS`] and [`SHIFTS`], and a name pins all parameters of what it computes.

mod error;
mod input;
mod measure;
pub mod metrics;
pub mod shift;

pub use error::{MeasureError, UnknownName};
pub use input::Input;
pub use measure::{Compare, Compute, Direction, Metric, Param, ParamValue, Shift, params_json};
pub use metrics::METRICS;
pub use shift::SHIFTS;

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
        files.map(stem).collect()
    }

    /// Every name starts with the name of exactly one file, and every file has a name.
    fn assert_registered(folder: &str, names: &[&str]) {
        let families = families(folder);
        for family in &families {
            let known = names.iter().any(|name| name.starts_with(family));
            assert!(known, "src/{folder}/{family}.rs is in no slice");
        }
        for name in names {
            let files = families.iter().filter(|family| name.starts_with(*family));
            assert_eq!(
                files.count(),
                1,
                "`{name}` belongs to one file of src/{folder}"
            );
        }
    }

    #[test]
    fn folder_and_slice_agree() {
        let metrics: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
        let shifts: Vec<_> = SHIFTS.iter().map(|shift| shift.name).collect();
        assert_registered("metrics", &metrics);
        assert_registered("shift", &shifts);
    }

    #[test]
    fn names_are_unique_and_found() {
        for name in METRICS.iter().map(|metric| metric.name) {
            assert_eq!(
                METRICS.iter().filter(|metric| metric.name == name).count(),
                1
            );
            assert_eq!(metric(name).expect("known").name, name);
        }
        for name in SHIFTS.iter().map(|shift| shift.name) {
            assert_eq!(shift(name).expect("known").name, name);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = metric("distinct_9").expect_err("unknown").to_string();
        assert!(
            error.starts_with("no metric is called `distinct_9`"),
            "{error}"
        );
        assert!(error.contains("distinct_2, distinct_3"), "{error}");
    }
}
