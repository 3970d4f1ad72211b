//! What a stage writes goes to files that differ, which is checked before any work.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use dataset::Sink;

/// Refuses two outputs, each with the option that names it, that are one file.
pub fn distinct(outputs: &[(&str, Option<&Path>)]) -> anyhow::Result<()> {
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for (option, path) in outputs {
        let Some(path) = path else { continue };
        let full = resolved(path);
        if let Some((first, _)) = seen.iter().find(|(_, other)| *other == full) {
            let said = anyhow::anyhow!("{first} and {option} are one file: {}", path.display());
            return Err(crate::with_hint(said, "name two files"));
        }
        seen.push((option, full));
    }
    Ok(())
}

/// The file that is written; none where it is standard output.
pub fn file_of(sink: &Sink) -> Option<&Path> {
    match sink {
        Sink::Stdout => None,
        Sink::Path(path) => Some(path),
    }
}

/// The one name of a path: absolute and without links, as far as it exists.
pub fn resolved(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut rest: Vec<OsString> = Vec::new();
    let mut there = full.as_path();
    loop {
        if let Ok(known) = there.canonicalize() {
            return rest
                .iter()
                .rev()
                .fold(known, |whole, part| whole.join(part));
        }
        let (Some(above), Some(name)) = (there.parent(), there.file_name()) else {
            return full;
        };
        rest.push(name.to_owned());
        there = above;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_under_two_names_is_refused() {
        let (one, other) = (
            Path::new("no/such/a.parquet"),
            Path::new("./no/such/a.parquet"),
        );
        let error =
            distinct(&[("-o", Some(one)), ("--rejects", Some(other))]).expect_err("one file");
        assert_eq!(
            error.to_string(),
            "-o and --rejects are one file: ./no/such/a.parquet"
        );
    }

    #[test]
    fn different_files_and_standard_output_are_fine() {
        let outputs = [
            ("-o", None),
            ("--rejects", Some(Path::new("a.parquet"))),
            ("--other", Some(Path::new("b/a.parquet"))),
        ];
        assert!(distinct(&outputs).is_ok());
    }

    #[test]
    fn a_link_has_the_name_of_what_it_leads_to() {
        let up = Path::new("src/../src/outputs.rs");
        assert_eq!(resolved(up), resolved(Path::new("src/outputs.rs")));
    }
}
