//! A target of forwarding: OTLP over HTTP and gRPC on real ports, which notes what it is sent and answers as told.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{LogsService, LogsServiceServer};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use std::collections::VecDeque;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tonic::codec::CompressionEncoding;

/// A request as it came.
pub struct Seen {
    pub at: Instant,
    pub headers: HeaderMap,
    pub request: ExportTraceServiceRequest,
    /// Of the signal of logs.
    pub logs: ExportLogsServiceRequest,
    pub status: u16,
}

/// What to answer instead of success: a status and `Retry-After`.
pub type Told = (u16, Option<&'static str>);

#[derive(Clone, Default)]
pub struct Notes {
    seen: Arc<Mutex<Vec<Seen>>>,
    told: Arc<Mutex<VecDeque<Told>>>,
    rejects: Arc<Mutex<i64>>,
}

/// A running target; gone when dropped.
pub struct Receiver {
    pub address: SocketAddr,
    pub notes: Notes,
    runtime: Option<Runtime>,
}

impl Receiver {
    /// OTLP over HTTP on a port, 0 for a free one.
    pub fn http(port: u16) -> Self {
        Self::http_with(port, Notes::default())
    }

    /// The same, with the notes of an earlier one.
    pub fn http_with(port: u16, notes: Notes) -> Self {
        let (runtime, listener) = listen(port);
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(take).with_state(notes.clone());
        runtime.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Receiver { address, notes, runtime: Some(runtime) }
    }

    /// OTLP over gRPC on a free port.
    pub fn grpc() -> Self {
        let (runtime, listener) = listen(0);
        let (address, notes) = (listener.local_addr().unwrap(), Notes::default());
        let service = TraceServiceServer::new(notes.clone()).accept_compressed(CompressionEncoding::Gzip);
        let incoming = futures_util::stream::unfold(listener, |listener| async move {
            let stream = listener.accept().await.map(|(stream, _)| stream);
            Some((stream, listener))
        });
        let logs = LogsServiceServer::new(notes.clone()).accept_compressed(CompressionEncoding::Gzip);
        let served = tonic::transport::Server::builder().add_service(service).add_service(logs);
        runtime.spawn(async move { served.serve_with_incoming(Box::pin(incoming)).await.unwrap() });
        Receiver { address, notes, runtime: Some(runtime) }
    }

    /// Every span that was taken, in the order of its id.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = self.seen(|seen| {
            let taken = seen.iter().filter(|seen| seen.status == 200);
            taken.flat_map(|seen| spans_of(&seen.request)).collect()
        });
        spans.sort_by(|left, right| left.span_id.cmp(&right.span_id));
        spans
    }

    /// Every log record that was taken, with its resource and scope, in the order in which they came.
    pub fn records(&self) -> Vec<(String, String, LogRecord)> {
        self.seen(|seen| {
            let taken = seen.iter().filter(|seen| seen.status == 200);
            taken.flat_map(|seen| records_of(&seen.logs)).collect()
        })
    }

    /// Looks at what came.
    pub fn seen<T>(&self, look: impl FnOnce(&[Seen]) -> T) -> T {
        look(&self.notes.seen.lock().unwrap())
    }

    /// The next requests are answered so.
    pub fn tell(&self, told: &[Told]) {
        self.notes.told.lock().unwrap().extend(told);
    }

    /// So many spans of every request are not kept.
    pub fn reject(&self, spans: i64) {
        *self.notes.rejects.lock().unwrap() = spans;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.runtime.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits until something holds.
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(40), "not in 40 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The spans of a request.
pub fn spans_of(request: &ExportTraceServiceRequest) -> Vec<Span> {
    let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
    scopes.flat_map(|scope| scope.spans.clone()).collect()
}

/// The records of a request, with their resource and scope in words.
pub fn records_of(request: &ExportLogsServiceRequest) -> Vec<(String, String, LogRecord)> {
    let mut all = Vec::new();
    for logs in &request.resource_logs {
        for scope in &logs.scope_logs {
            let of = (format!("{:?}", logs.resource), format!("{:?}", scope.scope));
            all.extend(scope.log_records.iter().map(|record| (of.0.clone(), of.1.clone(), record.clone())));
        }
    }
    all
}

fn listen(port: u16) -> (Runtime, TcpListener) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", port))).unwrap();
    (runtime, listener)
}

impl Notes {
    fn note(
        &self,
        headers: HeaderMap,
        request: ExportTraceServiceRequest,
        logs: ExportLogsServiceRequest,
    ) -> Result<(), Told> {
        let told = self.told.lock().unwrap().pop_front();
        let status = told.map_or(200, |(status, _)| status);
        self.seen.lock().unwrap().push(Seen { at: Instant::now(), headers, request, logs, status });
        told.map_or(Ok(()), Err)
    }

    fn take_logs(&self, headers: HeaderMap, logs: ExportLogsServiceRequest) -> Result<Vec<u8>, Told> {
        self.note(headers, ExportTraceServiceRequest::default(), logs)?;
        let partial = ExportLogsPartialSuccess {
            rejected_log_records: *self.rejects.lock().unwrap(),
            error_message: "not these".to_owned(),
        };
        Ok(ExportLogsServiceResponse { partial_success: Some(partial) }.encode_to_vec())
    }

    fn take(&self, headers: HeaderMap, request: ExportTraceServiceRequest) -> Result<Vec<u8>, Told> {
        self.note(headers, request, ExportLogsServiceRequest::default())?;
        let partial = ExportTracePartialSuccess {
            rejected_spans: *self.rejects.lock().unwrap(),
            error_message: "not these".to_owned(),
        };
        Ok(ExportTraceServiceResponse { partial_success: Some(partial) }.encode_to_vec())
    }
}

async fn take(State(notes): State<Notes>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut plain = body.to_vec();
    if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        plain = Vec::new();
        flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain).unwrap();
    }
    let taken = if uri.path() == "/v1/logs" {
        let Ok(logs) = ExportLogsServiceRequest::decode(plain.as_slice()) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        notes.take_logs(headers, logs)
    } else {
        let Ok(request) = ExportTraceServiceRequest::decode(plain.as_slice()) else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        notes.take(headers, request)
    };
    match taken {
        Ok(answer) => answer.into_response(),
        Err((status, after)) => {
            let mut response = StatusCode::from_u16(status).unwrap().into_response();
            if let Some(after) = after {
                response.headers_mut().insert("retry-after", after.parse().unwrap());
            }
            response
        }
    }
}

#[tonic::async_trait]
impl TraceService for Notes {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        let headers = request.metadata().clone().into_headers();
        match self.take(headers, request.into_inner()) {
            Ok(answer) => Ok(tonic::Response::new(ExportTraceServiceResponse::decode(&*answer).unwrap())),
            Err((503, _)) => Err(tonic::Status::unavailable("later")),
            Err(_) => Err(tonic::Status::invalid_argument("never")),
        }
    }
}

#[tonic::async_trait]
impl LogsService for Notes {
    async fn export(
        &self,
        request: tonic::Request<ExportLogsServiceRequest>,
    ) -> Result<tonic::Response<ExportLogsServiceResponse>, tonic::Status> {
        let headers = request.metadata().clone().into_headers();
        match self.take_logs(headers, request.into_inner()) {
            Ok(answer) => Ok(tonic::Response::new(ExportLogsServiceResponse::decode(&*answer).unwrap())),
            Err(_) => Err(tonic::Status::unavailable("later")),
        }
    }
}
