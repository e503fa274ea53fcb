//! The data of tenants on disk, in metrics and on its way to targets: each in a directory of its own that survives kill -9
//! and that the tools read, counted under its name, never in one request with another's.

use crate::receiver::{Receiver, wait_until};
use crate::support::{heavy, request, send, span};
use crate::tenants::{TENANTS, fill, get, server, settings};
use prost::Message;
use std::path::Path;
use std::process::{Command, Output};

fn tool(directory: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spandrel-server"));
    command.args(args).arg("--data-dir").arg(directory).output().unwrap()
}

#[test]
fn both_survive_kill_9_and_the_tools_work_on_each() {
    let directory = tempfile::tempdir().unwrap();
    let first = server(directory.path(), &settings());
    TENANTS.iter().for_each(|name| fill(&first, name));
    first.kill();
    let again = server(directory.path(), &settings());
    for (own, other) in [(TENANTS[0], TENANTS[1]), (TENANTS[1], TENANTS[0])] {
        let token = format!("{own}-read");
        for path in ["/api/traces/1", "/api/logs?traceID=1", "/eval-track/traces/same"] {
            let text = get(&again, &token, path).text();
            assert!(text.contains(own) && !text.contains(other), "{path}: {text}");
        }
        let data = directory.path().join("data/tenants").join(own);
        // While the server runs, and as on any data directory.
        let stats = tool(&data, &["stats", "--json"]);
        let stats: serde_json::Value = serde_json::from_slice(&stats.stdout).unwrap();
        assert_eq!(stats["spans"], 3, "two of the trace and one of the record: {stats}");
        let checked = tool(&data, &["check"]);
        let said = String::from_utf8(checked.stdout).unwrap();
        assert!(checked.status.success() && said.contains("3 spans, 0 segments damaged"), "{said}");
        let exported = String::from_utf8(tool(&data, &["export"]).stdout).unwrap();
        assert!(exported.contains(&format!("{own}-shop")) && !exported.contains(other), "{exported}");
    }
    assert!(again.terminate());

    // Another's spans come in where somebody who may write there brings them.
    let file = directory.path().join("export.jsonl");
    let [from, to] = TENANTS.map(|name| directory.path().join("data/tenants").join(name));
    std::fs::write(&file, tool(&from, &["export"]).stdout).unwrap();
    let imported = tool(&to, &["import", file.to_str().unwrap()]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    let third = server(directory.path(), &settings());
    let services = get(&third, "bravo-read", "/api/services").text();
    assert!(services.contains("alpha-shop") && services.contains("bravo-shop"), "{services}");
    let services = get(&third, "alpha-read", "/api/services").text();
    assert!(!services.contains("bravo"), "{services}");
}

#[cfg(unix)]
#[test]
fn data_of_tenants_is_for_the_owner_of_the_process_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    fill(&server, "alpha");
    for folder in ["data", "data/tenants", "data/tenants/alpha", "data/tenants/bravo"] {
        let mode = directory.path().join(folder).metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o700, "{folder}");
    }
}

#[test]
fn a_server_that_learns_of_tenants_keeps_what_it_has() {
    let directory = tempfile::tempdir().unwrap();
    let before = server(directory.path(), "token = \"operator\"\n");
    let export = |server: &crate::support::Server| {
        let headers = [("content-type", "application/x-protobuf"), ("authorization", "Bearer operator")];
        let body = request("old-shop", vec![span(1, 1, "old")]).encode_to_vec();
        send(&server.otlp_http, "POST", "/v1/traces", &headers, &body).status
    };
    assert_eq!(export(&before), 200);
    assert!(!get(&before, "operator", "/metrics").text().contains("tenant"), "no label without tenants");
    // Without tenants the header means nothing: senders to Loki and Tempo set it.
    let headers = [("authorization", "Bearer operator"), ("x-scope-orgid", "team")];
    assert_eq!(send(&before.viewer, "GET", "/api/services", &headers, b"").status, 200);
    assert!(before.terminate());
    let after = server(directory.path(), &settings());
    fill(&after, "alpha");
    let old = get(&after, "operator", "/api/traces/1").text();
    assert!(old.contains("old-shop") && !old.contains("alpha"), "{old}");
}

#[test]
fn metrics_are_labelled_and_a_tenant_sees_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(directory.path(), &settings());
    fill(&server, "alpha");
    let all = get(&server, "operator", "/metrics").text();
    for (name, spans) in [("alpha", 3), ("bravo", 0), ("default", 0)] {
        let sample = format!("spandrel_store_spans{{tenant=\"{name}\"}} {spans}\n");
        assert!(all.contains(&sample), "{sample}{all}");
        assert!(
            all.contains(&format!("spandrel_ingest_duration_seconds_count{{tenant=\"{name}\"}}")),
            "{all}"
        );
    }
    assert!(all.contains("\nspandrel_intake_bytes "), "{all}");
    let types = all.lines().filter(|line| line.starts_with("# TYPE spandrel_store_spans ")).count();
    assert_eq!((types, all.ends_with("# EOF\n")), (1, true));
    let own = get(&server, "alpha-read", "/metrics").text();
    let samples: Vec<&str> = own.lines().filter(|line| !line.starts_with('#')).collect();
    assert!(!samples.is_empty() && samples.iter().all(|line| line.contains("tenant=\"alpha\"")), "{own}");
}

#[test]
fn limits_are_of_one_tenant_and_readiness_is_of_all() {
    let directory = tempfile::tempdir().unwrap();
    let limits = "[tenants.bravo]\nmax_disk = \"1M\"\nretention_hours = 0\n";
    let server = server(directory.path(), &format!("{}{limits}", settings()));
    let export = |name: &str, trace: u128| {
        let authorization = format!("Bearer {name}-ingest");
        let headers = [("content-type", "application/x-protobuf"), ("authorization", authorization.as_str())];
        send(&server.otlp_http, "POST", "/v1/traces", &headers, &heavy(trace, 100_000).encode_to_vec()).status
    };
    assert_eq!(server.get("/ready").status, 200);
    let refused = (1..100).find(|trace| export("bravo", *trace) == 503);
    assert!(refused.is_some(), "a full tenant is refused");
    (1..20).for_each(|trace| assert_eq!(export("alpha", trace), 200, "the other has reserved"));
    let ready = server.get("/ready");
    assert_eq!((ready.status, &ready.json()["tenants"]), (503, &serde_json::json!(["bravo"])));
    assert_eq!(server.get_json("/health")["problems"][0], "tenant bravo: spans cannot be written");
}

#[test]
fn targets_get_the_data_of_their_tenants_and_never_two_in_one_request() {
    let directory = tempfile::tempdir().unwrap();
    let (all, one, rest) = (Receiver::http(0), Receiver::http(0), Receiver::http(0));
    let target = |name: &str, receiver: &Receiver, more: &str| {
        format!(
            "[[forward]]\nname = \"{name}\"\nendpoint = \"http://{}\"\nbatch.delay = \"300ms\"\n{more}\n",
            receiver.address
        )
    };
    let targets = target("all", &all, "")
        + &target("one", &one, "tenants = [\"alpha\"]")
        + &target("rest", &rest, "tenants = [\"bravo\", \"default\"]");
    let server = server(directory.path(), &(settings() + &targets));
    for trace in 1..=10u64 {
        for name in ["alpha", "bravo", "operator"] {
            let token = if name == "operator" { name.to_owned() } else { format!("{name}-ingest") };
            let authorization = format!("Bearer {token}");
            let headers =
                [("content-type", "application/x-protobuf"), ("authorization", authorization.as_str())];
            let body = request(name, vec![span(1, trace, name)]).encode_to_vec();
            assert_eq!(send(&server.otlp_http, "POST", "/v1/traces", &headers, &body).status, 200);
        }
    }
    wait_until("all is delivered", || {
        [&all, &one, &rest].map(|receiver| receiver.spans().len()) == [30, 10, 20]
    });
    let names = |receiver: &Receiver| {
        let mut names: Vec<String> = receiver.spans().into_iter().map(|span| span.name).collect();
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(names(&one), ["alpha"]);
    assert_eq!(names(&rest), ["bravo", "operator"]);
    for receiver in [&all, &rest] {
        receiver.seen(|seen| {
            for seen in seen {
                let mut names: Vec<String> =
                    crate::receiver::spans_of(&seen.request).into_iter().map(|span| span.name).collect();
                names.dedup();
                assert_eq!(names.len(), 1, "{names:?} in one request");
            }
        });
    }
    let data = directory.path().join("data");
    assert!(data.join("forward/rest.sqlite").exists() && !data.join("forward/one.sqlite").exists());
    assert!(data.join("tenants/alpha/forward/one.sqlite").exists());
    assert!(!data.join("tenants/alpha/forward/rest.sqlite").exists());
    let sent = "spandrel_forward_spans_sent_total{target=\"all\",tenant=\"bravo\"} 10\n";
    wait_until("it is counted", || get(&server, "operator", "/metrics").text().contains(sent));
    let of_alpha = get(&server, "alpha-read", "/metrics").text();
    assert!(of_alpha.contains("target=\"one\"") && !of_alpha.contains("target=\"rest\""), "{of_alpha}");
    let shown = server.get_json("/ready")["forward"].as_array().unwrap().len();
    assert_eq!(shown, 6, "each target once for each of its tenants");
}
