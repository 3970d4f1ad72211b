//! The local cache in the layout of Python's `huggingface_hub`, so that both find each other's files.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::blob::BlobId;
use super::listing::{Entry, Listing, is_commit};
use super::path::{HubPath, check_relative};
use crate::error::{Error, Result};

/// The part of the cache that holds one repository.
///
/// `blobs/ID` are contents, `snapshots/COMMIT/NAME` point at them, `refs/REVISION` name commits.
/// `.polyculture/COMMIT.json` is ours: what the Hub listed, so that a half-filled cache is known for one without the Hub.
#[derive(Debug)]
pub(crate) struct RepoCache {
    root: PathBuf,
    locks: PathBuf,
}

impl RepoCache {
    /// The repository's part of the cache in `cache_dir`.
    pub(crate) fn new(cache_dir: &Path, address: &HubPath) -> Self {
        let (kind, owner, name) = (address.kind().plural(), address.owner(), address.name());
        let folder = format!("{kind}--{owner}--{name}");
        Self {
            locks: cache_dir.join(".locks").join(&folder),
            root: cache_dir.join(folder),
        }
    }

    /// Where a content lies.
    pub(crate) fn blob(&self, id: &BlobId) -> PathBuf {
        self.root.join("blobs").join(id.hex())
    }

    /// Where a content is gathered before it is checked.
    pub(crate) fn incomplete(&self, id: &BlobId) -> PathBuf {
        self.root
            .join("blobs")
            .join(format!("{}.incomplete", id.hex()))
    }

    /// The folder of one commit.
    pub(crate) fn snapshot(&self, commit: &str) -> PathBuf {
        self.root.join("snapshots").join(commit)
    }

    /// Keeps others from gathering the same content, until the file is dropped.
    ///
    /// A file system without locks is no error: the content is checked before it becomes visible.
    pub(crate) fn lock(&self, id: &BlobId) -> Result<File> {
        let path = self.locks.join(format!("{}.lock", id.hex()));
        let lock = create_folder_of(&path)
            .and_then(|()| File::create(&path))
            .and_then(|file| match file.lock() {
                Err(cause) if cause.kind() != io::ErrorKind::Unsupported => Err(cause),
                _ => Ok(file),
            });
        lock.map_err(|cause| Error::io("lock", path.display(), cause))
    }

    /// The commit that a revision last stood for.
    pub(crate) fn commit_of(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let text = fs::read_to_string(self.root.join("refs").join(revision)).ok()?;
        Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Notes which commit a revision stands for.
    pub(crate) fn note_commit(&self, revision: &str, commit: &str) -> io::Result<()> {
        write_whole(&self.root.join("refs").join(revision), commit.as_bytes())
    }

    /// Notes what the Hub listed.
    pub(crate) fn note_listing(&self, listing: &Listing) -> io::Result<()> {
        let text = serde_json::to_vec(listing)?;
        write_whole(&self.note(&listing.commit), &text)
    }

    /// What the Hub once listed for a commit.
    pub(crate) fn listing(&self, commit: &str) -> Option<Listing> {
        let text = fs::read(self.note(commit)).ok()?;
        serde_json::from_slice(&text)
            .ok()
            .filter(|listing: &Listing| listing.commit == commit)
    }

    fn note(&self, commit: &str) -> PathBuf {
        self.root
            .join(".polyculture")
            .join(format!("{commit}.json"))
    }

    /// The files of a commit that another program brought here; none where there is not one.
    pub(crate) fn found(&self, commit: &str) -> Option<Listing> {
        let mut names = Vec::new();
        gather(&self.snapshot(commit), "", &mut names);
        (!names.is_empty()).then(|| Listing {
            commit: commit.to_owned(),
            files: names
                .into_iter()
                .map(|name| (name, Entry::default()))
                .collect(),
            configs: serde_json::Value::Null,
        })
    }

    /// The file called `name` of a commit, if its content is here and has the size it should have.
    pub(crate) fn file(&self, commit: &str, name: &str, entry: &Entry) -> Result<Option<PathBuf>> {
        let has_size = |path: &Path| {
            let length = fs::metadata(path)
                .ok()
                .filter(fs::Metadata::is_file)
                .map(|meta| meta.len());
            length.is_some_and(|length| entry.size.is_none_or(|size| size == length))
        };
        let path = self.snapshot(commit).join(name);
        if has_size(&path) {
            return Ok(Some(path));
        }
        match &entry.blob {
            Some(blob) if has_size(&self.blob(blob)) => self.link(commit, name, blob).map(Some),
            _ => Ok(None),
        }
    }

    /// Makes the content visible as the file called `name` of a commit.
    pub(crate) fn link(&self, commit: &str, name: &str, blob: &BlobId) -> Result<PathBuf> {
        let path = self.snapshot(commit).join(name);
        let up = "../".repeat(name.split('/').count() + 1);
        let target = PathBuf::from(format!("{up}blobs/{}", blob.hex()));
        let beside = beside(&path);
        create_folder_of(&path)
            .and_then(|()| point(&beside, &target, &self.blob(blob)))
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|cause| Error::io("make", path.display(), cause))?;
        Ok(path)
    }
}

#[cfg(unix)]
fn point(path: &Path, target: &Path, _content: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

/// Links need a privilege here, so the content is copied, as Python's library does.
#[cfg(not(unix))]
fn point(path: &Path, _target: &Path, content: &Path) -> io::Result<()> {
    fs::copy(content, path).map(drop)
}

/// A name in the same folder that no other process uses.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Names may have 255 bytes already, so this one does not grow with them.
    if name.len() > 200 {
        name = "long".into();
    }
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.new", std::process::id()));
    path.with_file_name(hidden)
}

pub(crate) fn create_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Makes renames in the folder of `path` outlive a power loss.
pub(crate) fn settle_folder_of(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        path.parent()
            .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    } else {
        Ok(())
    }
}

fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    create_folder_of(path)?;
    let beside = beside(path);
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

fn gather(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let name = format!("{prefix}{name}");
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            gather(&path, &format!("{name}/"), names);
        } else if path.is_file() && check_relative(&name).is_ok() {
            names.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_is_that_of_pythons_library() {
        let folder = tempfile::tempdir().expect("a folder");
        let address: HubPath = "hf://datasets/o/n".parse().expect("an address");
        let cache = RepoCache::new(folder.path(), &address);
        let (commit, blob) = ("c".repeat(40), BlobId::new(&"a".repeat(40)).expect("an id"));
        write_whole(&cache.blob(&blob), b"rows").expect("written");
        let path = cache
            .link(&commit, "data/train.csv", &blob)
            .expect("linked");
        assert_eq!(
            path,
            folder
                .path()
                .join(format!("datasets--o--n/snapshots/{commit}/data/train.csv"))
        );
        assert_eq!(fs::read(&path).expect("readable"), b"rows");
        #[cfg(unix)]
        assert_eq!(
            fs::read_link(&path).expect("a link"),
            PathBuf::from(format!("../../../blobs/{}", "a".repeat(40)))
        );
        cache.note_commit("main", &commit).expect("noted");
        let noted = fs::read_to_string(folder.path().join("datasets--o--n/refs/main"));
        assert_eq!(noted.expect("readable"), commit);
        let found = cache.found(&commit).expect("files");
        assert_eq!(found.files.keys().collect::<Vec<_>>(), ["data/train.csv"]);
    }

    #[test]
    fn a_reference_that_is_a_path_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = RepoCache::new(folder.path(), &"hf://o/n".parse().expect("an address"));
        write_whole(
            &folder.path().join("models--o--n/refs/main"),
            b"../../secret",
        )
        .expect("written");
        assert_eq!(cache.commit_of("main"), None);
    }

    #[test]
    fn a_content_of_another_size_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = RepoCache::new(folder.path(), &"hf://o/n".parse().expect("an address"));
        let (commit, blob) = ("c".repeat(40), BlobId::new(&"a".repeat(40)).expect("an id"));
        write_whole(&cache.blob(&blob), b"half").expect("written");
        let entry = |size| Entry {
            size: Some(size),
            blob: Some(blob.clone()),
        };
        assert_eq!(cache.file(&commit, "x", &entry(8)).expect("no error"), None);
        assert!(
            cache
                .file(&commit, "x", &entry(4))
                .expect("no error")
                .is_some()
        );
    }
}
