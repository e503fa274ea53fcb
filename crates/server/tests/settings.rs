//! Settings of the real program: file, environment and flags, and what it says of mistakes.

#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn run(file: &Path, flags: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spandrel-server"));
    command.env("SPANDREL_CONFIG", file).env_remove("SPANDREL_VIEWER").args(flags);
    command.envs(environment.iter().copied()).output().unwrap()
}

#[test]
fn the_file_counts_less_than_the_environment_and_that_less_than_flags() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    std::fs::write(&file, "port = 1\notlp_http_port = 2\notlp_grpc_port = 3\ntoken = \"${KEY}\"\n").unwrap();
    let environment = [("SPANDREL_OTLP_HTTP_PORT", "20"), ("SPANDREL_OTLP_GRPC_PORT", "30"), ("KEY", "hush")];
    let output = run(&file, &["--otlp-grpc-port", "300", "--print-config"], &environment);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    for line in ["port = 1\n", "otlp_http_port = 20\n", "otlp_grpc_port = 300\n", "token = \"(hidden)\"\n"] {
        assert!(printed.contains(line), "{line}{printed}");
    }
    assert!(!printed.contains("hush"), "{printed}");
}

#[test]
fn a_mistake_in_the_file_ends_the_program_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    std::fs::write(&file, "\nport = \"many\"\n").unwrap();
    let output = run(&file, &[], &[]);
    let said = String::from_utf8(output.stderr).unwrap();
    let expected = format!("spandrel-server: {}:2:8: port: invalid value", file.display());
    assert!(said.starts_with(&expected), "{said}");
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
}

#[test]
fn tenants_that_cannot_be_told_apart_end_the_program() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.toml");
    let token = |tenant: &str| {
        format!("[[tokens]]\nvalue = \"secret {tenant}\"\nscopes = [\"read\"]\ntenant = \"{tenant}\"\n")
    };
    for (text, flags, expected) in [
        (token("../up"), vec![], ":4:10: tokens[0].tenant: \"../up\" is not 1 to 64 letters"),
        (token("a") + "[tenants.b]\n", vec![], ": tenants.b: no token names the tenant \"b\": add one"),
        (token("a"), vec!["--token", "secret a"], "--token is also a token of a tenant"),
    ] {
        std::fs::write(&file, text).unwrap();
        let data = directory.path().join("data");
        let output = run(&file, &[&["--data-dir", data.to_str().unwrap()], &flags[..]].concat(), &[]);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(expected) && !said.contains("secret"), "{said}");
        assert!(
            !output.status.success() && output.stdout.is_empty() && !data.exists(),
            "nothing was started"
        );
    }
}

#[test]
fn log_lines_are_json_when_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_spandrel-server"));
    command.args([
        "--port",
        "0",
        "--otlp-http-port",
        "0",
        "--otlp-grpc-port",
        "0",
        "--query-grpc-port",
        "0",
        "--log-format",
        "json",
    ]);
    command.arg("--data-dir").arg(directory.path()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&said["level"], &said["target"]),
        (&"INFO".into(), &"spandrel_server::tenants".into()),
        "{line}"
    );
    assert!(
        said["message"].as_str().unwrap().contains("--max-disk") && said["timestamp"].is_string(),
        "{line}"
    );
}
