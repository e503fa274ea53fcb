//! Every address that is ever sent, as a line of a golden file. `UPDATE_GOLDEN=1` writes it anew.
#![allow(clippy::unwrap_used)]

use spandrel_trace::source::{
    Api, Base, MetricsMeasure, SearchQuery, ServiceMetricsQuery, Source, Task, parse_tags, plan,
};
use std::fmt::Write;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/requests.txt");

fn tasks() -> Vec<Task> {
    let wide = SearchQuery {
        service: "cart & co".into(),
        operation: "GET /a b".into(),
        tags: parse_tags("error=true http.route=\"/ü\"").unwrap(),
        start_unix_us: 1_795_252_231_200_001,
        end_unix_us: 1_795_252_331_200_000,
        min_duration: Some(1_200_000_000),
        max_duration: Some(120_000_000_000),
        limit: 20,
        ..SearchQuery::default()
    };
    let narrow = SearchQuery {
        service: "cart".into(),
        start_unix_us: 0,
        end_unix_us: 1,
        limit: 1,
        ..SearchQuery::default()
    };
    let metrics = ServiceMetricsQuery {
        service: "cart & co".into(),
        end_unix_ms: 1_795_252_331_200,
        lookback_ms: 3_600_000,
        step_ms: 60_000,
        ..ServiceMetricsQuery::default()
    };
    vec![
        Task::Services,
        Task::Operations { service: "cart & co".into() },
        Task::Search(wide.clone()),
        Task::Search(SearchQuery { log_text: "100 % & more".into(), ..narrow.clone() }),
        Task::Search(narrow),
        Task::DependenciesOfTraces(wide.clone()),
        Task::EntrySpans(wide),
        Task::Trace { id: "4bf92f3577b34da6a3ce929d0e0e4736".into() },
        Task::Trace { id: "../x?".into() },
        Task::Logs { trace: "4bf92f3577b34da6a3ce929d0e0e4736".into() },
        Task::UntracedLogs {
            start_unix_us: 5,
            end_unix_us: 9,
            services: vec!["cart & co".into(), "stock".into()],
        },
        Task::Dependencies { end_unix_ms: 1_795_252_331_200, lookback_ms: 3_600_000 },
        Task::Metrics(metrics.clone()),
        Task::Metrics(ServiceMetricsQuery {
            measure: MetricsMeasure::Calls,
            by_operation: true,
            ..metrics.clone()
        }),
        Task::Metrics(ServiceMetricsQuery { measure: MetricsMeasure::Errors, ..metrics.clone() }),
        Task::Metrics(ServiceMetricsQuery { measure: MetricsMeasure::Latency(95), ..metrics }),
    ]
}

/// Other servers are not asked for live updates.
#[test]
fn only_our_own_server_has_live_updates() {
    let search = SearchQuery { service: "cart".into(), ..SearchQuery::default() };
    for base in ["", "https://traces.example", "/eval-track"] {
        assert_eq!(Source::at(Base::new(base)).live_url(&search), None, "{base}");
    }
    assert_eq!(Source::Files.live_url(&search), None);
}

#[test]
fn every_request_is_as_agreed() {
    let mut text = String::new();
    for base in ["", "/jaeger/ui", "https://traces.example:16686"] {
        let base = Base::new(base);
        for api in [Api::V3, Api::V1] {
            for task in tasks() {
                let request = plan(&base, api, &task);
                writeln!(text, "GET {}", request.url).unwrap();
            }
        }
    }
    for base in ["/eval-track", "https://traces.example:16686/eval-track"] {
        let base = Base::new(base);
        assert_eq!(Api::first(&base), Api::EvalTrack);
        for task in tasks() {
            writeln!(text, "GET {}", plan(&base, Api::EvalTrack, &task).url).unwrap();
        }
    }
    for base in ["", "/jaeger/ui", "https://traces.example:16686"] {
        for task in tasks() {
            if let Task::Search(search) = task {
                let url = Source::Spandrel(Base::new(base)).live_url(&search);
                assert_eq!(url.is_some(), search.log_text.is_empty());
                url.into_iter().for_each(|url| writeln!(text, "GET {url}").unwrap());
            }
        }
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &text).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    assert_eq!(text, golden);
}
