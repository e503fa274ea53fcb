//! What answers on the four ports, for each tenant. Memory, threads for queries and the viewer are shared by all; data is not.

use crate::config::Config;
use crate::demo_proxy::DemoProxy;
use crate::durations;
use crate::etag::Owner;
use crate::files::Viewer;
use crate::guard::Guard;
use crate::health::{Health, TenantHealth};
use crate::ingest::limit::RequestLimits;
use crate::ingest::memory::Memory;
use crate::ingest::{Intake, grpc::TraceService};
use crate::jaeger::queries::Queries;
use crate::jaeger::{Backend, LogTraceFinder};
use crate::jaeger_grpc::QueryService;
use crate::live::Live;
use crate::logs::query::LogQueries;
use crate::logs::receive::LogIntake;
use crate::logs::{LogQuery, LogStore};
use crate::metrics::{Metrics, TenantMetrics};
use crate::routes::{self, Query};
use crate::tenants::select::ByTenant;
use crate::tenants::{Tenant, Tenants};
use axum::Router;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of memory that `POST /api/transform` may use.
const TRANSFORM_BYTES: usize = 128 << 20;
/// Bytes of memory that answers may use which wait for slow readers.
const ANSWER_BYTES: usize = 128 << 20;

/// The services of one tenant.
pub struct Services {
    /// The viewer and the query APIs.
    pub query_http: Router,
    /// OTLP and the other ways in over HTTP.
    pub otlp_http: Router,
    /// Queries over gRPC.
    pub queries: QueryService,
    /// OTLP over gRPC.
    pub exports: TraceService,
}

/// What the services of all tenants are made with.
struct Shared<'c> {
    config: &'c Config,
    /// Address of the viewer.
    viewer_at: SocketAddr,
    queries: Queries,
    transforms: Memory,
    viewer: Viewer,
    demo: DemoProxy,
    health: Health,
}

/// The services of all tenants, and the pages that watch them. The addresses are those of the viewer, of OTLP over HTTP and of
/// OTLP over gRPC.
pub fn all(
    config: &Config,
    tenants: &Tenants,
    [viewer_at, otlp_http, otlp_grpc]: [SocketAddr; 3],
) -> Result<(ByTenant<Services>, Vec<Live>), reqwest::Error> {
    let max_request = usize::try_from(config.max_request).unwrap_or(usize::MAX / 2);
    let max_waiting = usize::try_from(config.max_waiting).unwrap_or(usize::MAX / 2);
    let memory = Intake::memory(max_request, max_waiting);
    let count = |tenant: &Tenant| {
        let (store, forwarding) = (tenant.store.clone(), tenant.forwarding.clone());
        let time = client_time(config);
        TenantMetrics {
            tenant: tenants.label(tenant),
            intake: Intake::new(store, forwarding, max_request, memory.clone(), time, most(config)),
            store: tenant.store.clone(),
            logs: tenant.logs.clone(),
            live: Live::new(tenant.store.clone()),
            asked: durations::histogram(),
        }
    };
    let default = count(&tenants.default);
    let others: Vec<(&Tenant, TenantMetrics)> =
        tenants.others.iter().map(|tenant| (tenant, count(tenant))).collect();
    let watch = |tenant: &Tenant| TenantHealth {
        tenant: tenants.label(tenant),
        store: tenant.store.clone(),
        logs: tenant.logs.clone(),
        forwarding: tenant.forwarding.clone(),
    };
    // The page offers a demo if there is one, and shows a user without traces where to send them.
    let mut facts = vec![("OTLP_PORTS", format!("{} {}", otlp_http.port(), otlp_grpc.port()))];
    facts.extend(config.demo.is_some().then(|| ("DEMO", "true".to_owned())));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let queries = Queries::new(threads, Duration::from_secs(config.query_time), ANSWER_BYTES);
    let shared = Shared {
        config,
        viewer_at,
        queries: queries.clone(),
        transforms: Memory::new(TRANSFORM_BYTES),
        viewer: Viewer::new(config.viewer.clone()).with_facts(facts),
        demo: DemoProxy::new(config.demo.as_deref())?,
        health: Health::new(tenants.iter().map(watch).collect()),
    };
    let counted: Vec<TenantMetrics> =
        std::iter::once(&default).chain(others.iter().map(|(_, own)| own)).cloned().collect();
    let live = counted.iter().map(|own| own.live.clone()).collect();
    // Whoever has a token of the default tenant runs the server, and sees what all of them count.
    let of_default = shared.services(&tenants.default, &default, Metrics::new(counted, Some(queries)));
    let of_others = others.iter().map(|(tenant, own)| {
        let metrics = Metrics::new(vec![own.clone()], None);
        (tenant.name.clone(), shared.services(tenant, own, metrics))
    });
    Ok((ByTenant::new(config, of_default, of_others.collect()), live))
}

impl Shared<'_> {
    fn services(&self, tenant: &Tenant, own: &TenantMetrics, metrics: Metrics) -> Services {
        let intake = own.intake.clone();
        let log_intake = LogIntake::new(intake.clone(), tenant.logs.clone());
        let backend = Backend {
            store: tenant.store.clone(),
            logged: by_log_text(tenant.logs.clone()),
            queries: self.queries.clone(),
            transforms: self.transforms.clone(),
            client_time: client_time(self.config),
        };
        let state = Query {
            owner: Owner(tenant.name.as_str().into()),
            live: own.live.clone(),
            log_intake: log_intake.clone(),
            logs: LogQueries { store: tenant.logs.clone(), queries: self.queries.clone() },
            backend: backend.clone(),
            intake: intake.clone(),
            viewer: self.viewer.clone(),
            demo: self.demo.clone(),
            health: self.health.clone(),
            metrics,
            asked: own.asked.clone(),
            prefix: self.config.prefix().into(),
        };
        let guard = Guard::new(self.config, self.viewer_at, &tenant.name);
        Services {
            query_http: routes::query(state, &guard),
            otlp_http: routes::otlp(intake.clone(), log_intake.clone(), &guard),
            queries: QueryService::new(backend, intake.clone(), guard.clone()),
            exports: TraceService::new(intake, log_intake.take_protobuf(), guard),
        }
    }
}

/// How long a client may take.
pub fn client_time(config: &Config) -> Duration {
    Duration::from_secs(config.client_time.max(1))
}

/// What one request may hold.
fn most(config: &Config) -> RequestLimits {
    let limit = |number: u64| (number > 0).then_some(number);
    let size = |number: u64| limit(number).map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    RequestLimits {
        spans: limit(config.max_spans),
        attributes: limit(config.max_attributes),
        value_bytes: size(config.max_attribute_size),
        nesting: size(config.max_nesting),
    }
}

/// Finds traces by the text of their log lines.
fn by_log_text(logs: LogStore) -> LogTraceFinder {
    Arc::new(move |text, (from, to), stopped| {
        let query =
            LogQuery { text: Some(text.to_owned()), from: Some(from), to: Some(to), ..LogQuery::default() };
        logs.traces(&query, stopped)
    })
}
