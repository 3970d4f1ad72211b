//! A model server on this machine that answers as it is told to, faults included.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// A request that the server got.
#[derive(Clone, Debug)]
pub struct Served {
    /// How many came before it.
    pub number: usize,
    /// Its path, such as `/v1/chat/completions`.
    pub path: String,
    /// Its headers, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Its JSON.
    pub body: Value,
}

impl Served {
    /// The message of the user, or the prompt.
    pub fn prompt(&self) -> String {
        let message = self.body["messages"].as_array().and_then(|all| all.last());
        let said = message.map_or(&self.body["prompt"], |message| &message["content"]);
        said.as_str().unwrap_or_default().to_owned()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What the server sends back.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A status, headers and a body.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// A good status and the beginning of a body that is said to be longer.
    CutOff(String),
    /// Nothing; the connection is held until the client gives up.
    Silence,
}

impl Reply {
    /// A chat with this text, or a completion; counted as so many tokens as it has words.
    pub fn text(served: &Served, text: &str) -> Self {
        let choice = if served.body.get("messages").is_some() {
            json!({"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"})
        } else {
            json!({"index": 0, "text": text, "finish_reason": "stop"})
        };
        let words = |text: &str| text.split_whitespace().count();
        let usage =
            json!({"prompt_tokens": words(&served.prompt()), "completion_tokens": words(text)});
        Self::json(&json!({"choices": [choice], "usage": usage}))
    }

    /// A good status with this JSON.
    pub fn json(body: &Value) -> Self {
        Self::Whole(200, Vec::new(), body.to_string())
    }

    /// An error in OpenAI's form.
    pub fn error(status: u16, message: &str) -> Self {
        let body = json!({"error": {"message": message}});
        Self::Whole(status, Vec::new(), body.to_string())
    }
}

/// How the server answers.
type Answer = dyn Fn(&Served) -> Reply + Send + Sync;

/// A server on the loopback interface; gone when dropped.
pub struct ModelServer {
    port: u16,
    served: Arc<Mutex<Vec<Served>>>,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl ModelServer {
    /// Starts a server that answers each request as `answer` says.
    pub fn start(answer: impl Fn(&Served) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let served = Arc::new(Mutex::new(Vec::new()));
        let closing = Arc::new(AtomicBool::new(false));
        let (log, end) = (Arc::clone(&served), Arc::clone(&closing));
        let answer: Arc<Answer> = Arc::new(answer);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::Acquire) {
                    return;
                }
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                if let Ok(stream) = stream {
                    std::thread::spawn(move || serve(stream, &log, &answer));
                }
            }
        });
        Self {
            port,
            served,
            closing,
            thread: Some(thread),
        }
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    /// What it was asked so far.
    pub fn served(&self) -> Vec<Served> {
        lock(&self.served).clone()
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Release);
        // One more connection wakes the thread that waits for one.
        let woken = TcpStream::connect(("127.0.0.1", self.port));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

fn lock(served: &Mutex<Vec<Served>>) -> MutexGuard<'_, Vec<Served>> {
    served.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads one request and answers it; a client that goes away in the middle is its own affair.
fn serve(stream: TcpStream, log: &Mutex<Vec<Served>>, answer: &Arc<Answer>) {
    let Some(mut request) = read(&stream) else {
        return;
    };
    {
        let mut log = lock(log);
        request.number = log.len();
        log.push(request.clone());
    }
    let reply = answer(&request);
    let _ = send(stream, &reply);
}

fn read(stream: &TcpStream) -> Option<Served> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length?.1.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    Some(Served {
        number: 0,
        path,
        headers,
        body: serde_json::from_slice(&body).ok()?,
    })
}

fn send(mut stream: TcpStream, reply: &Reply) -> std::io::Result<()> {
    let (status, headers, body, length) = match reply {
        Reply::Whole(status, headers, body) => (*status, headers.as_slice(), body, body.len()),
        Reply::CutOff(body) => (200, &[][..], body, body.len() + 100),
        Reply::Silence => {
            // Ends when the client closes its side.
            stream.read_to_end(&mut Vec::new())?;
            return Ok(());
        }
    };
    write!(
        stream,
        "HTTP/1.1 {status} Told\r\ncontent-length: {length}\r\nconnection: close\r\n"
    )?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "\r\n{body}")?;
    stream.flush()
}
