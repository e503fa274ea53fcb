//! Long-running programs, started and stopped. Ours print one line `ready name=URL …` once they listen.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};

use crate::process;

/// A running program and the addresses it named.
pub struct Service {
    name: String,
    child: Child,
    /// `viewer` → `http://127.0.0.1:16686`, and so on.
    pub addresses: HashMap<String, String>,
}

impl Service {
    /// Starts a program and waits for its `ready` line; what it prints besides is shown as it is.
    pub fn start(name: &str, command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("`{}` could not be started", process::shown(command)))?;
        let stdout = child.stdout.take().context("no standard output")?;
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                match addresses(&line) {
                    Some(found) => drop(sender.send(found)),
                    None => println!("{line}"),
                }
            }
        });
        let mut service = Service { name: name.to_owned(), child, addresses: HashMap::new() };
        match receiver.recv_timeout(Duration::from_secs(60)) {
            Ok(found) => service.addresses = found,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                bail!("{name} was not ready within a minute")
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                let status = service.child.wait()?;
                bail!("{name} stopped before it was ready ({status}); its output is above");
            }
        }
        Ok(service)
    }

    /// Starts a program that prints no `ready` line; its output is shown as it is.
    pub fn spawn(name: &str, command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("`{}` could not be started", process::shown(command)))?;
        Ok(Service { name: name.to_owned(), child, addresses: HashMap::new() })
    }

    /// Host and port of one of its addresses.
    pub fn authority(&self, which: &str) -> Result<&str> {
        let url =
            self.addresses.get(which).ok_or_else(|| anyhow!("{} named no {which} address", self.name))?;
        Ok(url.trim_start_matches("http://").trim_end_matches('/'))
    }

    /// An error if the program has ended by itself.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} stopped by itself ({status})", self.name),
            None => Ok(()),
        }
    }

    /// Asks the program to end, gives it ten seconds, then ends it.
    fn stop(&mut self) {
        // The shell's built-in `kill` is always there, and needs no unsafe code.
        let polite = format!("kill -TERM {}", self.child.id());
        let _ = Command::new("sh").args(["-c", &polite]).stderr(Stdio::null()).status();
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.stop();
        }
    }
}

/// The addresses in a `ready` line; nothing for any other line.
fn addresses(line: &str) -> Option<HashMap<String, String>> {
    let words = line.strip_prefix("ready ")?.split_whitespace();
    words.map(|word| word.split_once('=').map(|(name, url)| (name.to_owned(), url.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_ready_line_names_addresses() {
        let found = addresses("ready viewer=http://127.0.0.1:1 otlp_http=http://127.0.0.1:2").unwrap();
        assert_eq!(found["viewer"], "http://127.0.0.1:1");
        assert_eq!(found["otlp_http"], "http://127.0.0.1:2");
        assert!(addresses("ready or not").is_none());
        assert!(addresses("listening on 1").is_none());
    }

    #[test]
    fn a_program_that_ends_early_is_an_error_and_not_a_wait() {
        let error = Service::start("sh", Command::new("sh").args(["-c", "exit 3"])).err().unwrap();
        assert!(error.to_string().contains("stopped before it was ready"), "{error}");
    }

    #[test]
    fn a_program_is_stopped_when_it_is_dropped() {
        let service =
            Service::start("sh", Command::new("sh").args(["-c", "echo ready a=http://x:1/; exec sleep 600"]))
                .unwrap();
        assert_eq!(service.authority("a").unwrap(), "x:1");
        assert!(service.authority("b").is_err());
        let id = service.child.id();
        drop(service);
        assert!(!std::path::Path::new(&format!("/proc/{id}")).exists());
    }
}
