//! An HTTP server on a real port that answers as a test wants and keeps what it received.

#![allow(dead_code, reason = "each test file uses its part")]

use flate2::read::GzDecoder;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A request as it arrived, its body decompressed.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub at: Instant,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What the server does with a request.
pub enum Reply {
    /// Status, further header lines, body.
    Answer(u16, String, String),
    /// Says nothing and keeps the connection.
    Hang,
    /// Resets the connection.
    Reset,
    /// Announces a longer answer than it sends.
    Half,
}

/// An answer without further headers.
pub fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer(status, String::new(), body.to_owned())
}

pub struct StandIn {
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    stopped: Arc<AtomicBool>,
}

impl StandIn {
    /// Answers every request, with its number from 0, on a free port.
    pub fn start(reply: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), reply)
    }

    pub fn on(
        listener: TcpListener,
        reply: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        let received = Arc::new(Mutex::new(Vec::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let reply = Arc::new(reply);
        let (kept, stop) = (Arc::clone(&received), Arc::clone(&stopped));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (reply, kept, stop) = (Arc::clone(&reply), Arc::clone(&kept), Arc::clone(&stop));
                std::thread::spawn(move || serve(stream.unwrap(), &*reply, &kept, &stop));
            }
        });
        StandIn { address, received, stopped }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until so many requests came.
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let start = Instant::now();
        while self.received.lock().unwrap().len() < count {
            assert!(start.elapsed() < Duration::from_secs(20), "only {:?}", self.received().len());
            std::thread::sleep(Duration::from_millis(2));
        }
        self.received()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts, so that it ends and frees the port.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    mut stream: TcpStream,
    reply: &(dyn Fn(usize, &Received) -> Reply + Send + Sync),
    kept: &Mutex<Vec<Received>>,
    stop: &AtomicBool,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 || stop.load(Ordering::SeqCst) {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim_end().to_owned());
        }
        let headers: Vec<(String, String)> = head[1..]
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let path = head[0].split(' ').nth(1).unwrap().to_owned();
        let mut request = Received { path, headers, body: Vec::new(), at: Instant::now() };
        let mut body = vec![0; request.header("content-length").parse().unwrap()];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        if request.header("content-encoding") == "gzip" {
            let mut plain = Vec::new();
            GzDecoder::new(body.as_slice()).read_to_end(&mut plain).unwrap();
            body = plain;
        }
        request.body = body;
        let number = {
            let mut kept = kept.lock().unwrap();
            kept.push(request.clone());
            kept.len() - 1
        };
        match reply(number, &request) {
            Reply::Answer(status, headers, body) => {
                let length = body.len();
                let text = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{headers}\r\n{body}");
                if stream.write_all(text.as_bytes()).is_err() {
                    return;
                }
            }
            Reply::Hang => {
                while !stop.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(20));
                }
                return;
            }
            Reply::Reset => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
                let _inside = runtime.enter();
                stream.set_nonblocking(true).unwrap();
                // Closing a connection that must not linger sends a reset.
                tokio::net::TcpStream::from_std(stream).unwrap().set_zero_linger().unwrap();
                return;
            }
            Reply::Half => {
                let _ = stream.write_all(b"HTTP/1.1 200 x\r\ncontent-length: 100\r\n\r\n{\"half");
                return;
            }
        }
    }
}
