//! A web server on loopback that plays the Hub, faults included, and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sha1::Sha1;
use sha2::{Digest, Sha256};

/// What was asked.
#[derive(Debug, Clone)]
pub struct Request {
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

/// What is answered; `missing` bytes of the declared length are never sent.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub missing: usize,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            missing: 0,
        }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer, of which only the first `length` bytes arrive.
    pub fn cut(mut self, length: usize) -> Self {
        self.missing = self.body.len() - length;
        self.body.truncate(length);
        self
    }
}

/// A running server; it ends with the test's process.
pub struct Server {
    pub endpoint: String,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request by `answer`, which is also told how often this path was asked for before.
    pub fn start(answer: impl Fn(&Request, usize) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let log: Arc<Mutex<Vec<Request>>> = Arc::default();
        let shared = Arc::clone(&log);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(request) = read(&stream) {
                    let mut log = shared.lock().expect("no test panicked with it");
                    let before = log.iter().filter(|one| one.path == request.path).count();
                    log.push(request.clone());
                    drop(log);
                    send(stream, &answer(&request, before));
                }
            }
        });
        Self { endpoint, log }
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.log.lock().expect("no test panicked with it").clone()
    }

    /// The requests so far whose path ends so.
    pub fn asked(&self, ending: &str) -> Vec<Request> {
        let mut all = self.requests();
        all.retain(|request| request.path.ends_with(ending));
        all
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.split_once(": ")
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        })
        .collect();
    Some(Request { path, headers })
}

fn send(mut stream: TcpStream, answer: &Answer) {
    let length = answer.body.len() + answer.missing;
    let mut head = vec![
        format!("HTTP/1.1 {} Said", answer.status),
        "Connection: close".to_owned(),
        format!("Content-Length: {length}"),
    ];
    head.extend(
        answer
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    let head = format!("{}\r\n\r\n", head.join("\r\n"));
    // A client that has seen enough hangs up, which is no fault of the server.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&answer.body));
}

/// A repository as the Hub serves it.
#[derive(Clone)]
pub struct Repository {
    pub kind: &'static str,
    pub commit: String,
    pub files: BTreeMap<String, Vec<u8>>,
    pub card: String,
}

impl Repository {
    pub fn new(kind: &'static str, files: &[(&str, &str)]) -> Self {
        Self {
            kind,
            commit: "c0ffee".repeat(7)[..40].to_owned(),
            files: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec()))
                .collect(),
            card: "null".to_owned(),
        }
    }

    fn description(&self) -> String {
        format!(
            r#"{{"id":"o/n","sha":"{}","cardData":{}}}"#,
            self.commit, self.card
        )
    }

    /// Two files a page. Large files, by their ending, are listed with their SHA-256 and the others with git's id.
    fn tree(&self, query: &str) -> Answer {
        let start: usize = query
            .split("cursor=")
            .nth(1)
            .map_or(0, |n| n.parse().expect("a number"));
        let page: Vec<String> = self
            .files
            .iter()
            .skip(start)
            .take(2)
            .map(|(name, content)| {
                let size = content.len();
                let lfs = if name.ends_with(".parquet") || name.ends_with(".safetensors") {
                    let id = sha256(content);
                    format!(r#","lfs":{{"oid":"{id}","size":{size},"pointerSize":130}}"#)
                } else {
                    String::new()
                };
                let id = git_id(content);
                format!(r#"{{"type":"file","path":"{name}","size":{size},"oid":"{id}"{lfs}}}"#)
            })
            .collect();
        let id = "0".repeat(40);
        let folder = format!(r#"{{"type":"directory","path":"data","oid":"{id}"}}"#);
        let entries: Vec<String> = [folder].into_iter().chain(page).collect();
        let answer = Answer::new(200, format!("[{}]", entries.join(",")));
        if start + 2 >= self.files.len() {
            return answer;
        }
        // As mirrors pass it on: the host is not the one that was asked.
        let next = format!("https://hub.invalid/x?recursive=true&cursor={}", start + 2);
        answer.with("Link", format!(r#"<{next}>; rel="next""#))
    }

    /// What a faultless Hub answers, whole files and parts alike.
    pub fn answer(&self, request: &Request) -> Answer {
        let prefix = if self.kind == "datasets" {
            "/datasets"
        } else {
            ""
        };
        let files = format!("{prefix}/o/n/resolve/{}/", self.commit);
        if request
            .path
            .starts_with(&format!("/api/{}/o/n/revision/", self.kind))
        {
            return Answer::new(200, self.description());
        }
        let tree = format!("/api/{}/o/n/tree/{}?", self.kind, self.commit);
        if let Some(query) = request.path.strip_prefix(&tree) {
            return self.tree(query);
        }
        let Some(content) = request
            .path
            .strip_prefix(&files)
            .and_then(|name| self.files.get(name))
        else {
            return Answer::new(404, "").with("X-Error-Code", "EntryNotFound");
        };
        match request
            .headers
            .get("range")
            .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'))
        {
            None => Answer::new(200, content.clone()),
            Some(start) => {
                let start: usize = start.parse().expect("a number");
                let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
                Answer::new(206, &content[start..]).with("Content-Range", range)
            }
        }
    }
}

/// The hexadecimal SHA-256.
pub fn sha256(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// The hexadecimal id that git gives the content.
pub fn git_id(content: &[u8]) -> String {
    hex(&Sha1::new_with_prefix(format!("blob {}\0", content.len()))
        .chain_update(content)
        .finalize())
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}
