//! Slow readers, slow writers, idle connections and dear searches, all at once, beside a normal sender and a normal
//! reader. Asserted is what is right, not how fast: times are printed.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity, dead_code)]
#![cfg(target_os = "linux")]

#[path = "api/support.rs"]
mod support;

use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use support::{Answer, Server, request, send, span, text, try_send};

/// Of each kind of bad client.
const MANY: usize = 500;
/// How long all of them are there.
const LOAD: Duration = Duration::from_secs(15);
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

/// 200, or "come again"; anything else is a fault.
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

fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
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
    let over = Arc::new(AtomicBool::new(false));
    let open = |address: &str, head: &str| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream
    };
    let readers: Vec<TcpStream> = (0..MANY)
        .map(|at| {
            let trace = at % 40 + 1;
            open(&server.viewer, &format!("GET /api/traces/{trace:x} HTTP/1.1\r\nhost: localhost\r\n\r\n"))
        })
        .collect();
    let post = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n\
                content-length: 60000000\r\n\r\n";
    let mut writers: Vec<TcpStream> = (0..MANY).map(|_| open(&server.otlp_http, post)).collect();
    let idle: Vec<TcpStream> = (0..MANY).map(|_| open(&server.viewer, "")).collect();
    let dribble = std::thread::spawn({
        let over = over.clone();
        move || {
            while !over.load(Ordering::Relaxed) {
                // Those that the server has given up on are left alone.
                writers.iter_mut().for_each(|writer| drop(writer.write_all(&[0; 64])));
                std::thread::sleep(Duration::from_millis(200));
            }
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
        move || {
            let mut acknowledged = Vec::new();
            let (times, deferred) = repeat(&over, |turn| {
                let trace = 1_000_000 + u128::from(turn);
                let answer = server.export(&request("good", vec![span(trace, 1, "x"), span(trace, 2, "y")]));
                let taken = check("export", &answer);
                if taken {
                    acknowledged.push(trace);
                }
                taken
            });
            (times, deferred, acknowledged)
        }
    });
    let reader = std::thread::spawn({
        let (server, over) = (server.clone(), over.clone());
        assert_eq!(server.export(&request("good", vec![span(999, 1, "x")])).status, 200);
        let paths = ["/api/services", "/api/services/good/operations", "/api/v3/services", "/api/traces/3e7"];
        move || repeat(&over, |turn| check("reader", &server.get(paths[turn as usize % paths.len()])))
    });
    std::thread::sleep(LOAD);
    over.store(true, Ordering::Relaxed);

    let (sent, sender_deferred, acknowledged) = sender.join().unwrap();
    let (read, reader_deferred) = reader.join().unwrap();
    let memory = peak_memory(server.id());
    println!(
        "sender: {} taken, {sender_deferred} deferred, p99 {:?}; reader: {} answered, {reader_deferred} deferred, \
         p99 {:?}; server memory at most {} MB",
        sent.len(),
        p99(sent.clone()),
        read.len(),
        p99(read.clone()),
        memory >> 20
    );
    assert!(sent.len() > 20 && read.len() > 20, "the good ones were answered all the time");
    let slowest = sent.iter().chain(&read).max().unwrap();
    assert!(*slowest < HANG, "{slowest:?}");
    assert!(memory <= MEMORY, "{} MB", memory >> 20);
    dribble.join().unwrap();
    let found: usize = searches.into_iter().map(|search| search.join().unwrap().0.len()).sum();
    println!("dear searches answered: {found}");

    for trace in &acknowledged {
        assert_eq!(server.spans(&format!("{trace:x}")).len(), 2, "trace {trace} was acknowledged");
    }
    let told = Instant::now();
    let server = Arc::into_inner(server).unwrap();
    let (viewer, otlp) = (server.viewer.clone(), server.otlp_http.clone());
    assert!(server.terminate());
    assert!(told.elapsed() < Duration::from_secs(10), "{:?}", told.elapsed());
    drop((readers, idle));
    assert!(try_send(&viewer, "GET", "/", &[], b"").is_err() && TcpStream::connect(otlp).is_err());

    let again = Server::start(directory.path(), &[]);
    let last = acknowledged.last().unwrap();
    assert_eq!(again.spans(&format!("{last:x}")).len(), 2);
    let counted = send(&again.viewer, "GET", "/metrics", &[], b"").text();
    let spans = 40 * 2_500 + 1 + 2 * acknowledged.len();
    assert!(counted.contains(&format!("spandrel_store_spans {spans}\n")), "{spans}: {counted}");
}
