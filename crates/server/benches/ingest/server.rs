//! The server as a process of its own, so that its memory and its start are its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    /// Address of the query API.
    pub query: String,
    /// Address of OTLP over HTTP.
    pub otlp: String,
    /// Time until it was ready.
    pub started: Duration,
}

impl Server {
    /// Starts it on free ports.
    pub fn start(directory: &Path) -> Self {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_spandrel-server"))
            .args([
                "--port=0",
                "--otlp-http-port=0",
                "--otlp-grpc-port=0",
                "--query-grpc-port=0",
                "--data-dir",
            ])
            .arg(directory)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let started = start.elapsed();
        let address = |name: &str| {
            let url = ready.split_whitespace().find_map(|word| word.strip_prefix(name)).unwrap();
            url.trim_start_matches("=http://").trim_end_matches('/').to_owned()
        };
        Server { query: address("viewer"), otlp: address("otlp_http"), child, started }
    }

    /// Stops it as a service manager does; how long that took.
    pub fn stop(mut self) -> Duration {
        let start = Instant::now();
        let told = Command::new("sh").args(["-c", "kill -TERM $0", &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
        assert!(self.child.wait().unwrap().success());
        start.elapsed()
    }

    /// Resident memory: now, at most since [`Server::forget_peak`], and what is not of files; MB. 0 where the system does
    /// not say.
    pub fn memory(&self) -> [f64; 3] {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        ["VmRSS:", "VmHWM:", "RssAnon:"].map(|name| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            kibibytes.unwrap_or(0.0) / 1024.0
        })
    }

    /// Sets the peak of memory to what it is now (Linux).
    pub fn forget_peak(&self) {
        // Elsewhere the peak is that since the start.
        let _ = std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Empties the page cache, so that files are read from the disk; whether that is permitted.
pub fn drop_page_cache() -> bool {
    let synced = Command::new("sync").status().is_ok_and(|status| status.success());
    synced && std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}
