//! Slow readers, slow writers, idle connections and dear searches, all at once, beside a normal sender and a normal
//! reader: those two are answered in time, memory stays bounded, requests fail only with a status to retry, the server ends
//! when it is told to, and nothing that was acknowledged is lost.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity, dead_code)]
#![cfg(target_os = "linux")]

#[path = "api/support.rs"]
mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Answer, Server, peak_memory, request, send, span, text, try_send};

/// Of each kind of bad client.
const MANY: usize = 500;
/// How long all of them are there.
const LOAD: Duration = Duration::from_secs(15);
/// 99 of 100 exchanges of the normal ones take at most this long; where the machine itself is busy with other things,
/// four times as long as what needs no server (see [`control`]).
const IN_TIME: Duration = Duration::from_millis(250);
/// Far above what is normal, so that only a hang is caught.
const HANG: Duration = Duration::from_secs(30);
/// Resident memory at most.
const MEMORY: u64 = 400 << 20;

/// Traces 1 to 40 with 2,500 spans of 200 bytes each: about 1 MB in JSON, 40 MB to search through.
fn fill(server: &Server) {
    for trace in 1..=40 {
        let spans = (0..2_500).map(|id| {
            let mut span = span(trace, id + 1, "step");
            span.attributes = vec![text("text", &format!("{id:0>200}"))];
            span
        });
        assert_eq!(server.export(&request("big", spans.collect())).status, 200);
    }
}

/// Status 200, or one after which a client retries; any other fails the test.
fn check(what: &str, answer: &Answer) -> bool {
    match (answer.status, answer.header("retry-after")) {
        (200, _) => true,
        (503, again) if !again.is_empty() => false,
        _ => panic!("{what}: {} {}", answer.status, answer.text()),
    }
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

/// The normal sender's part: a small trace each time. Times, requests that were asked to retry, traces acknowledged.
fn send_traces(server: &Server, first: u128, over: &AtomicBool) -> (Vec<Duration>, u64, Vec<u128>) {
    let mut acknowledged = Vec::new();
    let (times, deferred) = repeat(over, |turn| {
        let trace = first + u128::from(turn);
        let answer = server.export(&request("good", vec![span(trace, 1, "x"), span(trace, 2, "y")]));
        let taken = check("export", &answer);
        if taken {
            acknowledged.push(trace);
        }
        taken
    });
    (times, deferred, acknowledged)
}

/// The normal reader's part: what a page asks for.
fn read_pages(server: &Server, over: &AtomicBool) -> (Vec<Duration>, u64) {
    let paths = [
        "/api/services",
        "/api/services/good/operations",
        "/api/v3/services",
        "/api/traces/3e7",
        "/api/traces?service=good&limit=20",
        "/health",
    ];
    repeat(over, |turn| check("reader", &server.get(paths[turn as usize % paths.len()])))
}

/// What an exchange needs of the machine without any server: a thread that wakes up, answers over a socket and flushes
/// a small file. Its times say how busy the machine is.
fn control(over: &AtomicBool) -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut file = tempfile::tempfile().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            if byte[0] == 0 {
                return;
            }
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            stream.write_all(&byte).unwrap();
        }
    });
    let exchange = |byte| -> std::io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(&[byte])?;
        stream.read_exact(&mut [0])
    };
    let (times, _) = repeat(over, |_| exchange(1).is_ok());
    // It answers nothing to this, and ends.
    let _ = exchange(0);
    times
}

/// Ends the process when dropped, also where a failed test leaves threads behind that hold the server.
struct EndsWithTest(u32);

impl Drop for EndsWithTest {
    fn drop(&mut self) {
        let _ = std::process::Command::new("kill").args(["-KILL", &self.0.to_string()]).status();
    }
}

/// What has come over a connection so far, at most the head of an answer.
fn arrived(mut stream: &TcpStream) -> String {
    stream.set_nonblocking(true).unwrap();
    let mut bytes = vec![0; 1000];
    match stream.read(&mut bytes) {
        Ok(length) => String::from_utf8_lossy(&bytes[..length]).into_owned(),
        Err(error) if error.kind() == ErrorKind::WouldBlock => String::new(),
        // Given up by the server.
        Err(_) => String::new(),
    }
}

/// That a bad client was answered, if at all, with what it asked for, that it was too slow, or to retry.
fn check_head(what: &str, head: &str) {
    let lower = head.to_ascii_lowercase();
    let status = lower.split(' ').nth(1).unwrap_or_default();
    let fine = match status {
        "" | "200" | "408" | "413" => true,
        // Of a reader that is slow enough, not even the head has arrived.
        "503" => lower.contains("retry-after:") || !lower.contains("\r\n\r\n"),
        _ => false,
    };
    assert!(fine, "{what}: {head}");
}

/// Repeats an exchange until the load ends; times of those that were answered.
fn repeat(over: &AtomicBool, mut exchange: impl FnMut(u64) -> bool) -> (Vec<Duration>, u64) {
    let (mut times, mut deferred) = (Vec::new(), 0);
    for turn in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let start = Instant::now();
        if exchange(turn) {
            times.push(start.elapsed())
        } else {
            deferred += 1
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    (times, deferred)
}

#[test]
fn bad_clients_do_not_harm_good_ones() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let server = Arc::new(Server::start(directory.path(), &[]));
    fill(&server);
    assert_eq!(server.export(&request("good", vec![span(999, 1, "x")])).status, 200);
    let ends = EndsWithTest(server.id());
    let over = Arc::new(AtomicBool::new(false));
    let open = |address: &str, head: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let mut readers: Vec<TcpStream> = (0..MANY)
        .map(|at| {
            let trace = at % 40 + 1;
            open(&server.viewer, &format!("GET /api/traces/{trace:x} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
        })
        .collect();
    let post = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n\
                content-length: 60000000\r\n\r\n";
    let mut writers: Vec<TcpStream> = (0..MANY).map(|_| open(&server.otlp_http, post)).collect();
    let ports = [&server.viewer, &server.otlp_http, &server.otlp_grpc];
    let idle: Vec<TcpStream> = (0..MANY).map(|at| open(ports[at % 3], "")).collect();
    let slow = std::thread::spawn({
        let over = over.clone();
        move || {
            let mut heads = vec![Vec::new(); MANY];
            while !over.load(Ordering::Relaxed) {
                // Those that the server has given up on are left alone.
                writers.iter_mut().for_each(|writer| drop(writer.write_all(&[0; 64])));
                for (reader, head) in readers.iter_mut().zip(&mut heads) {
                    reader.set_read_timeout(Some(Duration::from_micros(1))).unwrap();
                    let mut bytes = [0; 64];
                    let read = reader.read(&mut bytes).unwrap_or(0);
                    if head.len() < 1000 {
                        head.extend_from_slice(&bytes[..read]);
                    }
                }
                std::thread::sleep(Duration::from_millis(200));
            }
            for (reader, head) in readers.iter().zip(heads) {
                check_head("slow reader", &(String::from_utf8_lossy(&head).into_owned() + &arrived(reader)));
            }
            writers.iter().for_each(|writer| check_head("slow writer", &arrived(writer)));
            (readers, writers)
        }
    });
    let searches: Vec<_> = (0..8)
        .map(|_| {
            let (server, over) = (server.clone(), over.clone());
            // No index knows scopes: every trace has to be read.
            let path = "/api/traces?service=big&limit=10000&tag=scope.name:none";
            std::thread::spawn(move || repeat(&over, |_| check(path, &server.get(path))))
        })
        .collect();
    let sender = std::thread::spawn({
        let (server, over) = (server.clone(), over.clone());
        move || send_traces(&server, 1_000_000, &over)
    });
    let reader = std::thread::spawn({
        let (server, over) = (server.clone(), over.clone());
        move || read_pages(&server, &over)
    });
    let control = std::thread::spawn({
        let over = over.clone();
        move || control(&over)
    });
    std::thread::sleep(LOAD);
    over.store(true, Ordering::Relaxed);

    let (sent, sender_deferred, acknowledged) = sender.join().unwrap();
    let (read, reader_deferred) = reader.join().unwrap();
    let (memory, control) = (peak_memory(server.id()), p99(control.join().unwrap()));
    println!(
        "control: p99 {control:?}; sender: {} taken, {sender_deferred} deferred, p99 {:?}; reader: {} answered, \
         {reader_deferred} deferred, p99 {:?}; server memory at most {} MB",
        sent.len(),
        p99(sent.clone()),
        read.len(),
        p99(read.clone()),
        memory >> 20
    );
    assert!(sent.len() > 20 && read.len() > 20, "the good ones were answered all the time");
    let slowest = sent.iter().chain(&read).max().unwrap();
    assert!(*slowest < HANG, "{slowest:?}");
    let (slowest_p99, bound) = (p99(sent.clone()).max(p99(read.clone())), IN_TIME.max(4 * control));
    assert!(slowest_p99 <= bound, "p99 {slowest_p99:?}, control {control:?}");
    let deferred = sender_deferred + reader_deferred;
    assert!(deferred * 10 <= (sent.len() + read.len()) as u64, "{deferred} were asked to retry");
    assert!(memory <= MEMORY, "{} MB", memory >> 20);
    let bad = slow.join().unwrap();
    let found: usize = searches.into_iter().map(|search| search.join().unwrap().0.len()).sum();
    println!("dear searches answered: {found}");

    for trace in &acknowledged {
        assert_eq!(server.spans(&format!("{trace:x}")).len(), 2, "trace {trace} was acknowledged");
    }
    let told = Instant::now();
    let server = Arc::into_inner(server).unwrap();
    let (viewer, otlp) = (server.viewer.clone(), server.otlp_http.clone());
    std::mem::forget(ends);
    assert!(server.terminate());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    drop((bad, idle));
    assert!(try_send(&viewer, "GET", "/", &[], b"").is_err() && TcpStream::connect(otlp).is_err());

    let again = Server::start(directory.path(), &[]);
    for trace in &acknowledged {
        assert_eq!(again.spans(&format!("{trace:x}")).len(), 2, "trace {trace} was acknowledged");
    }
    let counted = send(&again.viewer, "GET", "/metrics", &[], b"").text();
    let spans = 40 * 2_500 + 1 + 2 * acknowledged.len();
    assert!(counted.contains(&format!("spandrel_store_spans {spans}\n")), "{spans}: {counted}");
}
