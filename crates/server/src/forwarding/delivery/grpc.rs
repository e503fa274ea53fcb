//! OTLP over gRPC. The message is bytes already, so the codec only passes them on.

use super::answer::{is_passing_call, partial_success, retry_delay};
use super::{DeliveryError, Outcome, headers, in_full, trust};
use crate::config::forward::{Compression, Forward, Signal};
use axum::http::uri::PathAndQuery;
use bytes::{Buf, BufMut, Bytes};
use std::time::Duration;
use tonic::codec::{Codec, CompressionEncoding, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};

const EXPORT: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const EXPORT_LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How often a connection is tested, and how long the target may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// The way to a target.
#[derive(Clone)]
pub struct Grpc {
    channel: Channel,
    path: PathAndQuery,
    metadata: MetadataMap,
    is_gzip: bool,
    timeout: Duration,
}

impl Grpc {
    /// The way that settings describe. Connects when the first request is sent.
    pub fn new(settings: &Forward, signal: Signal) -> Result<Self, DeliveryError> {
        let mut endpoint = Endpoint::from_shared(settings.endpoint.0.clone())?
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(PING.0)
            .keep_alive_timeout(PING.1)
            .user_agent(concat!("spandrel-server/", env!("CARGO_PKG_VERSION")))?;
        if settings.endpoint.0.starts_with("https:") {
            let roots = trust::roots(settings)?;
            endpoint = endpoint.tls_config(ClientTlsConfig::new().trust_anchors(roots.roots))?;
        }
        Ok(Grpc {
            channel: endpoint.connect_lazy(),
            path: PathAndQuery::from_static(match signal {
                Signal::Traces => EXPORT,
                Signal::Logs => EXPORT_LOGS,
            }),
            metadata: MetadataMap::from_headers(headers(settings)),
            is_gzip: settings.compression == Compression::Gzip,
            timeout: settings.timeout.0,
        })
    }

    /// Sends a message.
    pub async fn send(&self, body: Bytes) -> Outcome {
        let mut client =
            tonic::client::Grpc::new(self.channel.clone()).accept_compressed(CompressionEncoding::Gzip);
        if self.is_gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        let call = async {
            client.ready().await.map_err(|error| Status::unavailable(in_full(&error)))?;
            let mut request = Request::new(body);
            *request.metadata_mut() = self.metadata.clone();
            request.set_timeout(self.timeout);
            client.unary(request, self.path.clone(), Plain).await
        };
        let answered = tokio::time::timeout(self.timeout, call).await;
        match answered.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time"))) {
            Ok(answer) => {
                let (rejected, remark) = partial_success(answer.get_ref());
                Outcome::Taken { rejected, remark }
            }
            Err(status) => {
                let after = retry_delay(status.details());
                let why = in_full(&status);
                // A broken connection has a cause on this side; what the target says has none.
                let is_broken =
                    std::error::Error::source(&status).is_some() && status.code() != Code::Unimplemented;
                if is_broken || is_passing_call(status.code(), after) {
                    Outcome::Again { after, why }
                } else {
                    Outcome::Refused(why)
                }
            }
        }
    }
}

/// Messages that are bytes.
struct Plain;

impl Codec for Plain {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Plain;
    type Decoder = Plain;

    fn encoder(&mut self) -> Plain {
        Plain
    }

    fn decoder(&mut self) -> Plain {
        Plain
    }
}

impl Encoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}
