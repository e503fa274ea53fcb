//! What is promised when an intake fails: which requests are sent again, after how long, what is counted as lost.

#![allow(clippy::unwrap_used, clippy::panic)]

mod stand_in;

use spandrel_logship::{AwsCredentials, Builder, Handler, Record, ServiceType, Severity, Stats, WhenFull};
use stand_in::{Reply, StandIn, answer};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpSocket;

const SERVICES: [ServiceType; 4] =
    [ServiceType::Generic, ServiceType::Datadog, ServiceType::Grafana, ServiceType::CloudWatch];

fn handler(url: &str) -> Builder {
    handler_of(ServiceType::Generic, url)
}

/// With the defaults for all times.
fn patient(service: ServiceType, url: &str) -> Builder {
    let builder = Handler::builder(service).api_url(url);
    match service {
        ServiceType::CloudWatch => builder.region("eu-west-1").aws_credentials(AwsCredentials {
            access_key_id: "id".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        }),
        _ => builder.api_key("key"),
    }
}

fn handler_of(service: ServiceType, url: &str) -> Builder {
    patient(service, url)
        .flush_interval(Duration::from_millis(20))
        .timeout(Duration::from_millis(300))
        .backoff(Duration::from_millis(10), Duration::from_millis(50))
}

/// A name and what the server does.
type Case = (&'static str, fn() -> Reply);

/// Sends one record while the server answers the first requests as given and then accepts; the counts afterwards.
fn after(failures: usize, reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Stats, usize, Duration) {
    after_of(ServiceType::Generic, failures, reply)
}

/// As [`after`], for one of the services.
fn after_of(
    service: ServiceType,
    failures: usize,
    reply: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Stats, usize, Duration) {
    let server = StandIn::start(move |number, _| if number < failures { reply() } else { answer(200, "") });
    let handler = handler_of(service, &server.url()).build().unwrap();
    let start = Instant::now();
    handler.info("once");
    // One round has four attempts; more failures than that need another round.
    while handler.stats().buffered > 0 && start.elapsed() < Duration::from_secs(15) {
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = start.elapsed();
    let stats = handler.close().stats;
    (stats, server.received().len(), took)
}

#[test]
fn what_may_pass_is_sent_again_until_it_does() {
    let cases: [Case; 6] = [
        ("500", || answer(500, "broken")),
        ("503", || answer(503, "")),
        ("408", || answer(408, "")),
        ("429", || answer(429, "")),
        ("reset", || Reply::Reset),
        ("half", || Reply::Half),
    ];
    for (service, (name, reply)) in SERVICES.iter().flat_map(|service| cases.map(|case| (*service, case))) {
        let (stats, requests, _) = after_of(service, 2, reply);
        let counts = (stats.sent, stats.retried, stats.dropped(), requests);
        assert_eq!(counts, (1, 2, 0, 3), "{service:?} {name}: {stats:?}");
        assert!(stats.last_error.is_some(), "{service:?} {name}");
    }
}

#[test]
fn a_request_that_is_not_answered_in_time_is_sent_again() {
    for service in SERVICES {
        let (stats, _, took) = after_of(service, 1, || Reply::Hang);
        assert_eq!((stats.sent, stats.retried), (1, 1), "{service:?} {stats:?}");
        assert!(took >= Duration::from_millis(300), "{service:?}: the timeout is 300 ms: {took:?}");
        assert_eq!(stats.last_error.unwrap(), "no answer in time");
    }
}

#[test]
fn more_failures_than_retries_keep_the_records_for_the_next_round() {
    let (stats, requests, _) = after(7, || answer(502, ""));
    assert_eq!((stats.sent, stats.dropped(), requests), (1, 0, 8), "{stats:?}");
}

#[test]
fn retry_after_is_honoured() {
    for service in SERVICES {
        let wait = || Reply::Answer(429, "retry-after: 1\r\n".to_owned(), String::new());
        let (stats, _, took) = after_of(service, 1, wait);
        assert_eq!(stats.sent, 1, "{service:?}");
        assert!(took >= Duration::from_secs(1), "{service:?}: {took:?}");
    }
    let (stats, _, took) = after(1, || answer(429, ""));
    assert_eq!(stats.sent, 1);
    assert!(took < Duration::from_millis(900), "the backoff is 10 ms: {took:?}");
}

#[test]
fn what_is_refused_is_not_sent_again_and_counted() {
    for (service, status) in
        SERVICES.iter().flat_map(|service| [400, 401, 403, 404].map(|code| (*service, code)))
    {
        let (stats, requests, _) = after_of(service, 1, move || answer(status, "no such key"));
        assert_eq!((stats.sent, stats.dropped_refused, requests), (0, 1, 1), "{service:?} {status}");
        assert_eq!(stats.last_error.unwrap(), format!("HTTP {status} no such key"));
    }
    let (stats, requests, _) = after(1, || answer(413, "too large"));
    assert_eq!((stats.sent, stats.dropped_refused, requests), (0, 1, 1));
}

#[test]
fn a_name_that_does_not_resolve_loses_nothing_until_close_which_reports_it() {
    for service in SERVICES {
        let handler = handler_of(service, "http://no-such-host.invalid/").build().unwrap();
        (0..3).for_each(|number| handler.info(format!("{number}")));
        let failed = handler.flush().unwrap_err();
        assert_eq!(failed.records, 3, "{service:?}");
        assert!(failed.why.starts_with("cannot connect"), "{service:?}: {failed}");
        assert_eq!(handler.stats().dropped(), 0, "{service:?}");
        let report = handler.close_within(Duration::from_millis(200));
        assert_eq!((report.unsent, report.stats.dropped_closed), (3, 3), "{service:?}");
    }
}

#[test]
fn close_ends_at_its_deadline_whatever_the_intake_does() {
    let server = StandIn::start(|_, _| Reply::Hang);
    let handler = handler(&server.url()).timeout(Duration::from_secs(60)).build().unwrap();
    handler.info("never answered");
    server.wait_for(1);
    let start = Instant::now();
    let report = handler.close_within(Duration::from_millis(300));
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(290) && took < Duration::from_millis(1200), "{took:?}");
    assert_eq!(report.unsent, 1);
    handler.info("too late");
    assert_eq!(handler.stats().dropped_closed, 2);
    assert_eq!(handler.close().unsent, 1, "closing again says the same");
    assert!(handler.flush().is_err());
}

#[test]
fn close_sends_what_there_is_without_waiting_for_the_interval() {
    let server = StandIn::start(|_, _| answer(200, ""));
    let handler = handler(&server.url()).flush_interval(Duration::from_secs(600)).build().unwrap();
    (0..7).for_each(|number| handler.info(format!("{number}")));
    let start = Instant::now();
    let report = handler.close();
    assert!(start.elapsed() < Duration::from_secs(2));
    assert_eq!((report.unsent, report.stats.sent), (0, 7));
    assert_eq!(server.received()[0].json().as_array().unwrap().len(), 7);
}

#[test]
fn a_full_buffer_and_a_request_to_flush_send_before_the_interval() {
    let server = StandIn::start(|_, _| answer(200, ""));
    let handler =
        handler(&server.url()).flush_interval(Duration::from_secs(600)).buffer_size(5_usize).build().unwrap();
    (0..4).for_each(|_| handler.info("x"));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(server.received().len(), 0, "four of five wait");
    handler.info("x");
    server.wait_for(1);
    handler.info("y");
    handler.flush().unwrap();
    assert_eq!(handler.stats().sent, 6);
}

#[test]
fn nothing_is_lost_while_an_intake_is_away_for_a_minute() {
    let away = Duration::from_secs(60);
    let threads: Vec<_> = SERVICES
        .iter()
        .map(|service| std::thread::spawn(move || (service, sent_after(*service, away))))
        .collect();
    for thread in threads {
        let (service, (stats, bodies)) = thread.join().unwrap();
        assert_eq!((stats.emitted, stats.sent, stats.dropped()), (660, 660, 0), "{service:?}: {stats:?}");
        assert!(stats.retried > 0 && stats.last_error.is_some(), "{service:?}: {stats:?}");
        for number in 0..660 {
            let times: usize = bodies.iter().map(|body| body.matches(&line(number)).count()).sum();
            assert_eq!(times, 1, "{service:?}: line {number}");
        }
    }
}

/// The text of a line, which is part of no other's.
fn line(number: usize) -> String {
    format!("line {number}.")
}

/// A port that refuses connections and that nobody else can take, once whoever listened on it has ended.
fn refusing(address: SocketAddr) -> TcpSocket {
    loop {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        match socket.bind(address) {
            Ok(()) => return socket,
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Sends sixty lines, then ten a second while nothing listens for `away`, and closes when the intake is back, all with the
/// default waits, limits and buffer: the counts, and the bodies that the intake took.
fn sent_after(service: ServiceType, away: Duration) -> (Stats, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let first = StandIn::on(listener, |_, _| answer(200, ""));
    let handler = patient(service, &first.url()).build().unwrap();
    (0..60).for_each(|number| handler.info(line(number)));
    handler.flush().unwrap();
    let mut received = first.received();
    drop(first);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    let port = refusing(address);
    let start = Instant::now();
    for number in 60..660 {
        let tenths = u32::try_from(number - 60).unwrap();
        std::thread::sleep((start + tenths * away / 600).saturating_duration_since(Instant::now()));
        handler.info(line(number));
    }
    std::thread::sleep((start + away).saturating_duration_since(Instant::now()));
    let listener = port.listen(128).unwrap().into_std().unwrap();
    listener.set_nonblocking(false).unwrap();
    let second = StandIn::on(listener, |_, _| answer(200, ""));
    let report = handler.close();
    received.extend(second.received());
    let text = |request: &stand_in::Received| String::from_utf8(request.body.clone()).unwrap();
    (report.stats, received.iter().map(text).collect())
}

#[test]
fn records_that_fail_for_too_long_are_given_up_and_counted() {
    let server = StandIn::start(|_, _| answer(500, ""));
    let handler = handler(&server.url()).give_up_after(Duration::from_millis(100)).build().unwrap();
    handler.info("x");
    let start = Instant::now();
    while handler.stats().dropped_expired == 0 {
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(handler.stats().buffered, 0);
}

#[test]
fn memory_is_bounded_by_the_buffer_and_what_is_dropped_is_counted() {
    let server = StandIn::start(|_, _| Reply::Hang);
    let handler = handler(&server.url()).capacity(100_usize).capacity_bytes(50_000_usize).build().unwrap();
    for number in 0..1000 {
        handler.info(format!("{number} {}", "x".repeat(500)));
        let stats = handler.stats();
        assert!(stats.buffered <= 100 && stats.buffered_bytes <= 50_000, "{stats:?}");
    }
    let stats = handler.stats();
    assert_eq!(stats.emitted, 1000);
    assert_eq!(stats.buffered + stats.dropped_full, 1000);
    assert_eq!(handler.close_within(Duration::ZERO).stats.dropped(), 1000);
}

#[test]
fn a_blocking_buffer_loses_nothing_however_slow_the_intake_is() {
    let server = StandIn::start(|_, _| {
        std::thread::sleep(Duration::from_millis(5));
        answer(200, "")
    });
    let handler = handler(&server.url())
        .capacity(20_usize)
        .buffer_size(10_usize)
        .when_full(WhenFull::Block)
        .build()
        .unwrap();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let handler = handler.clone();
            std::thread::spawn(move || (0..100).for_each(|n| handler.info(format!("{n}"))))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let report = handler.close();
    assert_eq!((report.stats.sent, report.stats.dropped()), (400, 0));
}

#[tokio::test]
async fn all_works_inside_an_asynchronous_program() {
    let server = StandIn::start(|_, _| answer(200, ""));
    let handler = handler(&server.url()).build().unwrap();
    handler.emit_async(Record::new(Severity::Info, "a")).await;
    handler.flush_async().await.unwrap();
    handler.info("b");
    handler.flush().unwrap();
    handler.info("c");
    assert_eq!(handler.close_async().await.stats.sent, 3);
}

#[test]
fn dropping_the_handler_still_sends_what_is_in_it() {
    let server = StandIn::start(|_, _| answer(200, ""));
    let handler = handler(&server.url()).flush_interval(Duration::from_secs(600)).build().unwrap();
    let other = handler.clone();
    handler.info("last words");
    drop(handler);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(server.received().len(), 0, "a clone is left");
    drop(other);
    server.wait_for(1);
}

#[test]
fn a_wrong_answer_does_not_stop_later_records() {
    let fail = Arc::new(AtomicBool::new(true));
    let failing = Arc::clone(&fail);
    let server = StandIn::start(move |_, _| match failing.load(Ordering::SeqCst) {
        true => answer(400, "bad"),
        false => answer(200, ""),
    });
    let handler = handler(&server.url()).build().unwrap();
    handler.info("bad");
    handler.flush().unwrap();
    fail.store(false, Ordering::SeqCst);
    handler.info("good");
    handler.flush().unwrap();
    let stats = handler.stats();
    assert_eq!((stats.sent, stats.dropped_refused), (1, 1));
}
