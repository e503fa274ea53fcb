//! A disk that is full while spans are sent: what was acknowledged is answered, what does not fit is refused, a server
//! that is killed starts again on the full disk, and goes on once there is room.

use crate::support::{Server, command, heavy, metric};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A small file system of its own, gone when dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None` where this process may not mount one.
    fn new(bytes: u32) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let size = format!("size={bytes}");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory.path()).output();
        mount.is_ok_and(|mount| mount.status.success()).then_some(Disk(directory))
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

/// A small disk. Where this process may not mount one, `test` is run again in a namespace in which it may; `None` when
/// that was done, or is not allowed either.
fn disk(bytes: u32, test: &str) -> Option<Disk> {
    const AGAIN: &str = "SPANDREL_TEST_IN_NAMESPACE";
    let disk = Disk::new(bytes);
    if disk.is_some() || std::env::var_os(AGAIN).is_some() {
        return disk;
    }
    let may = Command::new("unshare").args(["--map-root-user", "--mount", "true"]).output();
    if !may.is_ok_and(|may| may.status.success()) {
        eprintln!("skipped: neither mount nor unshare is allowed, so there is no disk to fill");
        return None;
    }
    let mut again = Command::new("unshare");
    again.args(["--map-root-user", "--mount"]).arg(std::env::current_exe().unwrap());
    let ran = again.args([test, "--exact"]).env(AGAIN, "1").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
    None
}

/// Sends traces of 30 kB from `first` on until so many are refused; those that were acknowledged.
fn send_until_refused(server: &Server, first: u128, refusals: usize) -> Vec<u128> {
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    for trace in first..first + 2000 {
        let answer = server.export(&heavy(trace, 30_000));
        match (answer.status, answer.header("retry-after")) {
            (200, _) => acknowledged.push(trace),
            (503, again) if !again.is_empty() => refused += 1,
            _ => panic!("{}: {}", answer.status, answer.text()),
        }
        if refused == refusals {
            return acknowledged;
        }
    }
    panic!("the disk is never full");
}

/// That all of these, and nothing else, are answered.
fn check(server: &Server, acknowledged: &[u128]) {
    let lost: Vec<_> =
        acknowledged.iter().filter(|trace| server.spans(&format!("{trace:x}")).len() != 1).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    assert_eq!(metric(server, "spandrel_store_spans"), acknowledged.len() as u64);
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}: not within a minute");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Without limits of its own, so that the disk is what ends.
const UNLIMITED: [&str; 6] = ["--max-disk", "0", "--retention-hours", "0", "--segment-size", "1M"];

#[test]
fn a_full_disk_loses_nothing_and_is_used_again_when_there_is_room() {
    let name = "full_disk::a_full_disk_loses_nothing_and_is_used_again_when_there_is_room";
    let Some(disk) = disk(10 << 20, name) else { return };
    let ballast = disk.0.path().join("of-another-program");
    std::fs::write(&ballast, vec![7; 3 << 20]).unwrap();
    let server = Server::start(&disk.data(), &UNLIMITED);
    let mut acknowledged = send_until_refused(&server, 1, 20);
    assert!(acknowledged.len() > 50, "{} fitted", acknowledged.len());
    check(&server, &acknowledged);
    assert_eq!(server.get("/ready").status, 503);
    assert_eq!(server.get_json("/health")["problems"][0], "spans cannot be written");
    assert_eq!(server.get_json("/api/services")["total"], 1);
    server.kill();

    let server = Server::start(&disk.data(), &UNLIMITED);
    check(&server, &acknowledged);
    acknowledged.extend(send_until_refused(&server, 10_000, 5));
    check(&server, &acknowledged);
    server.kill();

    let server = Server::start(&disk.data(), &UNLIMITED);
    std::fs::remove_file(ballast).unwrap();
    let mut next = 20_000;
    eventually("spans are taken in again", || {
        next += 1;
        let taken = server.export(&heavy(next, 30_000)).status == 200;
        acknowledged.extend(taken.then_some(next));
        taken
    });
    eventually("the server is well again", || {
        let health = server.get("/health").text();
        health == r#"{"status":"ok"}"# || {
            println!("{health}");
            false
        }
    });
    assert_eq!(server.get("/ready").status, 200);
    check(&server, &acknowledged);
    assert!(server.terminate());
    check(&Server::start(&disk.data(), &UNLIMITED), &acknowledged);
}

#[test]
fn a_disk_is_not_filled_unless_the_server_is_told_to() {
    let name = "full_disk::a_disk_is_not_filled_unless_the_server_is_told_to";
    let Some(disk) = disk(16 << 20, name) else { return };
    let used = |data: &Path| -> u64 {
        std::fs::read_dir(data)
            .unwrap()
            .map(|file| file.unwrap().metadata().map_or(0, |meta| meta.len()))
            .sum()
    };
    let server = Server::start(&disk.data(), &["--segment-size", "1M"]);
    for trace in 1..=1200 {
        let answer = server.export(&heavy(trace, 30_000));
        assert_eq!(answer.status, 200, "{trace}: {}", answer.text());
        assert!(used(&disk.data()) <= 13 << 20, "four fifths of 16 MB");
    }
    assert_eq!(server.spans("4b0").len(), 1, "the newest is there, the oldest are gone");
    server.kill();
    let server = Server::start(&disk.data(), &["--segment-size", "1M"]);
    assert_eq!(server.spans("4b0").len(), 1);
    assert_eq!(server.export(&heavy(5000, 30_000)).status, 200);
}

/// Where nothing can be mounted: no file may become larger than the first segment is, which fails in the same places.
#[test]
fn files_that_cannot_grow_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let limited = || {
        let server = command(directory.path(), &UNLIMITED[..4]);
        let mut shell = Command::new("sh");
        // 600 times 512 bytes; ignored, the signal becomes an error of the write.
        shell.args(["-c", "trap '' XFSZ; ulimit -f 600; exec \"$@\"", "sh"]).arg(server.get_program());
        shell.args(server.get_args()).env_remove("SPANDREL_VIEWER");
        Server::of(shell)
    };
    let server = limited();
    let mut acknowledged = send_until_refused(&server, 1, 20);
    assert!(!acknowledged.is_empty());
    check(&server, &acknowledged);
    assert_eq!(server.get("/ready").status, 503);
    server.kill();
    let server = limited();
    check(&server, &acknowledged);
    server.kill();
    let server = Server::start(directory.path(), &UNLIMITED[..4]);
    assert_eq!(server.export(&heavy(5000, 30_000)).status, 200);
    acknowledged.push(5000);
    check(&server, &acknowledged);
}
