//! The report of a run, as Markdown and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::histogram::Percentiles;
use super::open_loop::Measured;
use super::plan::Plan;
use super::verify::SPANS_OF_AN_ORDER;

/// Incomplete traces that are listed in Markdown; the JSON has all.
const LISTED: usize = 20;

/// The report as Markdown. `viewer` is the base URL of a viewer, for links to the slowest traces.
#[must_use]
pub fn markdown_report(plan: &Plan, measured: &Measured, viewer: Option<&str>) -> String {
    let seconds = measured.took.as_secs_f64();
    let failed: u64 = measured.errors.values().sum();
    let mut text = String::from("# Load\n\n");
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} requests to {} at {} per second (ramp-up {} s), {} users.\n",
        measured.requests,
        plan.gateway,
        plan.rate,
        plan.ramp_up.as_secs_f64(),
        plan.users,
    );
    let _ = writeln!(text, "| | |\n|---|---:|");
    let _ = writeln!(text, "| duration | {seconds:.2} s |");
    let _ = writeln!(text, "| rate reached | {:.1} /s |", measured.requests as f64 / seconds.max(1e-9));
    let _ = writeln!(text, "| succeeded | {} |", measured.succeeded);
    let _ = writeln!(text, "| errors | {failed} |");
    let _ = writeln!(
        text,
        "\n| latency | min | p50 | p90 | p99 | p99.9 | max |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    for (name, values) in
        [("from the intended start", measured.from_intended_start), ("from sending", measured.from_sending)]
    {
        let Percentiles { min, p50, p90, p99, p999, max } = values;
        let _ = writeln!(
            text,
            "| {name} | {min:.1} ms | {p50:.1} ms | {p90:.1} ms | {p99:.1} ms | {p999:.1} ms | {max:.1} ms |"
        );
    }
    if let Some(verified) = &measured.verified {
        let _ = writeln!(text, "\n| traces read back | |\n|---|---:|");
        let _ = writeln!(text, "| complete ({SPANS_OF_AN_ORDER} spans, one root) | {} |", verified.complete);
        let _ = writeln!(text, "| incomplete | {} |", verified.incomplete.len());
        for trace in verified.incomplete.iter().take(LISTED) {
            let _ = writeln!(text, "| {} | {} |", linked(&trace.trace_id, viewer), trace.why);
        }
    }
    if !measured.errors.is_empty() {
        let _ = writeln!(text, "\n| error | requests |\n|---|---:|");
        for (kind, count) in &measured.errors {
            let _ = writeln!(text, "| {kind} | {count} |");
        }
    }
    if !measured.slowest.is_empty() {
        let _ = writeln!(text, "\n| slowest trace | latency |\n|---|---:|");
        for (latency, trace_id) in &measured.slowest {
            let trace = linked(trace_id, viewer);
            let _ = writeln!(text, "| {trace} | {:.1} ms |", latency.as_secs_f64() * 1000.0);
        }
    }
    text
}

/// A trace's id, linked where there is a viewer.
fn linked(trace_id: &str, viewer: Option<&str>) -> String {
    match viewer {
        Some(viewer) => format!("[{trace_id}]({}/trace/{trace_id})", viewer.trim_end_matches('/')),
        None => trace_id.to_owned(),
    }
}

/// The report as JSON: latencies in milliseconds, times in seconds.
#[must_use]
pub fn json_report(plan: &Plan, measured: &Measured) -> Value {
    let slowest: Vec<Value> = measured
        .slowest
        .iter()
        .map(|(latency, trace_id)| json!({"trace_id": trace_id, "latency": latency.as_secs_f64() * 1000.0}))
        .collect();
    json!({
        "gateway": plan.gateway,
        "rate": plan.rate,
        "ramp_up": plan.ramp_up.as_secs_f64(),
        "users": plan.users,
        "requests": measured.requests,
        "succeeded": measured.succeeded,
        "errors": measured.errors,
        "duration": measured.took.as_secs_f64(),
        "latency": {
            "from_intended_start": measured.from_intended_start,
            "from_sending": measured.from_sending,
        },
        "slowest": slowest,
        "traces": measured.traces,
        "verified": measured.verified,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::mix::Mode;
    use crate::load::verify::{Incomplete, Verified};
    use std::time::Duration;

    #[test]
    fn errors_are_listed_by_kind_and_the_slowest_trace_is_linked() {
        let plan = Plan {
            gateway: "http://127.0.0.1:8000".into(),
            mode: Mode::Stress,
            requests: 10,
            rate: 5.0,
            ramp_up: Duration::ZERO,
            users: 2,
            seed: 1,
        };
        let measured = Measured {
            requests: 10,
            succeeded: 7,
            errors: [("timeout".to_owned(), 3)].into(),
            took: Duration::from_secs(2),
            slowest: vec![(Duration::from_millis(80), "ab".into())],
            verified: Some(Verified {
                complete: 6,
                incomplete: vec![Incomplete { trace_id: "cd".into(), why: "no spans of user".into() }],
            }),
            ..Measured::default()
        };
        let text = markdown_report(&plan, &measured, Some("http://127.0.0.1:16686/"));
        for line in [
            "| errors | 3 |",
            "| timeout | 3 |",
            "| rate reached | 5.0 /s |",
            "| complete (27 spans, one root) | 6 |",
            "| [cd](http://127.0.0.1:16686/trace/cd) | no spans of user |",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(text.contains("[ab](http://127.0.0.1:16686/trace/ab) | 80.0 ms"), "{text}");
        assert_eq!(json_report(&plan, &measured)["errors"]["timeout"], 3);
        assert_eq!(json_report(&plan, &measured)["verified"]["incomplete"][0]["trace_id"], "cd");
    }
}
