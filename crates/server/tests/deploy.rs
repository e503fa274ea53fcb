//! The files of `deploy/`, compared with the programs: names, ports, variables, flags and paths.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "api/support.rs"]
#[allow(dead_code, reason = "not everything of it is needed here")]
mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::{Server, send};

const FILES: [&str; 4] =
    ["Dockerfile", "compose.yaml", "kubernetes/spandrel.yaml", "prometheus/prometheus.yml"];

fn text(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The program of the demo, which is built with the whole workspace.
fn demo() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_spandrel-server")).with_file_name("spandrel-demo")
}

fn help(program: &Path) -> String {
    let output = Command::new(program).arg("--help").output();
    let output = output.unwrap_or_else(|error| {
        panic!("{}: {error}; build it with `cargo build --package spandrel-demo`", program.display())
    });
    String::from_utf8(output.stdout).unwrap()
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The demo, and names and addresses of its services in the order of their ports.
fn start_demo() -> (Running, Vec<(String, String)>) {
    let mut command = Command::new(demo());
    command.args(["--base-port", "0"]).env("OTEL_TRACES_EXPORTER", "none").stdout(Stdio::piped());
    let mut child = command.spawn().expect("build it with `cargo build --package spandrel-demo`");
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let pairs = ready.split_whitespace().filter_map(|word| word.split_once("=http://"));
    let services = pairs.map(|(name, address)| (name.to_owned(), address.to_owned())).collect();
    (Running(child), services)
}

/// Words of letters, digits and underscores that start like this.
fn variables<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.split(move |letter| !is_part(letter)).filter(move |word| word.starts_with(start))
}

#[test]
fn every_variable_and_flag_is_one_of_the_programs() {
    let (server, demo) = (help(Path::new(env!("CARGO_BIN_EXE_spandrel-server"))), help(&demo()));
    let mut seen = BTreeSet::new();
    for file in FILES {
        let text = text(file);
        for name in variables(&text, "SPANDREL_")
            .chain(variables(&text, "REDIS_URL"))
            .chain(variables(&text, "DATABASE_URL"))
        {
            let program = if name.starts_with("SPANDREL_") && !name.starts_with("SPANDREL_DEMO_") {
                &server
            } else {
                &demo
            };
            // A value that may be a secret is not printed.
            let is_read = [']', '='].iter().any(|end| program.contains(&format!("[env: {name}{end}")));
            assert!(is_read, "{file}: no program reads {name}");
            seen.insert(name.to_owned());
        }
        for line in text.lines().filter(|line| line.contains("command:") || line.contains("args:")) {
            for flag in line.split([' ', '[', ']', ',']).filter(|word| word.starts_with("--")) {
                let program = if flag == "--traffic" { &demo } else { &server };
                assert!(program.contains(flag), "{file}: no program has {flag}");
                seen.insert(flag.to_owned());
            }
        }
    }
    for name in ["SPANDREL_DEMO_PEERS", "REDIS_URL", "--insecure", "--traffic", "SPANDREL_DATA_DIR"] {
        assert!(seen.contains(name), "{name} was not seen in {seen:?}");
    }
}

#[test]
fn every_service_has_its_port_in_every_file() {
    let (_demo, services) = start_demo();
    assert_eq!(services.len(), 15);
    let (compose, kubernetes, prometheus) =
        (text("compose.yaml"), text("kubernetes/spandrel.yaml"), text("prometheus/prometheus.yml"));
    for (place, (name, _)) in services.iter().enumerate() {
        let port = 8000 + place;
        assert!(compose.contains(&format!("command: [serve, {name}]")), "{name}");
        assert!(compose.contains(&format!("{name}=http://{name}:{port}")), "{name}");
        assert!(kubernetes.contains(&format!("{{ name: {name}, containerPort: {port} }}")), "{name}");
        assert!(prometheus.contains(&format!("- \"{name}:{port}\"")), "{name}");
    }
    assert_eq!(compose.matches("command: [serve, ").count(), services.len());
    let server = help(Path::new(env!("CARGO_BIN_EXE_spandrel-server")));
    let exposed = text("Dockerfile");
    let exposed = exposed.lines().find_map(|line| line.strip_prefix("EXPOSE ")).unwrap();
    for port in exposed.split(' ') {
        assert!(server.contains(&format!("[default: {port}]")), "{port}");
        assert!(kubernetes.contains(&format!("containerPort: {port}")), "{port}");
        assert!(compose.contains(&format!("127.0.0.1:{port}:{port}")), "{port}");
    }
}

#[test]
fn probes_and_scrapes_are_answered() {
    let (_demo, services) = start_demo();
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(directory.path(), &[]);
    let kubernetes = text("kubernetes/spandrel.yaml");
    let probes: BTreeSet<&str> = kubernetes
        .lines()
        .filter_map(|line| line.split_once("path: ")?.1.split([',', '"']).find(|part| !part.is_empty()))
        .collect();
    assert_eq!(probes, ["/health", "/health?own=1"].into());
    for (name, address) in &services {
        for path in probes.iter().copied().chain(["/metrics"]) {
            assert_eq!(send(address, "GET", path, &[], b"").status, 200, "{name} {path}");
        }
    }
    for path in ["/health", "/metrics"] {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
}
