//! Identifies servers that are no Jaeger by answers that only one product gives.

use crate::io::reach::{self, TextResponse};
use spandrel_trace::source::Base;
use spandrel_trace::units::{Problem, ProblemKind};

/// A path below the server's URL, what it answers if the server is that product, and the product.
type Probe = (&'static str, fn(&TextResponse) -> bool, &'static str);

/// In this order, until one fits. Each is a request: the most likely come first.
const PROBES: [Probe; 7] = [
    ("/api/echo", |text| text.is_good() && text.body.trim() == "echo", "Grafana Tempo"),
    ("/api/v2/services", |text| text.is_good() && text.body.trim_start().starts_with('['), "Zipkin"),
    (
        "/loki/api/v1/status/buildinfo",
        |text| text.is_good() && text.body.contains("\"goVersion\""),
        "Grafana Loki",
    ),
    ("/api/v1/status/buildinfo", |text| text.is_good() && text.body.contains("\"goVersion\""), "Prometheus"),
    ("/api/health", |text| text.body.contains("\"database\""), "Grafana"),
    ("/v1/traces", |text| text.status == 405, "a collector's port for spans (OTLP)"),
    ("/", is_search_engine, "Elasticsearch or OpenSearch"),
];

fn is_search_engine(text: &TextResponse) -> bool {
    text.body.contains("\"cluster_uuid\"") || text.body.contains("You Know, for Search")
}

/// Adds the identified product to the problem of a server that answers but is no Jaeger. Other problems stay as they are.
pub async fn other_product(mut problem: Problem, base: &Base) -> Problem {
    if !matches!(problem.kind, ProblemKind::WrongAddress | ProblemKind::Unreadable | ProblemKind::Refused) {
        return problem;
    }
    for (path, is_it, product) in PROBES {
        if reach::text(&format!("{base}{path}")).await.is_some_and(|text| is_it(&text)) {
            problem.happened = format!("A server answers, but it is no Jaeger: it looks like {product}.");
            problem.advice =
                vec!["Enter the URL of a Jaeger, or of a server with Jaeger's query API.".to_owned()];
            return problem;
        }
    }
    problem
}
