//! Model directories: read from disk or the Hub, written whole with a manifest that is put in last.

mod base;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

use crate::atomic;
use crate::digest::ContentHash;
use crate::error::{Error, Result, shown};
use crate::hub::{self, HubPath};
use crate::provenance::{Input, InputNode, Provenance, Run};
use crate::source::file_name;

/// The file that makes a directory complete; it is what Make looks at.
pub const MANIFEST: &str = "manifest.json";

/// Where a model directory is read from, as it stands on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectorySource {
    /// A directory on disk.
    Path(PathBuf),
    /// `hf://OWNER/NAME[@REVISION]`.
    Hub(HubPath),
}

impl FromStr for DirectorySource {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text.starts_with("hf://") {
            Ok(Self::Hub(text.parse()?))
        } else {
            Ok(Self::Path(PathBuf::from(text)))
        }
    }
}

impl std::fmt::Display for DirectorySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => f.write_str(&file_name(path)),
            Self::Hub(path) => path.fmt(f),
        }
    }
}

impl Serialize for DirectorySource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    files: BTreeMap<String, Listed>,
    polyculture: Provenance,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    bytes: u64,
    sha256: ContentHash,
}

/// A directory that is there.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    name: String,
    revision: Option<String>,
    manifest: Option<Manifest>,
}

impl Directory {
    /// Opens the directory that `source` names; on the Hub it is downloaded first.
    pub fn open(source: &DirectorySource) -> Result<Self> {
        let (path, revision) = match source {
            DirectorySource::Path(path) => (path.clone(), None),
            DirectorySource::Hub(path) => {
                let fetched = hub::fetch_model(path)?;
                (fetched.directory, Some(fetched.revision))
            }
        };
        let name = source.to_string();
        if !path.is_dir() {
            return Err(Error::new(format!(
                "there is no directory {}",
                path.display()
            )));
        }
        let manifest = read_manifest(&path, &name)?;
        Ok(Self {
            path,
            name,
            revision,
            manifest,
        })
    }

    /// The name for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bytes of the file called `name`; `None` if there is none.
    ///
    /// A file that is not as the manifest says is an error.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        contained(name)?;
        let path = self.path.join(name);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = fs::read(&path)
            .map_err(|cause| Error::io("read", format!("{}/{name}", self.name), cause))?;
        let listed = self
            .manifest
            .as_ref()
            .and_then(|manifest| manifest.files.get(name));
        if listed.is_some_and(|listed| listed.sha256 != ContentHash::of_bytes(&bytes)) {
            return Err(Error::new(format!(
                "{}/{name} is not the file that {MANIFEST} lists: it was changed or damaged",
                self.name
            ))
            .with_hint("make the directory again"));
        }
        Ok(Some(bytes))
    }

    /// The bytes of the file called `name`, which must be there.
    pub fn require(&self, name: &str) -> Result<Vec<u8>> {
        self.read(name)?
            .ok_or_else(|| Error::new(format!("{} has no file {name}", self.name)))
    }

    /// The names of all files, with those of folders inside.
    pub fn files(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        list(&self.path, "", &mut names)?;
        names.sort();
        Ok(names)
    }

    /// The provenance in the manifest; `None` for a directory that some other tool wrote.
    pub fn provenance(&self) -> Option<&Provenance> {
        self.manifest.as_ref().map(|manifest| &manifest.polyculture)
    }

    /// This directory as an input, as `role`.
    pub fn input(&self, role: &str) -> Result<Input> {
        let hash = match &self.manifest {
            Some(manifest) => hash_of(&manifest.files),
            None => hash_of(&self.listed()?),
        };
        let node = InputNode {
            role: role.to_owned(),
            name: self.name.clone(),
            hash,
            rows: 0,
            revision: self.revision.clone(),
        };
        Ok(Input {
            node,
            provenance: self.provenance().cloned(),
        })
    }

    fn listed(&self) -> Result<BTreeMap<String, Listed>> {
        let mut listed = BTreeMap::new();
        for name in self.files()? {
            let bytes = self.require(&name)?;
            listed.insert(
                name,
                Listed {
                    bytes: bytes.len() as u64,
                    sha256: ContentHash::of_bytes(&bytes),
                },
            );
        }
        Ok(listed)
    }
}

fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<()> {
    let io = |cause| Error::io("list", file_name(folder), cause);
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let name = format!("{prefix}{}", file_name(&path));
        if path.is_dir() {
            list(&path, &format!("{name}/"), names)?;
        } else if name != MANIFEST {
            names.push(name);
        }
    }
    Ok(())
}

fn read_manifest(path: &Path, name: &str) -> Result<Option<Manifest>> {
    let path = path.join(MANIFEST);
    if !path.exists() {
        return Ok(None);
    }
    let text =
        fs::read(&path).map_err(|cause| Error::io("read", format!("{name}/{MANIFEST}"), cause))?;
    serde_json::from_slice(&text)
        .map(Some)
        .map_err(|cause| Error::new(format!("{name}/{MANIFEST} cannot be read")).caused_by(cause))
}

/// The content hash of a directory: over the names and hashes of its files.
fn hash_of(files: &BTreeMap<String, Listed>) -> ContentHash {
    let lines: String = files
        .iter()
        .map(|(name, listed)| format!("{} {name}\n", listed.sha256))
        .collect();
    ContentHash::of_bytes(lines.as_bytes())
}

/// Refuses a name that would lead out of the directory.
fn contained(name: &str) -> Result<()> {
    let inside = !name.is_empty()
        && !name.contains(['\\', '\0', ':'])
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if inside {
        Ok(())
    } else {
        Err(Error::new(format!(
            "`{}` is no name for a file in a directory",
            shown(name)
        )))
    }
}

/// A directory that is being written beside its place.
pub struct NewDirectory {
    target: PathBuf,
    partial: PathBuf,
    files: BTreeMap<String, Listed>,
    published: bool,
    _lock: Lock,
}

/// Keeps other processes from writing the same directory; dropped, its file is gone.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Locks what is written at `partial`, called `name` in messages.
    fn take(partial: &Path, name: &str) -> Result<Self> {
        let mut path = partial.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = File::create(&path).map_err(|cause| Error::io("write", name, cause))?;
        if matches!(file.try_lock(), Err(fs::TryLockError::WouldBlock)) {
            return Err(
                Error::new(format!("{name} is being written by another process"))
                    .with_hint("wait for it, or stop it"),
            );
        }
        atomic::begin(&path);
        Ok(Self { path, _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        atomic::end(&self.path);
    }
}

/// Checks that nothing at `target` is anybody's but ours.
fn check_replaceable(target: &Path) -> Result<()> {
    if !target.exists() {
        return Ok(());
    }
    let name = file_name(target);
    let hint = "name another directory with -o, or move that one away";
    let foreign =
        || Error::new(format!("{name} is there and was not made by polyculture")).with_hint(hint);
    if !target.is_dir() {
        return Err(foreign());
    }
    let mut files = Vec::new();
    list(target, "", &mut files)?;
    let Some(manifest) =
        read_manifest(target, &name).map_err(|cause| foreign().caused_by(cause))?
    else {
        return if files.is_empty() {
            Ok(())
        } else {
            Err(foreign())
        };
    };
    match files
        .iter()
        .find(|file| !manifest.files.contains_key(*file))
    {
        None => Ok(()),
        Some(file) => Err(Error::new(format!(
            "{name} holds files that polyculture did not make: {}",
            shown(file)
        ))
        .with_hint(hint)),
    }
}

impl NewDirectory {
    /// Begins to write the directory at `target`.
    ///
    /// A directory that is there is replaced when the new one is published, but only if it is
    /// empty, or its manifest is one of ours and lists every file in it, so that nobody's own
    /// files are ever taken away.
    pub fn create(target: &Path) -> Result<Self> {
        let name = file_name(target);
        check_replaceable(target)?;
        atomic::make_parent(target)?;
        let partial = atomic::beside(target)?;
        let lock = Lock::take(&partial, &name)?;
        let io = |cause| Error::io("write", &name, cause);
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(io)?;
        }
        fs::create_dir_all(&partial).map_err(io)?;
        atomic::begin(&partial);
        Ok(Self {
            target: target.to_owned(),
            partial,
            files: BTreeMap::new(),
            published: false,
            _lock: lock,
        })
    }

    /// Adds a file called `name`, which may lie in folders inside.
    pub fn add(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        contained(name)?;
        atomic::write_file(&self.partial.join(name), bytes)?;
        let listed = Listed {
            bytes: bytes.len() as u64,
            sha256: ContentHash::of_bytes(bytes),
        };
        self.files.insert(name.to_owned(), listed);
        Ok(())
    }

    /// A path inside at which a stage may write a set with [`Writer`](crate::Writer); call
    /// [`adopt`](Self::adopt) when that set is finished.
    pub fn path_of(&self, name: &str) -> Result<PathBuf> {
        contained(name)?;
        Ok(self.partial.join(name))
    }

    /// Lists a file that was written at [`path_of`](Self::path_of) its name.
    pub fn adopt(&mut self, name: &str) -> Result<()> {
        let path = self.path_of(name)?;
        let bytes = fs::read(&path).map_err(|cause| Error::io("read", name, cause))?;
        let listed = Listed {
            bytes: bytes.len() as u64,
            sha256: ContentHash::of_bytes(&bytes),
        };
        self.files.insert(name.to_owned(), listed);
        Ok(())
    }

    /// Checks the row equation of `run`, writes the manifest, and lets the directory appear.
    pub fn publish(mut self, run: &Run) -> Result<ContentHash> {
        run.rows.check(run.stage)?;
        let hash = hash_of(&self.files);
        let manifest = Manifest {
            files: std::mem::take(&mut self.files),
            polyculture: Provenance::new(hash, run),
        };
        let json = serde_json::to_vec_pretty(&manifest)
            .map_err(|cause| Error::new("the manifest cannot be written").caused_by(cause))?;
        atomic::write_file(&self.partial.join(MANIFEST), &json)?;
        check_replaceable(&self.target)?;
        self.swap()
            .map_err(|cause| Error::io("write", file_name(&self.target), cause))?;
        self.published = true;
        atomic::end(&self.partial);
        Ok(hash)
    }

    fn swap(&self) -> std::io::Result<()> {
        let mut old = self.partial.clone().into_os_string();
        old.push(".old");
        let old = PathBuf::from(old);
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        if self.target.exists() {
            fs::rename(&self.target, &old)?;
        }
        fs::rename(&self.partial, &self.target)?;
        atomic::sync_parent(&self.target)?;
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        Ok(())
    }
}

impl Drop for NewDirectory {
    fn drop(&mut self) {
        if !self.published {
            let _ = fs::remove_dir_all(&self.partial);
            atomic::end(&self.partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RowEquation;

    fn run() -> Run {
        Run {
            stage: "train",
            arguments: BTreeMap::new(),
            seed: None,
            inputs: Vec::new(),
            rows: RowEquation::Used {
                rows_in: 1,
                used: 1,
                skipped: 0,
            },
            drops: BTreeMap::new(),
        }
    }

    fn open(path: &Path) -> Result<Directory> {
        Directory::open(&DirectorySource::Path(path.to_owned()))
    }

    #[test]
    fn a_directory_appears_whole_and_is_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        let mut new = NewDirectory::create(&path).expect("created");
        new.add("config.json", b"{}").expect("added");
        new.add("deep/part.json", b"[]").expect("added");
        assert!(!path.exists());
        let hash = new.publish(&run()).expect("published");
        let directory = open(&path).expect("opened");
        assert_eq!(
            directory.files().expect("listed"),
            ["config.json", "deep/part.json"]
        );
        assert_eq!(
            directory.read("config.json").expect("read").as_deref(),
            Some(b"{}".as_slice())
        );
        assert_eq!(directory.input("model").expect("an input").node.hash, hash);
        assert_eq!(directory.provenance().expect("made here").of, hash);
    }

    #[test]
    fn a_changed_file_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        let mut new = NewDirectory::create(&path).expect("created");
        new.add("config.json", b"{}").expect("added");
        new.publish(&run()).expect("published");
        fs::write(path.join("config.json"), b"[]").expect("changed");
        let error = open(&path)
            .expect("opened")
            .read("config.json")
            .expect_err("changed");
        assert!(error.to_string().contains("changed or damaged"), "{error}");
    }

    #[test]
    fn files_of_others_are_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("thesis");
        fs::create_dir(&path).expect("made");
        fs::write(path.join("chapter.txt"), b"years").expect("written");
        assert!(NewDirectory::create(&path).is_err());
        fs::write(path.join(MANIFEST), b"{\"name\": \"an app\"}").expect("written");
        let error = NewDirectory::create(&path).err().expect("refused");
        assert!(error.to_string().contains("was not made by"), "{error}");
    }

    #[test]
    fn a_directory_of_ours_is_replaced_but_not_with_notes_in_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        for _ in 0..2 {
            let mut new = NewDirectory::create(&path).expect("created");
            new.add("deep/part.json", b"[]").expect("added");
            new.publish(&run()).expect("published");
        }
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
        fs::write(path.join("deep/notes.txt"), b"mine").expect("written");
        let error = NewDirectory::create(&path).err().expect("refused");
        assert!(
            error.to_string().ends_with("did not make: deep/notes.txt"),
            "{error}"
        );
    }

    #[test]
    fn two_writers_do_not_mix() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model");
        let first = NewDirectory::create(&path).expect("created");
        let error = NewDirectory::create(&path).err().expect("refused");
        assert!(error.to_string().contains("another process"), "{error}");
        drop(first);
        assert!(NewDirectory::create(&path).is_ok());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_name_cannot_lead_out() {
        for name in ["../x", "/etc/x", "a/../b", "", "a//b", "C:x", "a\\b"] {
            assert!(contained(name).is_err(), "{name}");
        }
        assert!(contained("1_Pooling/config.json").is_ok());
    }
}
