//! The searches that Jaeger holds its storages to, where the files are there.

use crate::support::{Server, shared};
use serde_json::Value;
use std::collections::BTreeSet;

fn trace_id(fixture: &Value) -> String {
    let span = &fixture["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    span["traceId"].as_str().unwrap().to_owned()
}

#[test]
fn jaegers_storage_conformance_searches_find_what_they_must() {
    let Some(directory) = shared("fixtures/otlp/jaeger-conformance") else { return };
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(directory.join(name)).unwrap()).unwrap()
    };
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let mut fixtures = 0;
    for entry in std::fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if !name.starts_with('_') && name.ends_with(".json") {
            assert_eq!(server.export_json(&read(&name).to_string()).status, 200, "{name}");
            fixtures += 1;
        }
    }
    assert!(fixtures > 25, "{fixtures} fixtures");
    let queries = read("_queries.json");
    let queries = queries.as_array().unwrap();
    assert!(queries.len() > 20);
    for case in queries {
        let query = &case["Query"];
        let tags: serde_json::Map<String, Value> = query["Tags"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.clone(), value.as_str().map_or(value.to_string(), str::to_owned).into()))
            .collect();
        let tags =
            Value::Object(tags).to_string().replace('{', "%7B").replace('}', "%7D").replace('"', "%22");
        let mut path = format!(
            "/api/v3/trace-summaries?query.service_name={}&query.operation_name={}&query.start_time_min={}\
             &query.start_time_max={}&query.num_traces={}&query.attributes={tags}",
            query["ServiceName"].as_str().unwrap(),
            query["OperationName"].as_str().unwrap(),
            query["StartTimeMin"].as_str().unwrap(),
            query["StartTimeMax"].as_str().unwrap(),
            query["NumTraces"]
        );
        for (name, key) in [("duration_min", "DurationMin"), ("duration_max", "DurationMax")] {
            if query[key] != 0 {
                path.push_str(&format!("&query.{name}={}ns", query[key]));
            }
        }
        let answer = server.get_json(&path);
        let found: BTreeSet<String> = answer["summaries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|summary| summary["traceId"].as_str().unwrap().to_owned())
            .collect();
        let wanted: BTreeSet<String> = case["ExpectedFixtures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| trace_id(&read(&format!("{}.json", name.as_str().unwrap()))))
            .collect();
        assert_eq!(found, wanted, "{}: {path}", case["Caption"]);
    }
}
