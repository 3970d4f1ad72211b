//! What a long run has finished so far, in a folder beside its output, so that a run that was cut off goes on from there.
//!
//! For `out.parquet` it is `out.parquet.journal`: `run.json` says what its pieces follow from, and
//! each piece is a file that appeared whole, with a SHA-256 of its bytes in front.

mod checkpoints;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::atomic::write_file;
use crate::digest::ContentHash;
use crate::error::{Error, Result, shown};
use crate::source::file_name;
use crate::writer::Sink;

pub use checkpoints::{Checkpoint, Checkpoints};

const RUN: &str = "run.json";

/// Whether a run goes on from a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// Where there is one of the same run; one of another run is refused.
    #[default]
    Auto,
    /// No; one that is there is thrown away.
    Never,
    /// It must be there.
    Always,
}

impl FromStr for Resume {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "never" => Ok(Self::Never),
            "always" => Ok(Self::Always),
            _ => Err(Error::new("it is auto, never or always")),
        }
    }
}

impl fmt::Display for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Never => "never",
            Self::Always => "always",
        })
    }
}

impl Serialize for Resume {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The finished pieces of one run.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    /// What `run.json` says, to be written before the first piece.
    run: Vec<u8>,
    pieces: usize,
}

impl Journal {
    /// Opens the journal of the run that writes `sink`; `None` for standard output, which has no place beside it.
    ///
    /// `run` is all that the pieces follow from, by name.
    pub fn open(
        sink: &Sink,
        run: &BTreeMap<String, Value>,
        resume: Resume,
    ) -> Result<Option<Self>> {
        let Sink::Path(output) = sink else {
            return match resume {
                Resume::Always => Err(Error::new(
                    "what goes to standard output has no journal to go on from",
                )),
                _ => Ok(None),
            };
        };
        let mut folder = output.clone().into_os_string();
        folder.push(".journal");
        let json = serde_json::to_vec_pretty(run)
            .map_err(|cause| Error::new("the journal cannot be written").caused_by(cause))?;
        let mut journal = Self {
            folder: PathBuf::from(folder),
            run: json,
            pieces: 0,
        };
        // Without a piece there is nothing to lose and nothing to go on from.
        let there = journal.path(0).exists();
        match resume {
            Resume::Always if !there => {
                return Err(Error::new(format!(
                    "there is no journal {} to go on from",
                    journal.name()
                )));
            }
            Resume::Auto | Resume::Always if there => {
                journal.check(run)?;
                journal.pieces = journal.count();
            }
            Resume::Never => journal.remove()?,
            Resume::Auto | Resume::Always => {}
        }
        Ok(Some(journal))
    }

    /// The name for messages.
    pub fn name(&self) -> String {
        file_name(&self.folder)
    }

    /// How many finished pieces there are.
    pub fn len(&self) -> usize {
        self.pieces
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.pieces == 0
    }

    /// The finished pieces, in order; each is read when it is asked for.
    pub fn pieces(&self) -> impl ExactSizeIterator<Item = Result<Vec<u8>>> {
        (0..self.pieces).map(|index| self.piece(index))
    }

    /// Adds a piece; when this returns it is on disk.
    pub fn keep(&mut self, piece: &[u8]) -> Result<()> {
        if self.pieces == 0 {
            write_file(&self.folder.join(RUN), &self.run)?;
        }
        let mut bytes = ContentHash::of_bytes(piece).to_string().into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(piece);
        write_file(&self.path(self.pieces), &bytes)?;
        self.pieces += 1;
        Ok(())
    }

    /// Throws the journal away, once the output is there.
    pub fn end(self) -> Result<()> {
        self.remove()
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index:06}.piece"))
    }

    /// Pieces are written one after the other, so those that are there are the first ones.
    fn count(&self) -> usize {
        let mut count = 0;
        while self.path(count).exists() {
            count += 1;
        }
        count
    }

    /// The `index`-th finished piece.
    pub fn piece(&self, index: usize) -> Result<Vec<u8>> {
        let path = self.path(index);
        let bytes = fs::read(&path).map_err(|cause| Error::io("read", self.place(&path), cause))?;
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let whole = end
            .map(|end| bytes.split_at(end + 1))
            .filter(|(digits, piece)| {
                let stated = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| digits.trim_end().parse().ok());
                stated == Some(ContentHash::of_bytes(piece))
            });
        whole.map(|(_, piece)| piece.to_vec()).ok_or_else(|| {
            Error::new(format!("{} was changed or damaged", self.place(&path)))
                .with_hint("begin anew with --resume never")
        })
    }

    fn place(&self, path: &Path) -> String {
        format!("{}/{}", self.name(), file_name(path))
    }

    /// Refuses a journal of another run, and says where the two differ.
    fn check(&self, run: &BTreeMap<String, Value>) -> Result<()> {
        let path = self.folder.join(RUN);
        let bytes = fs::read(&path).map_err(|cause| Error::io("read", self.place(&path), cause))?;
        let begun: BTreeMap<String, Value> = serde_json::from_slice(&bytes).map_err(|cause| {
            Error::new(format!("{} cannot be read", self.place(&path))).caused_by(cause)
        })?;
        refuse_other(&self.name(), &begun, run)
    }

    /// The error for a journal that this run cannot go on from, since they differ in `difference`.
    pub fn of_another_run(&self, difference: &str) -> Error {
        other_run(&self.name(), difference)
    }

    fn remove(&self) -> Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        if !self.folder.join(RUN).exists() {
            return Err(Error::new(format!(
                "{} is there and is no journal",
                self.name()
            )));
        }
        fs::remove_dir_all(&self.folder).map_err(|cause| Error::io("remove", self.name(), cause))
    }
}

/// Refuses what the run `begun` left under `name` where it is not `run`, and says where the two differ.
pub(crate) fn refuse_other(
    name: &str,
    begun: &BTreeMap<String, Value>,
    run: &BTreeMap<String, Value>,
) -> Result<()> {
    let mut names = begun.keys().chain(run.keys());
    let Some(differs) = names.find(|name| begun.get(*name) != run.get(*name)) else {
        return Ok(());
    };
    let told = |value: Option<&Value>| match value {
        None => "none".to_owned(),
        Some(Value::String(text)) => format!("`{}`", shown(text)),
        Some(value) => shown(&value.to_string()),
    };
    let difference = format!(
        "its {} is {}, this run's is {}",
        shown(differs),
        told(begun.get(differs)),
        told(run.get(differs))
    );
    Err(other_run(name, &difference))
}

fn other_run(name: &str, difference: &str) -> Error {
    Error::new(format!("{name} belongs to another run: {difference}"))
        .with_hint("begin anew with --resume never, or give the arguments of that run")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(temperature: f64) -> BTreeMap<String, Value> {
        BTreeMap::from([("temperature".to_owned(), Value::from(temperature))])
    }

    fn place() -> (tempfile::TempDir, Sink) {
        let folder = tempfile::tempdir().expect("a folder");
        let sink = Sink::Path(folder.path().join("out.parquet"));
        (folder, sink)
    }

    fn open(sink: &Sink, temperature: f64, resume: Resume) -> Result<Journal> {
        Ok(Journal::open(sink, &run(temperature), resume)?.expect("a file has a journal"))
    }

    fn pieces(journal: &Journal) -> Result<Vec<Vec<u8>>> {
        journal.pieces().collect()
    }

    #[test]
    fn what_was_kept_is_there_for_the_next_run_until_the_end() {
        let (folder, sink) = place();
        let mut journal = open(&sink, 1.0, Resume::Auto).expect("begun");
        journal.keep(b"one").expect("kept");
        journal.keep(b"").expect("kept");
        drop(journal);
        let mut again = open(&sink, 1.0, Resume::Always).expect("resumed");
        assert_eq!(
            pieces(&again).expect("whole"),
            [b"one".to_vec(), Vec::new()]
        );
        again.keep(b"three").expect("kept");
        assert_eq!(again.len(), 3);
        again.end().expect("removed");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_journal_of_another_run_is_refused_with_the_difference() {
        let (_folder, sink) = place();
        open(&sink, 1.0, Resume::Auto)
            .expect("begun")
            .keep(b"one")
            .expect("kept");
        let error = open(&sink, 0.5, Resume::Auto).expect_err("another run");
        assert_eq!(
            error.to_string(),
            "out.parquet.journal belongs to another run: its temperature is 1.0, this run's is 0.5"
        );
        let anew = open(&sink, 0.5, Resume::Never).expect("begun anew");
        assert!(anew.is_empty());
        assert!(
            open(&sink, 0.7, Resume::Auto).is_ok(),
            "a journal without a piece binds nobody"
        );
    }

    #[test]
    fn a_damaged_piece_is_found() {
        let (folder, sink) = place();
        open(&sink, 1.0, Resume::Auto)
            .expect("begun")
            .keep(b"one")
            .expect("kept");
        let piece = folder.path().join("out.parquet.journal/000000.piece");
        let mut bytes = fs::read(&piece).expect("there");
        *bytes.last_mut().expect("bytes") ^= 1;
        fs::write(&piece, bytes).expect("written");
        let error = open(&sink, 1.0, Resume::Auto)
            .expect("opened")
            .piece(0)
            .expect_err("damaged");
        assert_eq!(
            error.to_string(),
            "out.parquet.journal/000000.piece was changed or damaged"
        );
    }

    #[test]
    fn nothing_is_gone_on_from_where_there_is_nothing() {
        let (folder, sink) = place();
        assert!(open(&sink, 1.0, Resume::Always).is_err());
        assert!(
            Journal::open(&Sink::Stdout, &run(1.0), Resume::Auto)
                .expect("no journal")
                .is_none()
        );
        assert!(Journal::open(&Sink::Stdout, &run(1.0), Resume::Always).is_err());
        fs::create_dir(folder.path().join("out.parquet.journal")).expect("made");
        assert!(
            open(&sink, 1.0, Resume::Never).is_err(),
            "a folder of somebody else's"
        );
    }
}
