//! A server in its own process and directory, and the plainest HTTP client: what it sends and gets are bytes.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// A running server; killed when dropped.
pub struct Server {
    child: Child,
    pub viewer: String,
    pub otlp_http: String,
    pub otlp_grpc: String,
    pub query_grpc: String,
    pub ready: String,
}

impl Server {
    /// Starts the real binary with its data in `directory`.
    pub fn start(directory: &Path, flags: &[&str]) -> Self {
        Server::of(command(directory, flags))
    }

    /// Starts it by a command, and waits until it is ready.
    pub fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let address = |name: &str| {
            let found = ready.split_whitespace().find_map(|word| word.strip_prefix(name));
            let url = found.unwrap_or_else(|| panic!("no {name} in {ready:?}"));
            url.split_once("://").unwrap().1.split('/').next().unwrap().to_owned()
        };
        let (viewer, otlp_http, otlp_grpc) = (address("viewer"), address("otlp_http"), address("otlp_grpc"));
        let query_grpc = address("query_grpc");
        Server { child, viewer, otlp_http, otlp_grpc, query_grpc, ready }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: nothing is flushed, no destructor runs.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, as a service manager sends it; answers whether it ended well. The shell has a `kill` of its own; as a
    /// program it is not on every machine.
    pub fn terminate(mut self) -> bool {
        let told = Command::new("sh").args(["-c", "kill -TERM $0", &self.id().to_string()]).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().success()
    }

    /// GET on the query port.
    pub fn get(&self, path: &str) -> Answer {
        send(&self.viewer, "GET", path, &[], b"")
    }

    /// GET on the query port, answered with 200 and JSON.
    pub fn get_json(&self, path: &str) -> serde_json::Value {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// Posts protobuf to OTLP/HTTP.
    pub fn export(&self, request: &ExportTraceServiceRequest) -> Answer {
        let headers = [("content-type", "application/x-protobuf")];
        send(&self.otlp_http, "POST", "/v1/traces", &headers, &request.encode_to_vec())
    }

    /// Posts JSON to OTLP/HTTP.
    pub fn export_json(&self, body: &str) -> Answer {
        send(&self.otlp_http, "POST", "/v1/traces", &[("content-type", "application/json")], body.as_bytes())
    }

    /// The spans of a trace in v3's form, each with its resource's service name; empty when there is none.
    pub fn spans(&self, trace: &str) -> Vec<(String, serde_json::Value)> {
        let answer = self.get(&format!("/api/v3/traces/{trace}?raw_traces=true"));
        if answer.status == 404 {
            return Vec::new();
        }
        assert_eq!(answer.status, 200, "{}", answer.text());
        let mut found = Vec::new();
        for resource in answer.json()["result"]["resourceSpans"].as_array().unwrap() {
            let attributes = resource["resource"]["attributes"].as_array().unwrap();
            let service = attributes.iter().find(|attribute| attribute["key"] == "service.name").unwrap();
            let service = service["value"]["stringValue"].as_str().unwrap();
            for scope in resource["scopeSpans"].as_array().unwrap() {
                found.extend(
                    scope["spans"].as_array().unwrap().iter().map(|span| (service.to_owned(), span.clone())),
                );
            }
        }
        found
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number of the metrics page.
pub fn metric(server: &Server, name: &str) -> u64 {
    let metrics = server.get("/metrics").text();
    let line = metrics.lines().find(|line| line.split(' ').next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).rsplit(' ').next().unwrap().parse().unwrap()
}

/// Bytes of memory that a process had at most (Linux).
pub fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// A request of one span with so many bytes that do not compress.
pub fn heavy(trace: u128, bytes: usize) -> ExportTraceServiceRequest {
    let mut span = span(trace, 1, "heavy");
    let mut seed = trace as u64 | 1;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        char::from(b'!' + (seed % 90) as u8)
    };
    span.trace_state = (0..bytes).map(|_| next()).collect();
    request("heavy", vec![span])
}

/// The command of a server on free ports.
pub fn command(directory: &Path, flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spandrel-server"));
    command
        .args(["--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--query-grpc-port", "0"])
        .arg("--data-dir")
        .arg(directory)
        .args(flags)
        .env_remove("SPANDREL_VIEWER");
    command
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// One exchange on its own connection.
pub fn send(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    try_send(address, method, path, headers, body).unwrap()
}

/// One exchange; an error when the connection breaks.
pub fn try_send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str(&format!("host: {address}\r\n"));
    }
    if !headers.iter().any(|(name, _)| matches!(*name, "content-length" | "transfer-encoding")) {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    read_answer(stream)
}

/// Reads what comes until the connection ends.
pub fn read_answer(mut stream: TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;
    let broken = || std::io::Error::other("no whole answer");
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").ok_or_else(broken)?;
    let head = String::from_utf8_lossy(&bytes[..split]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(broken)?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = bytes.split_off(split + 4);
    if headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked") {
        body = unchunk(&body).ok_or_else(broken)?;
    }
    Ok(Answer { status, headers, body })
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..line]).ok()?, 16).ok()?;
        if length == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(line + 2..line + 2 + length)?);
        rest = rest.get(line + 2 + length + 2..)?;
    }
}

/// A folder of `../shared`, which is there only beside some checkouts; says so where it is not.
pub fn shared(below: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(below);
    if path.exists() {
        return Some(path);
    }
    spandrel_trace::testing::skip(&format!("../shared/{below} is not here"));
    None
}

/// Now, nanoseconds since the Unix epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// A text attribute.
pub fn text(key: &str, value: &str) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Any::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    }
}

/// A request of one resource and scope.
pub fn request(service: &str, spans: Vec<Span>) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: vec![text("service.name", service)],
                ..Resource::default()
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "test".to_owned(),
                    ..InstrumentationScope::default()
                }),
                spans,
                ..ScopeSpans::default()
            }],
            ..ResourceSpans::default()
        }],
    }
}

/// A span of a millisecond that starts now.
pub fn span(trace: u128, id: u64, name: &str) -> Span {
    let start = now();
    Span {
        trace_id: trace.to_be_bytes().to_vec(),
        span_id: id.to_be_bytes().to_vec(),
        name: name.to_owned(),
        kind: 2,
        start_time_unix_nano: start,
        end_time_unix_nano: start + 1_000_000,
        ..Span::default()
    }
}

/// Gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The last hour and a bit as v3's required parameters.
pub fn window() -> String {
    let time =
        |nanoseconds: u64| jiff::Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap().to_string();
    let (from, to) = (time(now() - 3_600_000_000_000), time(now() + 60_000_000_000));
    format!("query.start_time_min={from}&query.start_time_max={to}")
}
