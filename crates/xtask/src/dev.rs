//! `dev`: the server, the demo, and `trunk serve` with the pinned tools, which rebuilds the viewer on every change.

use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::backend::{Backend, Profile};
use crate::service::Service;
use crate::{place, run, tools};

/// The server's port to which `Trunk.toml` forwards queries.
const SERVER_PORT: u16 = 16686;

/// The options of `cargo xtask dev`.
#[derive(clap::Args)]
pub struct Options {
    /// Where `trunk serve` serves the viewer
    #[arg(long, default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    backend: Backend,
}

/// Builds the server and the demo, starts everything, prints the addresses, and stays until Ctrl-C.
pub fn dev(options: &Options) -> Result<()> {
    let stop = run::on_stop()?;
    let ports = [(options.port, "--port"), (SERVER_PORT, "`backend` in Trunk.toml")];
    options.backend.check_ports(&ports)?;
    tools::wasm_target()?;
    let bundler = tools::bundler(false)?;
    options.backend.build(Profile::Debug)?;
    options.backend.check_ports(&ports)?;

    let mut services = options.backend.start(Profile::Debug, SERVER_PORT, None)?;
    println!("Building the viewer (2 to 4 minutes when nothing is built yet)");
    let mut trunk = Command::new(bundler.trunk);
    trunk.args(["serve", "--skip-version-check", "--port", &options.port.to_string()]);
    // Trunk reads NO_COLOR as a Boolean and fails on the usual `NO_COLOR=1`.
    trunk.env("PATH", bundler.path).env_remove("NO_COLOR").current_dir(place::root());
    // Its hook writes them into the page as the server does.
    trunk.envs(options.backend.markers());
    services.push(Service::spawn("trunk", &mut trunk)?);

    let page = format!("127.0.0.1:{}", options.port);
    while run::page_answers(&page).is_err() {
        services.iter_mut().try_for_each(Service::check)?;
        if run::stopped(&stop, Duration::from_millis(300)) {
            return Ok(());
        }
    }
    println!("The viewer, rebuilt on every change: http://{page}");
    println!("Queries: http://127.0.0.1:{SERVER_PORT}  OTLP: http://{}", services[0].authority("otlp_http")?);
    println!("Ctrl-C stops everything.");
    run::watch(&mut services, &stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn trunk_forwards_to_the_port_on_which_the_server_is_started() {
        let settings = fs::read_to_string(place::root().join("Trunk.toml")).unwrap();
        let backends: Vec<&str> = settings.lines().filter(|line| line.starts_with("backend = ")).collect();
        let expected = format!("backend = \"http://127.0.0.1:{SERVER_PORT}/");
        assert!(
            !backends.is_empty() && backends.iter().all(|line| line.starts_with(&expected)),
            "{backends:?}"
        );
    }
}
