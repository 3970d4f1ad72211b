//! One content from the Hub into the cache: resumed where it broke off, checked before anyone can see it.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use reqwest::blocking::Response;
use reqwest::header::CONTENT_RANGE;

use super::answer::{self, Refusal};
use super::blob::{BlobId, Check};
use super::cache::{RepoCache, create_folder_of, settle_folder_of};
use super::client::Client;
use super::path::HubPath;
use super::retry::{Failure, persist};
use crate::error::{Error, Result, shown};

const POINTER: &[u8] = b"version https://git-lfs.github.com/spec/v1";

/// A file of one commit whose content is not in the cache.
pub(crate) struct Wanted<'a> {
    pub(crate) client: &'a Client,
    pub(crate) cache: &'a RepoCache,
    pub(crate) address: &'a HubPath,
    pub(crate) commit: &'a str,
    pub(crate) name: &'a str,
    pub(crate) size: u64,
    pub(crate) blob: &'a BlobId,
}

impl Wanted<'_> {
    /// Brings the content into the cache's `blobs`, or leaves nothing there.
    pub(crate) fn download(&self) -> Result<()> {
        let blob = self.cache.blob(self.blob);
        create_folder_of(&blob)
            .map_err(|cause| Error::io("make the folder of", blob.display(), cause))?;
        let _lock = self.cache.lock(self.blob)?;
        if fs::metadata(&blob).is_ok_and(|meta| meta.len() == self.size) {
            return Ok(());
        }
        let part = self.cache.incomplete(self.blob);
        persist(self.client.retry_wait, self.name, || self.attempt(&part))
            .map_err(Failure::into_error)?;
        fs::rename(&part, &blob)
            .and_then(|()| settle_folder_of(&blob))
            .map_err(|cause| Error::io("put in place", blob.display(), cause))
    }

    /// One request for what is missing, then the check of the whole.
    fn attempt(&self, path: &Path) -> Result<(), Failure> {
        let mut part = Part::open(path, self.size, self.blob)?;
        let resumed = part.length > 0;
        if part.length < self.size {
            self.fill(&mut part)?;
        }
        part.settle()?;
        let found = part.check.finish();
        if found == self.blob.hex() {
            return Ok(());
        }
        let pointer = self.blob.is_lfs() && starts_as_pointer(path);
        remove(path)?;
        let error = if pointer {
            self.pointer()
        } else {
            self.corrupt(&found)
        };
        // What an earlier attempt left may be at fault, so the next one starts from nothing.
        Err(if resumed {
            Failure::passing(error)
        } else {
            Failure::Lasting(error)
        })
    }

    fn fill(&self, part: &mut Part) -> Result<(), Failure> {
        let url = self.client.file_url(self.address, self.commit, self.name);
        let mut response = self.client.get(&url, part.length)?;
        match response.status().as_u16() {
            200 => part.restart()?,
            206 => self.check_range(&response, part.length)?,
            416 => {
                remove(&part.path)?;
                let error = Error::new(format!("{} cannot be resumed", self.shown()));
                return Err(Failure::passing(error));
            }
            _ => {
                return Err(answer::failure(
                    self.client,
                    self.address,
                    Some(self.name),
                    &Refusal::from(&response),
                ));
            }
        }
        let page_is_wanted = Path::new(self.name)
            .extension()
            .is_some_and(|ending| ending == "html");
        if answer::is_page(&response) && !page_is_wanted {
            return Err(answer::page_instead_of(self.client, &self.shown()).into());
        }
        self.check_length(&mut response, part.length)?;
        self.copy(&mut response, part)
    }

    fn copy(&self, response: &mut Response, part: &mut Part) -> Result<(), Failure> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = response
                .read(&mut buffer)
                .map_err(|cause| Failure::passing(self.truncated(part.length).caused_by(cause)))?;
            if read == 0 {
                break;
            }
            if part.length + read as u64 > self.size {
                remove(&part.path)?;
                return Err(self.wrong_size("more").into());
            }
            part.append(&buffer[..read])?;
        }
        if part.length < self.size {
            return Err(Failure::passing(self.truncated(part.length)));
        }
        Ok(())
    }

    /// A server that sends another part than the one asked for would make a patchwork.
    fn check_range(&self, response: &Response, start: u64) -> Result<()> {
        let expected = format!("bytes {start}-{}/{}", self.size - 1, self.size);
        let found = response
            .headers()
            .get(CONTENT_RANGE)
            .and_then(|value| value.to_str().ok());
        if found == Some(expected.as_str()) {
            return Ok(());
        }
        let found = found.map_or("nothing".to_owned(), shown);
        Err(Error::new(format!(
            "{}: the server sent {found} where {expected} was asked for",
            self.shown()
        )))
    }

    fn check_length(&self, response: &mut Response, start: u64) -> Result<()> {
        let Some(length) = response.content_length() else {
            return Ok(());
        };
        if start + length == self.size {
            return Ok(());
        }
        let mut head = Vec::new();
        let pointer = self.blob.is_lfs()
            && response
                .take(POINTER.len() as u64)
                .read_to_end(&mut head)
                .is_ok()
            && head == POINTER;
        Err(if pointer {
            self.pointer()
        } else {
            self.wrong_size(&(start + length).to_string())
        })
    }

    fn shown(&self) -> String {
        format!("{} of {}", shown(self.name), self.address.repository())
    }

    fn wrong_size(&self, found: &str) -> Error {
        let size = self.size;
        Error::new(format!(
            "{} has {size} bytes by the listing, but the server sends {found}",
            self.shown()
        ))
    }

    fn truncated(&self, length: u64) -> Error {
        Error::new(format!(
            "{} was cut off after {length} of {} bytes",
            self.shown(),
            self.size
        ))
        .with_hint("the same command goes on from there")
    }

    fn corrupt(&self, found: &str) -> Error {
        let expected = self.blob.hex();
        Error::new(format!(
            "{} is corrupt: expected digest {expected}, found {found}",
            self.shown()
        ))
        .with_hint("what came was deleted; the same command fetches it anew")
    }

    fn pointer(&self) -> Error {
        Error::new(format!(
            "{} came as a Git LFS pointer, not as its content",
            self.shown()
        ))
        .with_hint("the server in HF_ENDPOINT does not serve large files")
    }
}

/// The bytes gathered so far, with their digest.
struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    check: Check,
    fresh: Box<dyn Fn() -> Check>,
}

impl Part {
    /// What an earlier attempt left, or nothing.
    fn open(path: &Path, size: u64, blob: &BlobId) -> Result<Self> {
        let open = || {
            OpenOptions::new()
                .read(true)
                .append(true)
                .create(true)
                .open(path)
        };
        let file = open().map_err(|cause| Error::io("open", path.display(), cause))?;
        let blob = blob.clone();
        let fresh = Box::new(move || blob.check(size));
        let mut part = Self {
            path: path.to_owned(),
            file,
            length: 0,
            check: fresh(),
            fresh,
        };
        part.read_back()?;
        if part.length > size {
            part.restart()?;
        }
        Ok(part)
    }

    fn read_back(&mut self) -> Result<()> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let read = self.file.read(&mut buffer);
            let read = read.map_err(|cause| Error::io("read", self.path.display(), cause))?;
            if read == 0 {
                return Ok(());
            }
            self.check.update(&buffer[..read]);
            self.length += read as u64;
        }
    }

    fn restart(&mut self) -> Result<()> {
        self.length = 0;
        self.check = (self.fresh)();
        let emptied = self
            .file
            .set_len(0)
            .and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied
            .map(drop)
            .map_err(|cause| Error::io("empty", self.path.display(), cause))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|cause| Error::io("write", self.path.display(), cause))?;
        self.check.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn settle(&self) -> Result<()> {
        let settled = self.file.sync_all();
        settled.map_err(|cause| Error::io("settle", self.path.display(), cause))
    }
}

fn starts_as_pointer(path: &Path) -> bool {
    let mut head = Vec::new();
    let read =
        File::open(path).and_then(|file| file.take(POINTER.len() as u64).read_to_end(&mut head));
    read.is_ok() && head == POINTER
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|cause| Error::io("delete", path.display(), cause))
}
