//! The server and the demo as `run` and `dev` start them.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::service::Service;
use crate::{place, process};

/// How many ports the demo takes, one for each service.
const DEMO_PORTS: u16 = 15;

/// Options that `run` and `dev` share.
#[derive(clap::Args)]
pub struct Backend {
    /// Only the server: spans come from programs of your own
    #[arg(long)]
    pub no_demo: bool,
    /// Where OTLP over HTTP is received
    #[arg(long, default_value_t = 4318)]
    otlp_http_port: u16,
    /// Where OTLP over gRPC is received
    #[arg(long, default_value_t = 4317)]
    otlp_grpc_port: u16,
    /// The first of the demo's fifteen ports
    #[arg(long, default_value_t = 8000)]
    demo_port: u16,
    /// Where spans are stored
    #[arg(long, default_value_os_t = place::root().join("target").join("run-data"))]
    data_dir: PathBuf,
}

/// How the programs are compiled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to compile.
    Debug,
    /// As they are shipped.
    Release,
}

impl Backend {
    /// Compiles the server and, unless it is left out, the demo.
    pub fn build(&self, profile: Profile) -> Result<()> {
        println!("Building the server and the demo (3 to 5 minutes when nothing is built yet)");
        let mut build = Command::new(place::cargo());
        build.args(["build", "--package", "spandrel-server"]).current_dir(place::root());
        if !self.no_demo {
            build.args(["--package", "spandrel-demo"]);
        }
        if profile == Profile::Release {
            build.arg("--release");
        }
        process::run(&mut build)
    }

    /// Fails if a port is taken; the message names the port, and the flag that changes it. `ports` are those of the caller.
    pub fn check_ports(&self, ports: &[(u16, &str)]) -> Result<()> {
        let mut wanted = ports.to_vec();
        wanted.push((self.otlp_http_port, "--otlp-http-port"));
        wanted.push((self.otlp_grpc_port, "--otlp-grpc-port"));
        if !self.no_demo {
            wanted.extend((0..DEMO_PORTS).map(|at| (self.demo_port.saturating_add(at), "--demo-port")));
        }
        for (port, flag) in wanted {
            if port != 0 && TcpListener::bind(("127.0.0.1", port)).is_err() {
                bail!(
                    "Port {port} is taken. Stop what listens there (`ss -ltnp 'sport = :{port}'` names it), or choose another port with {flag}"
                );
            }
        }
        Ok(())
    }

    /// What `Trunk.toml` writes into the page that `dev` serves: whether there is a demo, and where spans are received.
    pub fn markers(&self) -> Vec<(&'static str, String)> {
        let mut markers =
            vec![("SPANDREL_DEV_OTLP_PORTS", format!("{} {}", self.otlp_http_port, self.otlp_grpc_port))];
        if !self.no_demo {
            markers.push(("SPANDREL_DEV_DEMO", "true".to_owned()));
        }
        markers
    }

    /// Starts the server with its queries on `port`, then the demo. The server comes first in the answer. Without `viewer`
    /// the server serves queries only.
    pub fn start(&self, profile: Profile, port: u16, viewer: Option<&Path>) -> Result<Vec<Service>> {
        let folder = if profile == Profile::Release { "release" } else { "debug" };
        let number = |port: u16| port.to_string();
        let mut server = Command::new(place::binary(folder, "spandrel-server")?);
        server.args(["--port", &number(port), "--otlp-http-port", &number(self.otlp_http_port)]);
        server.args([
            "--otlp-grpc-port",
            &number(self.otlp_grpc_port),
            "--query-grpc-port",
            "0",
            "--data-dir",
        ]);
        server.arg(&self.data_dir);
        if let Some(viewer) = viewer {
            server.arg("--viewer").arg(viewer);
        }
        if !self.no_demo {
            server.args(["--demo", &format!("http://127.0.0.1:{}", self.demo_port)]);
        }
        let mut services = vec![Service::start("the server", &mut server)?];
        if !self.no_demo {
            let otlp = format!("http://{}", services[0].authority("otlp_http")?);
            let mut demo = Command::new(place::binary(folder, "spandrel-demo")?);
            let eval_track = format!("http://127.0.0.1:{port}/eval-track");
            demo.args(["--base-port", &number(self.demo_port), "--otlp", &otlp]);
            demo.args(["--eval-track", &eval_track, "--traffic"]);
            services.push(Service::start("the demo", &mut demo)?);
        }
        Ok(services)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hook of `Trunk.toml` runs as Trunk runs it, on the page of this repository.
    #[test]
    fn the_page_that_dev_serves_says_that_there_is_a_demo() {
        let settings = std::fs::read_to_string(place::root().join("Trunk.toml")).unwrap();
        let settings: toml::Table = settings.parse().unwrap();
        let hook = &settings["hooks"][0];
        let arguments = hook["command_arguments"].as_array().unwrap();
        let page = std::fs::read_to_string(place::root().join("index.html")).unwrap();
        let folder = std::env::temp_dir().join(format!("spandrel-hook-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let written = |markers: &[(&str, String)]| {
            std::fs::write(folder.join("index.html"), &page).unwrap();
            let mut command = Command::new(hook["command"].as_str().unwrap());
            command.args(arguments.iter().map(|argument| argument.as_str().unwrap()));
            command.env("TRUNK_STAGING_DIR", &folder).envs(markers.iter().cloned());
            assert!(command.status().unwrap().success());
            std::fs::read_to_string(folder.join("index.html")).unwrap()
        };
        let backend = |no_demo: bool| Backend {
            no_demo,
            otlp_http_port: 1,
            otlp_grpc_port: 2,
            demo_port: 3,
            data_dir: PathBuf::new(),
        };
        let with_demo = written(&backend(false).markers());
        assert!(with_demo.contains("\nSPANDREL_DEMO = true;\nSPANDREL_OTLP_PORTS = 1 2;\n"), "{with_demo}");
        let without = written(&backend(true).markers());
        assert!(
            without.contains("\nSPANDREL_DEMO = DEFAULT_DEMO;\nSPANDREL_OTLP_PORTS = 1 2;\n"),
            "{without}"
        );
        assert_eq!(written(&[]), page, "any other build leaves the page as it is");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_taken_port_is_named_with_the_flag_that_changes_it() {
        let options = Backend {
            no_demo: true,
            otlp_http_port: 0,
            otlp_grpc_port: 0,
            demo_port: 0,
            data_dir: PathBuf::new(),
        };
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let text = options.check_ports(&[(port, "--port")]).unwrap_err().to_string();
        assert!(text.contains(&format!("Port {port} is taken")) && text.contains("--port"), "{text}");
        drop(taken);
        assert!(options.check_ports(&[(0, "--port")]).is_ok());
    }
}
