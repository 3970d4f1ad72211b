//! Files that appear whole or not at all: written beside, synced, renamed.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::source::file_name;

/// What is being written now, so that an interrupted program can take it away.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes whatever this process has begun to write and not published.
///
/// For the moment before an interrupted program ends; nothing may be written after it.
pub fn abandon_unfinished() {
    let Ok(unfinished) = UNFINISHED.lock() else {
        return;
    };
    for path in unfinished.iter() {
        let _ = if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
    }
}

pub(crate) fn begin(path: &Path) {
    if let Ok(mut unfinished) = UNFINISHED.lock() {
        unfinished.insert(path.to_owned());
    }
}

pub(crate) fn end(path: &Path) {
    if let Ok(mut unfinished) = UNFINISHED.lock() {
        unfinished.remove(path);
    }
}

/// The place beside `path` where it is written: hidden, and always the same, so that what a
/// killed run left is overwritten by the next.
pub(crate) fn beside(path: &Path) -> Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| Error::new(format!("{} is no name for an output", path.display())))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(".partial");
    Ok(path.with_file_name(hidden))
}

/// Makes the folder that `path` lies in.
pub(crate) fn make_parent(path: &Path) -> Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::create_dir_all(parent)
            .map_err(|cause| Error::io("make the folder", parent.display(), cause)),
        _ => Ok(()),
    }
}

/// Syncs the folder that `path` lies in, so that a rename in it survives a power cut.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}

/// A file that is being written beside its place; dropped without [`publish`](Self::publish) it is gone.
pub struct AtomicFile {
    target: PathBuf,
    partial: PathBuf,
    file: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Begins to write the file at `target`; fails if another process is writing it.
    pub fn create(target: &Path) -> Result<Self> {
        if target.is_dir() {
            return Err(Error::new(format!(
                "{} is a folder, not a file",
                target.display()
            )));
        }
        let name = file_name(target);
        make_parent(target)?;
        let partial = beside(target)?;
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .map_err(|cause| Error::io("write", &name, cause))?;
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(
                Error::new(format!("{name} is being written by another process"))
                    .with_hint("wait for it, or stop it"),
            );
        }
        file.set_len(0)
            .map_err(|cause| Error::io("write", &name, cause))?;
        begin(&partial);
        Ok(Self {
            target: target.to_owned(),
            partial,
            file: Some(BufWriter::new(file)),
        })
    }

    /// Puts the file in its place: all bytes on disk first, then the rename.
    pub fn publish(mut self) -> Result<()> {
        let io = |cause| Error::io("write", file_name(&self.target), cause);
        if let Some(writer) = self.file.take() {
            let file = writer
                .into_inner()
                .map_err(|error| io(error.into_error()))?;
            file.sync_all().map_err(io)?;
            fs::rename(&self.partial, &self.target).map_err(io)?;
            end(&self.partial);
            sync_parent(&self.target).map_err(io)?;
        }
        Ok(())
    }

    /// The path of the unfinished file, to look at it before it is published.
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or_else(
            || Err(io::ErrorKind::NotConnected.into()),
            |file| file.write(bytes),
        )
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = fs::remove_file(&self.partial);
            end(&self.partial);
        }
    }
}

/// Writes `bytes` to `path`, whole or not at all.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)
        .map_err(|cause| Error::io("write", file_name(path), cause))?;
    file.publish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_seen_before_it_is_published() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/out.txt");
        let mut file = AtomicFile::create(&path).expect("created");
        file.write_all(b"new").expect("written");
        assert!(!path.exists());
        file.publish().expect("published");
        assert_eq!(fs::read(&path).expect("there"), b"new");
        assert_eq!(
            fs::read_dir(path.parent().expect("a folder"))
                .expect("listed")
                .count(),
            1
        );
    }

    #[test]
    fn what_was_there_stays_if_the_writer_gives_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.txt");
        write_file(&path, b"old").expect("written");
        let mut file = AtomicFile::create(&path).expect("created");
        file.write_all(b"half").expect("written");
        drop(file);
        assert_eq!(fs::read(&path).expect("there"), b"old");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[test]
    fn two_writers_do_not_mix() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.txt");
        let first = AtomicFile::create(&path).expect("created");
        let error = AtomicFile::create(&path).err().expect("refused");
        assert!(error.to_string().contains("another process"), "{error}");
        drop(first);
        assert!(AtomicFile::create(&path).is_ok());
    }

    #[test]
    fn what_a_killed_run_left_is_overwritten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out.txt");
        fs::write(beside(&path).expect("a name"), b"a longer remainder").expect("written");
        write_file(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
    }
}
