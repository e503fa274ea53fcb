//! `spandrel-server explain`, as the program that is built.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn explain(args: &[&str], file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_spandrel-server")).arg("explain").args(args).arg(file).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_failed_order_is_explained_with_exit_code_1() {
    for name in ["error.otlp.json", "error.otlp.pb.gz", "error.jaeger-v1.json"] {
        let output = explain(&[], &fixture(name));
        assert_eq!(output.status.code(), Some(1), "{name}: {}", text(&output.stderr));
        let said = text(&output.stdout);
        assert!(said.starts_with("trace "), "{said}");
        assert!(said.contains("\n1. problem: "), "{said}");
        assert!(said.contains("failed because"), "{said}");
    }
}

#[test]
fn an_order_that_went_well_has_exit_code_0() {
    let output = explain(&[], &fixture("order.otlp.json"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(!text(&output.stdout).contains("problem"));
}

#[test]
fn what_cannot_be_read_has_exit_code_2_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{\"data\": 17").unwrap();
    let output = explain(&[], &broken);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    assert!(text(&output.stderr).contains("broken.json: "), "{}", text(&output.stderr));
    assert_eq!(explain(&[], &folder.path().join("absent.json")).status.code(), Some(2));
    assert_eq!(explain(&["--json", "--markdown"], &broken).status.code(), Some(2));
}

#[test]
fn json_and_markdown_say_the_same_findings() {
    let output = explain(&["--json"], &fixture("error.otlp.json"));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let first = &json[0]["findings"][0];
    assert_eq!(first["rule"], "error-origin");
    assert_eq!(first["severity"], "problem");
    let headline = first["headline"].as_str().unwrap();
    assert!(first["evidence"][0]["span_id"].as_str().is_some_and(|id| id.len() == 16), "{first}");
    let markdown = text(&explain(&["--markdown"], &fixture("error.otlp.json")).stdout);
    assert!(markdown.starts_with("# Findings in trace "), "{markdown}");
    let plain = |text: &str| text.replace('\\', "");
    assert!(plain(&markdown).contains(&format!("## 1. {headline}")), "{markdown}");
}

#[test]
fn traces_come_from_standard_input_and_thresholds_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let thresholds = folder.path().join("thresholds.json");
    std::fs::write(&thresholds, r#"{"bottleneck_share": 2.0, "gap_share": 2.0, "least_share": 2.0}"#)
        .unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_spandrel-server"))
        .args(["explain", "-", "--thresholds"])
        .arg(&thresholds)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&std::fs::read(fixture("order.otlp.json")).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stdout);
    assert!(!said.contains("bottleneck"), "{said}");
    assert!(text(&explain(&[], &fixture("order.otlp.json")).stdout).contains("bottleneck"));
    std::fs::write(&thresholds, r#"{"slow_quarry": 1}"#).unwrap();
    let output = explain(&["--thresholds", thresholds.to_str().unwrap()], &fixture("order.otlp.json"));
    assert_eq!(output.status.code(), Some(2), "a threshold that is not known is not passed over");
}
