//! A tiny OTLP receiver that keeps what it is sent, byte for byte: OTLP/HTTP and OTLP/gRPC on one port.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use prost::Message as _;
use tokio::sync::watch;

/// How long to wait for spans that should come, before saying which came.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request.
#[derive(Clone, Debug)]
pub struct Export {
    /// Of HTTP, or `application/grpc`.
    pub content_type: String,
    /// The message; gRPC's frame around it is taken off.
    pub body: Bytes,
}

/// A span and the service that it belongs to.
#[derive(Clone, Debug)]
pub struct Received {
    pub service: String,
    pub span: Span,
}

/// A receiver that listens until it is dropped.
pub struct Receiver {
    pub url: String,
    exports: watch::Receiver<Vec<Export>>,
    task: tokio::task::JoinHandle<()>,
}

type Kept = Arc<watch::Sender<Vec<Export>>>;

impl Receiver {
    pub async fn open() -> Self {
        let (sender, exports) = watch::channel(Vec::new());
        let routes = Router::new()
            .route("/v1/traces", post(http))
            .route("/opentelemetry.proto.collector.trace.v1.TraceService/Export", post(grpc))
            .with_state(Arc::new(sender));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, exports, task }
    }

    /// Everything so far.
    pub fn exports(&self) -> Vec<Export> {
        self.exports.borrow().clone()
    }

    /// The spans of protobuf requests so far.
    pub fn spans(&self) -> Vec<Received> {
        self.exports().iter().flat_map(spans).collect()
    }

    /// Waits until the spans so far satisfy `enough`.
    pub async fn wait(&self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let mut exports = self.exports.clone();
        let reached = tokio::time::timeout(PATIENCE, async {
            exports.wait_for(|_| enough(&self.spans())).await.unwrap();
        })
        .await;
        let spans = self.spans();
        assert!(reached.is_ok(), "these spans came only: {spans:#?}");
        spans
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The spans of one protobuf request; none of a JSON one.
pub fn spans(export: &Export) -> Vec<Received> {
    if export.content_type.contains("json") {
        return Vec::new();
    }
    let request = ExportTraceServiceRequest::decode(export.body.clone()).unwrap();
    let mut all = Vec::new();
    for group in request.resource_spans {
        let attributes = group.resource.unwrap_or_default().attributes;
        let service = text(&attributes, "service.name");
        for span in group.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            let service = service.clone();
            all.push(Received { service, span });
        }
    }
    all
}

/// The attributes of the resources of one protobuf request.
pub fn resources(export: &Export) -> Vec<Vec<KeyValue>> {
    let request = ExportTraceServiceRequest::decode(export.body.clone()).unwrap();
    let resource = |group: ResourceSpans| group.resource.unwrap_or_default().attributes;
    request.resource_spans.into_iter().map(resource).collect()
}

/// A text attribute, empty where there is none.
pub fn text(attributes: &[KeyValue], key: &str) -> String {
    let found = attributes.iter().find(|attribute| attribute.key == key);
    match found.and_then(|attribute| attribute.value.as_ref()?.value.clone()) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        _ => String::new(),
    }
}

async fn http(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let content_type = headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
    let answer = if content_type.contains("json") { "{}" } else { "" };
    let body = plain(&headers, "content-encoding", body);
    let mut response = Response::new(Body::from(answer));
    let value = HeaderValue::from_str(&content_type).unwrap();
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    kept.send_modify(|all| all.push(Export { content_type, body }));
    response
}

/// One unary call: a five byte frame (compressed or not, length) before the message, an empty message and the status
/// in the trailers back.
async fn grpc(State(kept): State<Kept>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let framed = body.len() >= 5;
    assert!(framed, "a gRPC message without its frame");
    let mut message = body.slice(5..);
    if body[0] == 1 {
        message = plain(&headers, "grpc-encoding", message);
    }
    kept.send_modify(|all| {
        all.push(Export { content_type: "application/grpc".into(), body: message });
    });
    let empty = Bytes::from_static(&[0; 5]);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = http_body_util::BodyExt::with_trailers(
        http_body_util::Full::new(empty),
        std::future::ready(Some(Ok(trailers))),
    );
    Response::builder()
        .status(StatusCode::OK)
        .header(header::CONTENT_TYPE, "application/grpc")
        .body(Body::new(body))
        .unwrap()
}

fn plain(headers: &HeaderMap, name: &str, body: Bytes) -> Bytes {
    use std::io::Read as _;
    if headers.get(name).is_none_or(|value| value != "gzip") {
        return body;
    }
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(body.as_ref()).read_to_end(&mut out).unwrap();
    out.into()
}
