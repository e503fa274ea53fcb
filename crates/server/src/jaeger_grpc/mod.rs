//! Jaeger's query API v3 over gRPC: `jaeger.api_v3.QueryService`, which its command line tools and generated clients
//! speak. What is answered and refused is what the API over HTTP answers and refuses.

mod body;
mod query;

use crate::config::tokens::Scope;
use crate::guard::{Access, Guard};
use crate::ingest::grpc::{PREFIX, unary};
use crate::ingest::{Intake, body as request_body};
use crate::jaeger::answer::Output;
use crate::jaeger::failure::Failure;
use crate::jaeger::messages::{
    DependenciesResponse, Dependency, FindTraceSummariesResponse, FindTracesRequest, GetDependenciesRequest,
    GetOperationsRequest, GetOperationsResponse, GetServicesResponse, GetTraceRequest, Operation,
    TraceSummary,
};
use crate::jaeger::queries::Cost;
use crate::jaeger::{Adjustment, Backend, WrittenId, dependencies, otlp_messages, search_cost, summary};
use crate::jaeger_v3::{Search, operations_of};
use crate::store::Spans;
use axum::body::Body;
use axum::http::{Request, Response};
use body::put_message;
use hyper::body::Incoming;
use prost::Message;
use tonic::{Code, Status};

/// Bytes of a query.
const MAX_QUERY_BYTES: usize = 1 << 20;
/// Summaries in one message.
const SUMMARIES: usize = 100;

/// The service.
#[derive(Clone)]
pub struct QueryService {
    backend: Backend,
    /// Whose memory the queries' own bytes are taken from.
    intake: Intake,
    guard: Guard,
}

impl QueryService {
    /// A service that answers from this what the guard lets in.
    pub fn new(backend: Backend, intake: Intake, guard: Guard) -> Self {
        QueryService { backend, intake, guard }
    }

    /// Answers one call.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<tonic::body::Body> {
        match self.try_answer(request).await {
            Ok(messages) => body::answer(messages),
            Err(status) => status.into_http(),
        }
    }

    async fn try_answer(&self, request: Request<Incoming>) -> Result<Body, Status> {
        if let Some(why) = self.guard.refuses(request.uri(), request.headers()) {
            return Err(Status::permission_denied(why));
        }
        let access = self.guard.access(request.headers(), Scope::Read);
        match access {
            Access::Allowed => {}
            Access::Otherwise | Access::OtherTenant => return Err(Status::permission_denied(access.why())),
            Access::Nothing => return Err(Status::unauthenticated(access.why())),
        }
        let path = request.uri().path().to_owned();
        let Some(method) = path.strip_prefix("/jaeger.api_v3.QueryService/") else {
            return Err(Status::unimplemented("only jaeger.api_v3.QueryService is served"));
        };
        let limits = request_body::Limits { bytes: MAX_QUERY_BYTES + PREFIX, time: self.backend.client_time };
        let message = unary(request, limits, self.intake.reservation()).await?;
        match method {
            "GetTrace" => self.trace(read(&message)?).await,
            "FindTraces" => self.traces(read(&message)?).await,
            "FindTraceSummaries" => self.summaries(read(&message)?).await,
            "GetServices" => self.services().await,
            "GetOperations" => self.operations(read(&message)?).await,
            "GetDependencies" => self.dependencies(read(&message)?).await,
            _ => Err(Status::unimplemented(format!("{method} is not served"))),
        }
    }

    async fn trace(&self, request: GetTraceRequest) -> Result<Body, Status> {
        let bad = |why| Status::invalid_argument(format!("malformed trace_id: {why}"));
        let id = WrittenId::parse(&request.trace_id).map_err(bad)?;
        let (store, answering) = (self.backend.store.clone(), query::answering(request.raw_traces));
        self.run(id.cost(&self.backend), move |out| {
            let stored = id.read(&store, "trace not found")?;
            write_trace(out, &*stored, answering)
        })
        .await
    }

    async fn traces(&self, request: FindTracesRequest) -> Result<Body, Status> {
        let (search, answering) = query::search(request.query)?;
        self.search(search, move |out, stored| {
            stored.map_or(Ok(()), |stored| write_trace(out, stored, answering))?;
            Ok(true)
        })
        .await
    }

    async fn summaries(&self, request: FindTracesRequest) -> Result<Body, Status> {
        let (search, _) = query::search(request.query)?;
        let mut response = FindTraceSummariesResponse::default();
        self.search(search, move |out, stored| {
            if let Some(stored) = stored {
                let summary = summary::summarise(stored);
                // None where no span of it can be read.
                if summary.spans == 0 {
                    return Ok(false);
                }
                response.summaries.push(TraceSummary::of(&summary));
            }
            let most = if stored.is_some() { SUMMARIES } else { 1 };
            if response.summaries.len() >= most {
                put_message(out, &response.encode_to_vec())?;
                response.summaries.clear();
            }
            Ok(true)
        })
        .await
    }

    /// Runs a search. `each` says whether a trace counts; after the last one it is called without any.
    async fn search(
        &self,
        search: Search,
        mut each: impl FnMut(&mut Output, Option<&dyn Spans>) -> Result<bool, Failure> + Send + 'static,
    ) -> Result<Body, Status> {
        let store = self.backend.store.clone();
        self.run(search_cost(&search.criteria, &*search.test), move |out| {
            let watch = out.watch().clone();
            let mut found = 0;
            for located in store.search(search.criteria, &*search.test, || watch.check().is_err()) {
                watch.check()?;
                let Some(located) = located? else { continue };
                let Some(spans) = store.spans(located)? else { continue };
                found += usize::from(each(out, Some(&*spans))?);
                if found == search.limit {
                    break;
                }
            }
            each(out, None)?;
            Ok(())
        })
        .await
    }

    async fn services(&self) -> Result<Body, Status> {
        let store = self.backend.store.clone();
        self.run(Cost::Lookup, move |out| {
            put_message(out, &GetServicesResponse { services: store.services()? }.encode_to_vec())
        })
        .await
    }

    async fn operations(&self, request: GetOperationsRequest) -> Result<Body, Status> {
        if request.service.is_empty() {
            return Err(Status::invalid_argument("service is required"));
        }
        let store = self.backend.store.clone();
        self.run(Cost::Lookup, move |out| {
            let kind = request.span_kind.to_ascii_lowercase();
            let kind = (!kind.is_empty()).then_some(kind);
            let found = operations_of(&store, &request.service, kind.as_deref())?;
            let operations = found
                .into_iter()
                .map(|(name, kind)| Operation { name, span_kind: kind.to_owned() })
                .collect();
            put_message(out, &GetOperationsResponse { operations }.encode_to_vec())
        })
        .await
    }

    async fn dependencies(&self, request: GetDependenciesRequest) -> Result<Body, Status> {
        let from = query::time("start_time", request.start_time)?;
        let to = query::time("end_time", request.end_time)?;
        let store = self.backend.store.clone();
        self.run(Cost::Scan, move |out| {
            let watch = out.watch().clone();
            let graph = dependencies::count(&store, from, to, None, || watch.check())?;
            let dependencies = graph.links.into_iter().map(|link| Dependency {
                parent: link.parent,
                child: link.child,
                call_count: link.calls,
            });
            put_message(out, &DependenciesResponse { dependencies: dependencies.collect() }.encode_to_vec())
        })
        .await
    }

    async fn run(
        &self,
        cost: Cost,
        work: impl FnOnce(&mut Output) -> Result<(), Failure> + Send + 'static,
    ) -> Result<Body, Status> {
        self.backend.queries.run(cost, work).await.map_err(|failure| status(&failure))
    }
}

/// Reads a message.
fn read<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(|error| Status::invalid_argument(format!("the message cannot be read: {error}")))
}

/// A failure in gRPC's words.
fn status(failure: &Failure) -> Status {
    let code = match failure {
        Failure::Parameter(_) => Code::InvalidArgument,
        Failure::NotFound(_) => Code::NotFound,
        Failure::Unavailable(_) => Code::Unimplemented,
        Failure::Busy => Code::Unavailable,
        Failure::TimeLimit => Code::DeadlineExceeded,
        Failure::Cancelled => Code::Cancelled,
        Failure::Panicked | Failure::Store(_) => Code::Internal,
    };
    Status::new(code, failure.message().1)
}

/// Writes a trace as messages of bounded size.
fn write_trace(out: &mut Output, stored: &dyn Spans, answering: Adjustment) -> Result<(), Failure> {
    out.weigh(stored.weight())?;
    otlp_messages::write(stored, answering, |message| put_message(out, message))
}
