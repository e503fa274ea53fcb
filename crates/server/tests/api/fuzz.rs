//! A fuzzer against a running server: random requests for every route of every port, many on one connection. Whatever
//! comes, the server answers, with nothing above 499 but 503, without a panic and in bounded memory.
//!
//! As many requests as `SPANDREL_FUZZ_REQUESTS` says (100,000), which take less than a minute on two processors that have
//! nothing else to do; fewer are a failure. `SPANDREL_FUZZ_SEED` repeats a run.

use crate::asking::Random;
use crate::support::{Server, command, peak_memory, request, span, text};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long all of it may take on a machine that has other things to do.
const TIME: Duration = Duration::from_secs(300);
const THREADS: u64 = 4;
/// Bytes by which the server may grow after its first thousand requests: caches, connections, the index.
const GROWTH: u64 = 256 << 20;

const READS: &str = "
    /api/services /api/operations /api/services/shop/operations /api/traces /api/traces/1
    /api/traces/{id} /api/dependencies /api/metrics/latencies /api/metrics/calls /api/metrics/errors
    /api/metrics/minstep /api/v3/services /api/v3/operations /api/v3/traces /api/v3/traces/{id}
    /api/v3/trace-summaries /api/logs /health /ready /metrics /eval-track/traces /eval-track/health
    /traces /traces/{id} /search / /api/{id} /sampling/{id} /{id} /demo/ /demo/{id} /demo/{id}/{id}
";

const WRITES: &str = "
    /v1/traces /v1/logs /api/v2/spans /api/transform /eval-track/traces/{id} /eval-track/traces /traces
    /traces/{id} /api/v2/logs /loki/api/v1/push /api/logs / /v1/{id} /demo/{id}
";

const NAMES: &str = "
    service operation start end limit minDuration maxDuration tag tags traceID raw prettyPrint spanKind
    span_kind endTs lookback quantile groupByOperation step ratePer query.serviceName query.service_name
    query.operation_name query.startTimeMin query.start_time_min query.startTimeMax query.start_time_max
    query.durationMin query.duration_max query.num_traces query.searchDepth query.attributes
    query.filter query.rawTraces startTime end_time rawTraces trace_id span_id severity text from to
    order
";

const VALUES: [&str; 30] = [
    "",
    "0",
    "1",
    "-1",
    "20",
    "18446744073709551616",
    "1e400",
    "NaN",
    "true",
    "false",
    "shop",
    "GET /",
    "1s",
    "-5ms",
    "1h2m3.5s",
    "99999999999h",
    "1970-01-01T00:00:00Z",
    "2500-01-01T00:00:00Z",
    "2026-13-45T99:99:99Z",
    "error:true",
    "{\"error\":\"true\"}",
    "{\"a\":1}",
    "[]",
    "{",
    "server",
    "0.95",
    "00000000000000000000000000000001",
    "{\"op\":\"eq\",\"args\":[{\"attr\":{\"key\":\"key\"}},{\"scalar\":{\"value\":\"value\"}}]}",
    "{\"op\":\"regex\",\"args\":[{\"attr\":{\"key\":\"key\"}},{\"scalar\":{\"value\":\"(a*)*(\"}}]}",
    "{\"op\":\"not\",\"args\":[{\"call\":{\"op\":\"not\",\"args\":[]}}]}",
];

const TYPES: [&str; 8] = [
    "application/x-protobuf",
    "application/json",
    "application/protobuf",
    "text/plain",
    "application/x-amz-json-1.1",
    "",
    "application/json; charset=utf-8",
    "application/x-www-form-urlencoded",
];

fn pick<'a>(random: &mut Random, from: &[&'a str]) -> &'a str {
    from[random.below(from.len())]
}

fn word<'a>(random: &mut Random, from: &'a str) -> &'a str {
    let words: Vec<&str> = from.split_whitespace().collect();
    words[random.below(words.len())]
}

/// A value, often a little wrong, as it stands in an address.
fn value(random: &mut Random, of: &str) -> String {
    let mut bytes = of.as_bytes().to_vec();
    if random.below(3) == 0 && !bytes.is_empty() {
        random.mutate(&mut bytes);
    }
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}

fn path(random: &mut Random, paths: &str) -> String {
    let id = match random.below(4) {
        0 => "1".to_owned(),
        1 => format!("{:x}", random.below(1 << 20)),
        2 => format!("{:032x}", random.below(5)),
        _ => {
            let odd = pick(random, &VALUES);
            value(random, odd)
        }
    };
    let mut path = word(random, paths).replace("{id}", &id);
    for at in 0..random.below(6) {
        let of = pick(random, &VALUES);
        path.push_str(&format!(
            "{}{}={}",
            if at == 0 { '?' } else { '&' },
            word(random, NAMES),
            value(random, of)
        ));
    }
    path
}

/// Bodies that are taken as they are.
fn bodies() -> Vec<Vec<u8>> {
    let mut sent = span(1, 2, "GET /");
    sent.attributes = vec![text("key", "value"), text("error", "true")];
    let traces = request("shop", vec![sent, span(2, 1, "x")]).encode_to_vec();
    let texts = [
        r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[{"traceId":"00000000000000000000000000000003","spanId":"0000000000000001","name":"x","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":{"stringValue":"line"}}]}]}]}"#,
        r#"[{"traceId":"0000000000000004","id":"0000000000000001","name":"x","timestamp":1,"duration":2,"localEndpoint":{"serviceName":"shop"}}]"#,
        r#"{"id":"a","function_name":"f","args":[1],"response":{"data":2},"error":null}"#,
        r#"[{"message":"line","ddtags":"a:b","service":"shop"}]"#,
        r#"{"streams":[{"stream":{"service":"shop"},"values":[["1700000000000000000","line"]]}]}"#,
        r#"{"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1700000000000,"message":"line"}]}"#,
        r#"[{"timestamp":"2026-01-01 00:00:00","level":"info","message":"line","run_id":"r"}]"#,
        "[]",
        "{}",
    ];
    std::iter::once(traces).chain(texts.map(|text| text.as_bytes().to_vec())).collect()
}

/// One request as it goes out.
fn compose(random: &mut Random, bodies: &[Vec<u8>]) -> (String, Vec<u8>) {
    let is_write = random.below(2) == 0;
    let method = match random.below(12) {
        0 => pick(random, &["HEAD", "DELETE", "OPTIONS", "PATCH", "PUT"]),
        _ if is_write => pick(random, &["POST", "POST", "PUT"]),
        _ => "GET",
    };
    let path = path(random, if is_write { WRITES } else { READS });
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    let mut body = Vec::new();
    if is_write {
        body = bodies[random.below(bodies.len())].clone();
        for _ in 0..random.below(4) {
            if !body.is_empty() {
                random.mutate(&mut body);
            }
        }
        if random.below(8) == 0 {
            body.truncate(random.below(body.len() + 1));
        }
        let kind = pick(random, &TYPES);
        if !kind.is_empty() {
            head.push_str(&format!("content-type: {kind}\r\n"));
        }
        match random.below(12) {
            0 => head.push_str("content-encoding: gzip\r\n"),
            1 => head
                .push_str(&format!("content-encoding: {}\r\n", pick(random, &["zstd", "br", "snappy", "x"]))),
            _ => {}
        }
        if random.below(4) == 0 {
            head.push_str("x-amz-target: Logs_20140328.PutLogEvents\r\n");
        }
    }
    if random.below(6) == 0 {
        head.push_str("accept: application/x-protobuf\r\n");
    }
    if random.below(6) == 0 {
        head.push_str("accept-encoding: gzip, br\r\n");
    }
    if random.below(10) == 0 {
        head.push_str("if-none-match: *\r\n");
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&body);
    (format!("{method} {path}"), bytes)
}

/// Reads an answer; its status and whether the connection goes on.
fn answer(stream: &mut BufReader<TcpStream>, is_head: bool) -> std::io::Result<(u16, bool)> {
    let broken = || std::io::Error::other("no whole answer");
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let status: u16 = line.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(broken)?;
    let (mut length, mut chunked, mut goes_on) = (None, false, true);
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let header = line.trim_end().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(text) = header.strip_prefix("content-length: ") {
            length = text.parse::<u64>().ok();
        }
        chunked |= header == "transfer-encoding: chunked";
        goes_on &= header != "connection: close";
    }
    if is_head || status == 204 || status == 304 {
        return Ok((status, goes_on));
    }
    if chunked {
        loop {
            line.clear();
            stream.read_line(&mut line)?;
            let chunk = u64::from_str_radix(line.trim(), 16).map_err(|_| broken())?;
            std::io::copy(&mut stream.by_ref().take(chunk + 2), &mut std::io::sink())?;
            if chunk == 0 {
                return Ok((status, goes_on));
            }
        }
    }
    let length = length.ok_or_else(broken)?;
    std::io::copy(&mut stream.by_ref().take(length), &mut std::io::sink())?;
    Ok((status, goes_on))
}

/// Sends requests until so many are answered, and counts both; the statuses above 499 that may not be.
fn fuzz(
    server: &Server,
    seed: u64,
    [count, answered]: [&AtomicU64; 2],
    most: u64,
    end: Instant,
) -> Vec<String> {
    let mut random = Random(seed);
    let (bodies, mut wrong) = (bodies(), Vec::new());
    let mut connections: [Option<BufReader<TcpStream>>; 2] = [None, None];
    while answered.load(Ordering::Relaxed) < most && Instant::now() < end {
        count.fetch_add(1, Ordering::Relaxed);
        let (what, bytes) = compose(&mut random, &bodies);
        let port = random.below(2);
        let connection = match connections[port].take() {
            Some(connection) => Some(connection),
            None => {
                let stream = TcpStream::connect([&server.viewer, &server.otlp_http][port]).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
                Some(BufReader::new(stream))
            }
        };
        let Some(mut connection) = connection else { continue };
        if connection.get_mut().write_all(&bytes).is_err() {
            continue;
        }
        match answer(&mut connection, what.starts_with("HEAD ")) {
            Ok((status, goes_on)) => {
                answered.fetch_add(1, Ordering::Relaxed);
                // What the demo does to its proxy is no fault of the proxy.
                let is_demos = status == 502 && what.contains(" /demo/");
                if status >= 500 && status != 503 && !is_demos {
                    wrong.push(format!("{status} for {what} on port {port}"));
                }
                connections[port] = goes_on.then_some(connection);
            }
            // What is no HTTP ends the connection; a time-out is no answer.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                wrong.push(format!("no answer to {what}"))
            }
            Err(_) => {}
        }
    }
    wrong
}

/// A demo that answers in every way: whole, in chunks, with too much, with what is no HTTP, or not at all.
fn odd_demo() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for (turn, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_millis(200)));
                let _ = stream.read(&mut [0; 4096]);
                let answer = match turn % 7 {
                    0 => "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nset-cookie: a=b\r\n\r\nok",
                    1 => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                    2 => "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nok",
                    3 => "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffff\r\nok",
                    4 => {
                        "HTTP/1.1 302 Found\r\nlocation: http://elsewhere.example/\r\nconnection: close, x\r\nx: y\r\n\r\n"
                    }
                    5 => "\u{1}\u{2}\u{3} this is no HTTP\r\n\r\n",
                    _ => "",
                };
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    address
}

/// Pages that watch with odd parameters, and go in the middle of an answer; statuses that may not be.
fn watch(server: &Server, mut random: Random, most: u64, end: Instant) -> Vec<String> {
    let (mut wrong, mut count) = (Vec::new(), 0);
    while count < most && Instant::now() < end {
        count += 1;
        let path = path(&mut random, "/api/live");
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n");
        let mut stream = TcpStream::connect(&server.viewer).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        let mut line = String::new();
        let mut reader = BufReader::new(stream);
        if reader.read_line(&mut line).is_err() {
            wrong.push(format!("no answer to {path}"));
        }
        let status: u16 = line.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(599);
        if status >= 500 && status != 503 {
            wrong.push(format!("{status} for {path}"));
        }
        // Half of them wait for something.
        if random.below(2) == 0 {
            reader
                .get_mut()
                .set_read_timeout(Some(Duration::from_millis(random.below(30) as u64 + 1)))
                .unwrap();
            while reader.read_line(&mut line).is_ok_and(|read| read > 0) && random.below(50) > 0 {}
        }
    }
    assert!(count >= most.min(20), "{count} pages watched");
    wrong
}

/// Calls of both ports of gRPC with bodies that are a little wrong; how many were answered.
async fn fuzz_grpc(addresses: [String; 2], mut random: Random, most: u64) -> u64 {
    let methods = [
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
        "/jaeger.api_v3.QueryService/GetTrace",
        "/jaeger.api_v3.QueryService/FindTraces",
        "/jaeger.api_v3.QueryService/FindTraceSummaries",
        "/jaeger.api_v3.QueryService/GetServices",
        "/jaeger.api_v3.QueryService/GetOperations",
        "/jaeger.api_v3.QueryService/GetDependencies",
        "/x/y",
    ];
    let mut answered = 0;
    let query =
        [&[0x0a, 18][..], &[0x22, 0, 0x2a, 6, 8, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x0a, 4], b"shop", &[0x40, 5]]
            .concat();
    // With a filter: `not(eq(attribute "a", "b"))`.
    let filter = b"\x0a\x22\x22\0\x2a\x06\x08\xff\xff\xff\xff\x0f\x52\x16\x0a\x03not\x12\x0f\x32\x0d\x0a\x02eq\x12\x05\x0a\x03\x0a\x01a\x12\0";
    let bodies = [
        bodies().swap_remove(0),
        query,
        filter.to_vec(),
        b"\x0a\x011".to_vec(),
        b"\x0a\x04shop".to_vec(),
        Vec::new(),
    ];
    for address in addresses {
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let shaken = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.unwrap();
        let connection = tokio::spawn(connection);
        for _ in 0..most / 2 {
            let mut message = bodies[random.below(bodies.len())].clone();
            if random.below(2) == 0 && !message.is_empty() {
                random.mutate(&mut message);
            }
            let mut body = [&[0][..], &(message.len() as u32).to_be_bytes(), &message].concat();
            if random.below(8) == 0 {
                random.mutate(&mut body);
            }
            let request =
                hyper::Request::post(format!("http://localhost{}", methods[random.below(methods.len())]))
                    .header("content-type", "application/grpc")
                    .body(Full::new(Bytes::from(body)))
                    .unwrap();
            let answer = tokio::time::timeout(Duration::from_secs(40), sender.send_request(request));
            let answer = answer.await.unwrap().unwrap();
            let status = answer.headers().get("grpc-status").cloned();
            let trailers =
                answer.into_body().collect().await.unwrap().trailers().cloned().unwrap_or_default();
            assert!(status.or(trailers.get("grpc-status").cloned()).is_some());
            answered += 1;
        }
        connection.abort();
    }
    answered
}

#[test]
fn a_hundred_thousand_odd_requests_do_not_harm_the_server() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let most = number("SPANDREL_FUZZ_REQUESTS", 100_000);
    let seed = number("SPANDREL_FUZZ_SEED", 0x5eed);
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let demo = format!("http://{}", odd_demo());
    let limits =
        ["--max-request", "4M", "--max-waiting", "64M", "--max-disk", "32M", "--max-log-disk", "16M"];
    let flags = [&limits[..], &["--demo", &demo]].concat();
    let mut command = command(&directory.path().join("data"), &flags);
    command.stderr(std::fs::File::create(&log).unwrap());
    let server = Server::of(command);
    let (count, answered, warm) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let start = Instant::now();
    let end = Instant::now() + TIME;
    let mut wrong = fuzz(&server, seed, [&warm, &AtomicU64::new(0)], 1000, end);
    let before = peak_memory(server.id());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|thread| {
                let (server, counts) = (&server, [&count, &answered]);
                scope.spawn(move || fuzz(server, seed + thread * 7919, counts, most, end))
            })
            .collect();
        let watching =
            scope.spawn(|| watch(&server, Random(seed ^ 0x11fe), (most / 50).clamp(20, 1000), end));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let addresses = [server.otlp_grpc.clone(), server.query_grpc.clone()];
        let calls = (most / 50).clamp(100, 2000);
        assert!(runtime.block_on(fuzz_grpc(addresses, Random(seed), calls)) >= calls - 1);
        threads.into_iter().chain([watching]).for_each(|thread| wrong.extend(thread.join().unwrap()));
    });
    let (tried, sent) = (count.load(Ordering::Relaxed), answered.load(Ordering::Relaxed));
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "of {sent} requests (seed {seed}): {:#?}", &wrong[..wrong.len().min(20)]);
    let grown = peak_memory(server.id()) - before;
    let (took, megabytes) = (start.elapsed(), grown >> 20);
    eprintln!("{sent} requests were answered within {took:.1?}; the server grew by {megabytes} MB");
    assert!(sent >= most, "only {sent} of {most} requests were answered within {took:.0?}");
    // A refusal that comes before the end of a body ends the connection, and with it the request that follows.
    assert!(tried - sent <= tried / 50, "{} of {tried} requests had no answer", tried - sent);
    assert!(grown <= GROWTH, "the server grew by {} MB", grown >> 20);

    assert_eq!(server.export(&request("after", vec![span(1 << 100, 1, "x")])).status, 200);
    assert_eq!(server.spans(&format!("{:032x}", 1u128 << 100)).len(), 1);
    assert!(server.terminate());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(
        !log.contains("panicked"),
        "{}",
        log.lines().find(|line| line.contains("panicked")).unwrap_or("")
    );
}
