//! The dashboard of `deploy/grafana` asks for metrics that there are, and for all of them.

use crate::receiver::free_port;
use crate::support::{Server, command, request, span};
use crate::tenants;
use std::collections::BTreeSet;
use std::path::Path;

/// Every name of ours in a text.
fn names(text: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_name(letter)).filter(|word| word.starts_with("spandrel_"));
    words.map(str::to_owned).collect()
}

/// The expressions of all panels.
fn expressions() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/grafana/spandrel.json");
    let dashboard: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn panels_choose_a_tenant_where_their_metrics_name_one() {
    let directory = tempfile::tempdir().unwrap();
    let target =
        "[[forward]]\nname = \"t\"\nendpoint = \"http://127.0.0.1:1\"\nsignals = [\"traces\", \"logs\"]\n";
    let server = tenants::server(directory.path(), &format!("{}{target}", tenants::settings()));
    let metrics = tenants::get(&server, "operator", "/metrics").text();
    let mut filtered = 0;
    for expression in expressions() {
        let name = names(&expression).into_iter().next().unwrap();
        let mut samples = metrics.lines().filter(|line| line.starts_with(&name)).peekable();
        assert!(samples.peek().is_some(), "{name}\n{metrics}");
        let is_of_tenants = samples.any(|sample| sample.contains("tenant="));
        assert_eq!(expression.contains("tenant=~\"$tenant\""), is_of_tenants, "{expression}");
        filtered += usize::from(is_of_tenants);
    }
    assert!(filtered > 50, "{filtered}");
}

#[test]
fn the_dashboard_names_the_metrics_that_there_are() {
    let asked: BTreeSet<String> = expressions().iter().flat_map(|expression| names(expression)).collect();
    let directory = tempfile::tempdir().unwrap();
    let settings = directory.path().join("settings.toml");
    let target = format!(
        "[[forward]]\nname = \"t\"\nendpoint = \"http://127.0.0.1:{}\"\nsignals = [\"traces\", \"logs\"]\n",
        free_port()
    );
    std::fs::write(&settings, target).unwrap();
    let mut command = command(directory.path(), &["--config"]);
    command.arg(&settings);
    let server = Server::of(command);
    assert_eq!(server.export(&request("a", vec![span(1, 1, "x")])).status, 200);
    assert_eq!(server.get("/api/services").status, 200);
    let metrics = server.get("/metrics").text();
    let samples = metrics.lines().filter(|line| !line.starts_with('#'));
    let there: BTreeSet<String> = samples.flat_map(names).collect();
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "no such metrics: {missing:?}\n{metrics}");
    for measured in ["ingest", "query"] {
        let count = format!("spandrel_{measured}_duration_seconds_count 1");
        assert!(metrics.contains(&count), "{count}\n{metrics}");
    }
    // Parts are an inner matter; sums and counts of histograms belong to their buckets.
    let inner =
        |name: &str| name.ends_with("_sum") || name.ends_with("_count") || name == "spandrel_store_parts";
    let unseen: Vec<_> = there.difference(&asked).filter(|name| !inner(name)).collect();
    assert!(unseen.is_empty(), "in no panel: {unseen:?}");
}
