//! The states of a long run whose latest is all that is needed, such as a training: whole folders in its journal, the last two of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Journal, RUN, Resume};
use crate::atomic::{self, sync_parent, write_file};
use crate::digest::ContentHash;
use crate::error::{Error, Result, shown};
use crate::source::file_name;
use crate::writer::Sink;

/// The file that makes a checkpoint complete: the hashes of the others.
const SUMS: &str = "sums.json";
/// How many checkpoints are kept: the last, and the one before it in case the last is damaged.
const KEPT: usize = 2;

/// The checkpoints of one run, each a set of files under the number of its step.
#[derive(Debug)]
pub struct Checkpoints {
    journal: Journal,
    steps: Vec<u64>,
}

/// A checkpoint that was read whole.
#[derive(Debug)]
pub struct Checkpoint {
    /// The step after which it was kept.
    pub step: u64,
    /// Its files by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Why a later one could not be used, where there was one.
    pub passed_over: Option<Error>,
}

impl Checkpoints {
    /// Opens the checkpoints of the run that writes `output`; for `out` they lie in `out.journal`.
    ///
    /// `run` is all that they follow from, by name.
    pub fn open(output: &Path, run: &BTreeMap<String, Value>, resume: Resume) -> Result<Self> {
        // A trailing slash would put the journal inside the directory.
        let sink = Sink::Path(output.components().collect());
        let Some(journal) = Journal::open(&sink, run, Resume::Auto)? else {
            return Err(Error::new("standard output has no place for checkpoints"));
        };
        let steps = journal.checkpoint_steps()?;
        match resume {
            Resume::Always if steps.is_empty() => {
                return Err(Error::new(format!(
                    "there is no checkpoint in {} to go on from",
                    journal.name()
                )));
            }
            Resume::Auto | Resume::Always if !steps.is_empty() => journal.check(run)?,
            Resume::Never => {
                journal.remove()?;
                return Ok(Self {
                    journal,
                    steps: Vec::new(),
                });
            }
            Resume::Auto | Resume::Always => {}
        }
        Ok(Self { journal, steps })
    }

    /// The last checkpoint that is whole; `None` where the run begins.
    pub fn last(&self) -> Result<Option<Checkpoint>> {
        let mut passed_over = None;
        for step in self.steps.iter().rev() {
            match self.read(*step) {
                Ok(files) => {
                    return Ok(Some(Checkpoint {
                        step: *step,
                        files,
                        passed_over,
                    }));
                }
                Err(error) => passed_over = Some(error),
            }
        }
        passed_over.map_or(Ok(None), Err)
    }

    /// Keeps the files of a step; when this returns they are on disk, and all but the one before is thrown away.
    pub fn keep(&mut self, step: u64, files: &[(String, Vec<u8>)]) -> Result<()> {
        if self.steps.is_empty() {
            write_file(&self.journal.folder.join(RUN), &self.journal.run)?;
        }
        let place = self.place(step);
        let io = |cause| Error::io("write", self.name_of(step), cause);
        let partial = atomic::beside(&place)?;
        clear(&partial).map_err(io)?;
        atomic::begin(&partial);
        let mut sums = BTreeMap::new();
        for (name, bytes) in files {
            write_file(&partial.join(name), bytes)?;
            sums.insert(name, ContentHash::of_bytes(bytes).to_string());
        }
        let json = serde_json::to_vec_pretty(&sums)
            .map_err(|cause| Error::new("a checkpoint cannot be written").caused_by(cause))?;
        write_file(&partial.join(SUMS), &json)?;
        clear(&place).map_err(io)?;
        fs::rename(&partial, &place).map_err(io)?;
        atomic::end(&partial);
        sync_parent(&place).map_err(io)?;
        self.steps.retain(|kept| *kept != step);
        self.steps.push(step);
        while self.steps.len() > KEPT {
            let step = self.steps.remove(0);
            let old = self.place(step);
            clear(&old).map_err(|cause| Error::io("remove", file_name(&old), cause))?;
        }
        Ok(())
    }

    /// The name of their folder for messages.
    pub fn name(&self) -> String {
        self.journal.name()
    }

    /// Throws the journal away, once the output is there.
    pub fn end(self) -> Result<()> {
        self.journal.remove()
    }

    fn place(&self, step: u64) -> PathBuf {
        self.journal.folder.join(format!("step-{step:09}"))
    }

    fn name_of(&self, step: u64) -> String {
        format!("{}/{}", self.journal.name(), file_name(&self.place(step)))
    }

    fn read(&self, step: u64) -> Result<BTreeMap<String, Vec<u8>>> {
        let place = self.place(step);
        let damaged = |file: &str| {
            Error::new(format!(
                "{}/{file} was changed or damaged",
                self.name_of(step)
            ))
            .with_hint("begin anew with --resume never")
        };
        let read = |file: &str| {
            fs::read(place.join(file))
                .map_err(|cause| Error::io("read", format!("{}/{file}", self.name_of(step)), cause))
        };
        let sums: BTreeMap<String, String> =
            serde_json::from_slice(&read(SUMS)?).map_err(|_| damaged(SUMS))?;
        let mut files = BTreeMap::new();
        for (name, sum) in sums {
            // What the sums list lies in this folder alone.
            if file_name(Path::new(&name)) != name {
                return Err(damaged(&shown(&name)));
            }
            let bytes = read(&name)?;
            if ContentHash::of_bytes(&bytes).to_string() != sum {
                return Err(damaged(&name));
            }
            files.insert(name, bytes);
        }
        Ok(files)
    }
}

impl Journal {
    /// The steps of which a checkpoint appeared, in order.
    fn checkpoint_steps(&self) -> Result<Vec<u64>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let io = |cause| Error::io("list", self.name(), cause);
        let mut steps = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(io)? {
            let name = file_name(&entry.map_err(io)?.path());
            steps.extend(
                name.strip_prefix("step-")
                    .and_then(|digits| digits.parse::<u64>().ok()),
            );
        }
        steps.sort_unstable();
        Ok(steps)
    }
}

/// Removes a folder, if it is there.
fn clear(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rate: f64) -> BTreeMap<String, Value> {
        BTreeMap::from([("learning-rate".to_owned(), Value::from(rate))])
    }

    fn open(output: &Path, rate: f64, resume: Resume) -> Result<Checkpoints> {
        Checkpoints::open(output, &run(rate), resume)
    }

    fn files(text: &str) -> Vec<(String, Vec<u8>)> {
        vec![("state".to_owned(), text.as_bytes().to_vec())]
    }

    #[test]
    fn the_last_two_are_kept_and_the_last_is_gone_on_from() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("model");
        let mut kept = open(&output, 1.0, Resume::Auto).expect("begun");
        assert!(kept.last().expect("none").is_none());
        for step in [5, 10, 15] {
            kept.keep(step, &files(&step.to_string())).expect("kept");
        }
        drop(kept);
        let again = open(&output, 1.0, Resume::Always).expect("there");
        assert_eq!(again.steps, [10, 15]);
        let last = again.last().expect("whole").expect("one");
        assert_eq!((last.step, &last.files["state"][..]), (15, &b"15"[..]));
        assert!(last.passed_over.is_none());
        again.end().expect("removed");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_damaged_one_is_passed_over_and_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("model");
        let mut kept = open(&output, 1.0, Resume::Auto).expect("begun");
        kept.keep(1, &files("one")).expect("kept");
        kept.keep(2, &files("two")).expect("kept");
        let file = |step: u64| {
            folder
                .path()
                .join(format!("model.journal/step-{step:09}/state"))
        };
        fs::write(file(2), "tw").expect("damaged");
        let last = kept.last().expect("whole").expect("one");
        assert_eq!(last.step, 1);
        assert_eq!(
            last.passed_over.map(|error| error.to_string()).as_deref(),
            Some("model.journal/step-000000002/state was changed or damaged")
        );
        fs::write(file(1), "on").expect("damaged");
        assert!(kept.last().is_err());
        assert!(
            open(&output, 1.0, Resume::Never)
                .expect("anew")
                .last()
                .expect("none")
                .is_none()
        );
    }

    #[test]
    fn those_of_another_run_are_refused_with_the_difference() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("model/");
        open(&output, 1.0, Resume::Auto)
            .expect("begun")
            .keep(1, &files("one"))
            .expect("kept");
        assert!(folder.path().join("model.journal").is_dir());
        let error = open(&output, 0.5, Resume::Auto).expect_err("another run");
        assert_eq!(
            error.to_string(),
            "model.journal belongs to another run: its learning-rate is 1.0, this run's is 0.5"
        );
        assert!(open(&output, 0.5, Resume::Never).is_ok());
        assert!(open(&output, 0.5, Resume::Always).is_err());
    }

    #[test]
    fn an_unfinished_one_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let output = folder.path().join("model");
        let partial = folder.path().join("model.journal/.step-000000003.partial");
        fs::create_dir_all(&partial).expect("made");
        fs::write(partial.join("state"), "half").expect("written");
        let mut kept = open(&output, 1.0, Resume::Auto).expect("begun");
        assert!(kept.last().expect("none").is_none());
        kept.keep(3, &files("whole")).expect("kept");
        assert!(!partial.exists());
    }
}
