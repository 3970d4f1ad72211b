//! What a long run has paid for so far: one file beside its output that only grows, so that a run that was cut off pays for nothing twice.
//!
//! For `out.parquet` it is `out.parquet.answers`. Its first line says what the records follow from;
//! every further line is a SHA-256 of a record and the record, in JSON.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

use serde_json::Value;

use crate::atomic::{make_parent, sync_parent};
use crate::digest::ContentHash;
use crate::error::{Error, Result};
use crate::journal::{Resume, refuse_other};
use crate::source::file_name;
use crate::writer::Sink;

/// Hex digits of a SHA-256, and the space behind them.
const DIGITS: usize = 65;

/// The records of one run, on disk as soon as they are appended.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    /// The first line, to be written before the first record.
    head: String,
    records: Vec<Value>,
    begun: bool,
}

impl Log {
    /// Opens the log of the run that writes `sink`; `None` for standard output, which has no place beside it.
    ///
    /// `run` is all that the records follow from, by name. Fails where another process has it open.
    pub fn open(
        sink: &Sink,
        run: &BTreeMap<String, Value>,
        resume: Resume,
    ) -> Result<Option<Self>> {
        let Sink::Path(output) = sink else {
            return match resume {
                Resume::Always => Err(Error::new(
                    "what goes to standard output has no log to go on from",
                )),
                _ => Ok(None),
            };
        };
        let mut path = output.clone().into_os_string();
        path.push(".answers");
        let path = PathBuf::from(path);
        let (name, there) = (file_name(&path), path.exists());
        if resume == Resume::Always && !there {
            return Err(Error::new(format!("there is no {name} to go on from")));
        }
        make_parent(&path)?;
        let mut log = Self::locked(path, run)?;
        if resume == Resume::Never {
            log.truncate(0)?;
        } else {
            log.read(run)?;
        }
        Ok(Some(log))
    }

    fn locked(path: PathBuf, run: &BTreeMap<String, Value>) -> Result<Self> {
        let name = file_name(&path);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|cause| Error::io("write", &name, cause))?;
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(
                Error::new(format!("{name} is being written by another process"))
                    .with_hint("wait for it, or stop it"),
            );
        }
        let head = serde_json::to_string(run)
            .map_err(|cause| Error::new(format!("{name} cannot be written")).caused_by(cause))?;
        Ok(Self {
            path,
            file,
            head,
            records: Vec::new(),
            begun: false,
        })
    }

    /// The name for messages.
    pub fn name(&self) -> String {
        file_name(&self.path)
    }

    /// The records of the run so far, in the order in which they were appended.
    pub fn records(&self) -> &[Value] {
        &self.records
    }

    /// Appends records; when this returns they are on disk.
    pub fn append(&mut self, records: &[Value]) -> Result<()> {
        let mut lines = String::new();
        if !self.begun {
            lines.extend([self.head.as_str(), "\n"]);
        }
        for record in records {
            let json = record.to_string();
            let digest = ContentHash::of_bytes(json.as_bytes()).to_string();
            lines.extend([digest.as_str(), " ", &json, "\n"]);
        }
        let written = self.file.write_all(lines.as_bytes());
        let synced = written.and_then(|()| self.file.sync_data());
        synced.map_err(|cause| Error::io("write", self.name(), cause))?;
        if !self.begun {
            sync_parent(&self.path).map_err(|cause| Error::io("write", self.name(), cause))?;
            self.begun = true;
        }
        Ok(())
    }

    /// Throws the log away, once the output is there.
    pub fn end(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(|cause| Error::io("remove", self.name(), cause))
    }

    /// Takes a log without a record away; one with records stays for the next run.
    pub fn leave(self) -> Result<()> {
        if self.begun { Ok(()) } else { self.end() }
    }

    /// Reads what is there; a last line that was cut off is cut away.
    fn read(&mut self, run: &BTreeMap<String, Value>) -> Result<()> {
        let bytes = fs::read(&self.path).map_err(|cause| Error::io("read", self.name(), cause))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        let end = whole.map_or(0, |at| at + 1);
        let mut lines = bytes[..end].split_inclusive(|byte| *byte == b'\n');
        let Some(head) = lines.next() else {
            return self.truncate(0);
        };
        let begun: BTreeMap<String, Value> = serde_json::from_slice(head).map_err(|cause| {
            Error::new(format!("{} is there and is no log of answers", self.name()))
                .caused_by(cause)
        })?;
        for (at, line) in lines.enumerate() {
            let record = record(line).ok_or_else(|| self.damaged(at + 2))?;
            self.records.push(record);
        }
        if self.records.is_empty() {
            // Without a record there is nothing to lose, so another run may begin.
            return self.truncate(0);
        }
        refuse_other(&self.name(), &begun, run)?;
        self.begun = true;
        self.truncate(end as u64)
    }

    fn damaged(&self, line: usize) -> Error {
        Error::new(format!(
            "line {line} of {} was changed or damaged",
            self.name()
        ))
        .with_hint("begin anew with --resume never")
    }

    fn truncate(&mut self, bytes: u64) -> Result<()> {
        let cut = self
            .file
            .set_len(bytes)
            .and_then(|()| self.file.seek(SeekFrom::Start(bytes)));
        cut.map(|_| ())
            .map_err(|cause| Error::io("write", self.name(), cause))
    }
}

/// The record of a line, if its digest is that of its bytes.
fn record(line: &[u8]) -> Option<Value> {
    let line = line.strip_suffix(b"\n")?;
    let (digest, json) = line.split_at_checked(DIGITS)?;
    let stated = std::str::from_utf8(digest).ok()?.trim_end().parse().ok()?;
    (ContentHash::of_bytes(json) == stated).then(|| serde_json::from_slice(json).ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(temperature: f64) -> BTreeMap<String, Value> {
        BTreeMap::from([("temperature".to_owned(), Value::from(temperature))])
    }

    fn place() -> (tempfile::TempDir, Sink) {
        let folder = tempfile::tempdir().expect("a folder");
        let sink = Sink::Path(folder.path().join("out.parquet"));
        (folder, sink)
    }

    fn open(sink: &Sink, temperature: f64, resume: Resume) -> Result<Log> {
        Ok(Log::open(sink, &run(temperature), resume)?.expect("a file has a log"))
    }

    #[test]
    fn what_was_appended_is_there_for_the_next_run_until_the_end() {
        let (folder, sink) = place();
        let mut log = open(&sink, 1.0, Resume::Auto).expect("begun");
        log.append(&[json!({"a": 1}), json!("b\nc")]).expect("kept");
        drop(log);
        let mut log = open(&sink, 1.0, Resume::Always).expect("resumed");
        assert_eq!(log.records(), [json!({"a": 1}), json!("b\nc")]);
        log.append(&[json!(3)]).expect("kept");
        drop(log);
        let log = open(&sink, 1.0, Resume::Auto).expect("resumed");
        assert_eq!(log.records().len(), 3);
        log.end().expect("removed");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_last_line_that_was_cut_off_is_cut_away_wherever_it_was_cut() {
        let (folder, sink) = place();
        let mut log = open(&sink, 1.0, Resume::Auto).expect("begun");
        log.append(&[json!("first")]).expect("kept");
        log.append(&[json!("second")]).expect("kept");
        drop(log);
        let path = folder.path().join("out.parquet.answers");
        let whole = fs::read(&path).expect("there");
        let second = whole[..whole.len() - 1]
            .iter()
            .rposition(|byte| *byte == b'\n');
        for cut in second.expect("three lines") + 1..whole.len() {
            fs::write(&path, &whole[..cut]).expect("written");
            let mut log = open(&sink, 1.0, Resume::Auto).expect("resumed");
            assert_eq!(log.records(), [json!("first")]);
            log.append(&[json!("second")]).expect("kept");
            assert_eq!(fs::read(&path).expect("there"), whole);
        }
    }

    #[test]
    fn a_changed_record_is_found() {
        let (folder, sink) = place();
        let mut log = open(&sink, 1.0, Resume::Auto).expect("begun");
        log.append(&[json!("first"), json!("second")])
            .expect("kept");
        drop(log);
        let path = folder.path().join("out.parquet.answers");
        let text = fs::read_to_string(&path).expect("there");
        fs::write(&path, text.replace("first", "f1rst")).expect("written");
        let error = open(&sink, 1.0, Resume::Auto).expect_err("changed");
        assert_eq!(
            error.to_string(),
            "line 2 of out.parquet.answers was changed or damaged"
        );
    }

    #[test]
    fn a_log_of_another_run_is_refused_with_the_difference_unless_it_is_empty() {
        let (_folder, sink) = place();
        drop(open(&sink, 0.7, Resume::Auto).expect("begun"));
        let mut log = open(&sink, 1.0, Resume::Auto).expect("nothing was paid for");
        log.append(&[json!(1)]).expect("kept");
        drop(log);
        let error = open(&sink, 0.5, Resume::Auto).expect_err("another run");
        assert_eq!(
            error.to_string(),
            "out.parquet.answers belongs to another run: its temperature is 1.0, this run's is 0.5"
        );
        let anew = open(&sink, 0.5, Resume::Never).expect("begun anew");
        assert!(anew.records().is_empty());
    }

    #[test]
    fn one_process_at_a_time_and_nothing_beside_standard_output() {
        let (_folder, sink) = place();
        assert!(
            open(&sink, 1.0, Resume::Always).is_err(),
            "nothing is there"
        );
        let first = open(&sink, 1.0, Resume::Auto).expect("begun");
        assert!(open(&sink, 1.0, Resume::Auto).is_err(), "it is open");
        first.leave().expect("nothing was paid for");
        assert!(
            Log::open(&Sink::Stdout, &run(1.0), Resume::Auto)
                .expect("none")
                .is_none()
        );
        assert!(Log::open(&Sink::Stdout, &run(1.0), Resume::Always).is_err());
    }
}
