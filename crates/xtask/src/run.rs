//! `run`: from nothing to traces of real services in a browser.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::service::Service;
use crate::viewer::{self, Build};
use crate::{http, place, process};

/// The five services whose names the first trace must show.
const SHOP: [&str; 5] = ["gateway", "order", "payment", "inventory", "notification"];

/// The options of `cargo xtask run`.
#[derive(clap::Args)]
pub struct Options {
    /// Only the server: spans come from programs of your own
    #[arg(long)]
    no_shop: bool,
    /// Where the viewer and its queries are served
    #[arg(long, default_value_t = 16686)]
    port: u16,
    /// Where OTLP over HTTP is received
    #[arg(long, default_value_t = 4318)]
    otlp_http_port: u16,
    /// Where OTLP over gRPC is received
    #[arg(long, default_value_t = 4317)]
    otlp_grpc_port: u16,
    /// The first of the shop's five ports
    #[arg(long, default_value_t = 8000)]
    shop_port: u16,
    /// Where spans are kept
    #[arg(long, default_value_os_t = place::root().join("target").join("run-data"))]
    data_dir: PathBuf,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// Builds, starts, says where to look, and stays until Ctrl-C.
pub fn run(options: &Options) -> Result<()> {
    let stop = on_stop()?;
    free_ports(options)?;
    let begun = Instant::now();
    let dist = place::root().join("target").join("run-dist");
    viewer::build(&Build::default(), &dist)?;
    println!("Building the server and the shop (3 to 5 minutes when nothing is built yet)");
    let mut build = Command::new(place::cargo());
    build.args(["build", "--release", "--package", "spandrel-server"]).current_dir(place::root());
    if !options.no_shop {
        build.args(["--package", "spandrel-shop"]);
    }
    process::run(&mut build)?;
    println!("Built in {} s", begun.elapsed().as_secs());
    free_ports(options)?;

    let mut services = Vec::new();
    let mut server = Command::new(place::binary("release", "spandrel-server")?);
    server.args([
        "--port",
        &options.port.to_string(),
        "--otlp-http-port",
        &options.otlp_http_port.to_string(),
    ]);
    server
        .args(["--otlp-grpc-port", &options.otlp_grpc_port.to_string(), "--data-dir"])
        .arg(&options.data_dir);
    server.arg("--viewer").arg(&dist);
    if !options.no_shop {
        server.args(["--shop", &format!("http://127.0.0.1:{}", options.shop_port)]);
    }
    services.push(Service::start("the server", &mut server)?);
    let viewer = services[0].authority("viewer")?.to_owned();
    if !options.no_shop {
        let otlp = services[0].authority("otlp_http")?;
        let mut shop = Command::new(place::binary("release", "spandrel-shop")?);
        shop.args([
            "--base-port",
            &options.shop_port.to_string(),
            "--otlp",
            &format!("http://{otlp}"),
            "--traffic",
        ]);
        services.push(Service::start("the shop", &mut shop)?);
    }

    if !wait_until_ready(&mut services, &viewer, options.no_shop, &stop)? {
        return Ok(());
    }
    println!("Spandrel is ready: http://{viewer}");
    println!("Ctrl-C stops everything.");
    if options.open {
        open(&format!("http://{viewer}"));
    }
    while !stopped(&stop, Duration::from_millis(500)) {
        services.iter_mut().try_for_each(Service::check)?;
    }
    println!("Stopping.");
    Ok(())
}

/// A receiver that hears of Ctrl-C and of a polite request to end.
fn on_stop() -> Result<Receiver<()>> {
    let (said, heard) = channel();
    ctrlc::set_handler(move || {
        let _ = said.send(());
    })?;
    Ok(heard)
}

fn stopped(stop: &Receiver<()>, wait: Duration) -> bool {
    !matches!(stop.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}

/// Waits for the page, and for a first trace that crosses all services; false when it was stopped meanwhile.
fn wait_until_ready(
    services: &mut [Service],
    viewer: &str,
    no_shop: bool,
    stop: &Receiver<()>,
) -> Result<bool> {
    println!("{}", if no_shop { "Waiting for the page" } else { "Waiting for the page and the first trace" });
    let end = Instant::now() + Duration::from_secs(90);
    let mut why = String::new();
    while Instant::now() < end {
        services.iter_mut().try_for_each(Service::check)?;
        match page_answers(viewer).and_then(|()| if no_shop { Ok(()) } else { whole_trace(viewer) }) {
            Ok(()) => return Ok(true),
            Err(error) => why = format!("{error:#}"),
        }
        if stopped(stop, Duration::from_millis(200)) {
            return Ok(false);
        }
    }
    bail!("not ready after 90 seconds: {why}")
}

fn page_answers(viewer: &str) -> Result<()> {
    match http::get(viewer, "/")? {
        (200, page) if String::from_utf8_lossy(&page).contains("id=\"loader\"") => Ok(()),
        (status, _) => bail!("the page answers {status} and not with the viewer"),
    }
}

/// A trace in which every service of the shop took part.
fn whole_trace(viewer: &str) -> Result<()> {
    let (status, body) = http::get(viewer, "/api/traces?service=gateway&limit=20&lookback=1h")?;
    if status != 200 {
        bail!("the search for traces answers {status}");
    }
    let parsed: serde_json::Value = serde_json::from_slice(&body).context("the search gives no JSON")?;
    let traces = parsed["data"].as_array().map_or(&[][..], Vec::as_slice);
    if traces.iter().any(crosses_all) {
        Ok(())
    } else {
        bail!("no trace crosses all five services of the shop yet")
    }
}

fn crosses_all(trace: &serde_json::Value) -> bool {
    let processes = trace["processes"].as_object();
    SHOP.iter().all(|name| {
        processes.is_some_and(|all| all.values().any(|process| process["serviceName"].as_str() == Some(name)))
    })
}

/// Says which port is taken, and by which flag to choose another, before anything is started.
fn free_ports(options: &Options) -> Result<()> {
    let mut wanted = vec![
        (options.port, "--port"),
        (options.otlp_http_port, "--otlp-http-port"),
        (options.otlp_grpc_port, "--otlp-grpc-port"),
    ];
    if !options.no_shop {
        wanted.extend((0..5).map(|at| (options.shop_port.saturating_add(at), "--shop-port")));
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

fn open(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    if Command::new(opener).arg(url).status().is_err() {
        println!("There is no {opener} here: open {url} yourself.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(port: u16) -> Options {
        Options {
            no_shop: true,
            port,
            otlp_http_port: 0,
            otlp_grpc_port: 0,
            shop_port: 0,
            data_dir: PathBuf::new(),
            open: false,
        }
    }

    #[test]
    fn a_taken_port_is_named_with_the_flag_that_changes_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let text = free_ports(&options(port)).unwrap_err().to_string();
        assert!(text.contains(&format!("Port {port} is taken")) && text.contains("--port"), "{text}");
        drop(taken);
        assert!(free_ports(&options(0)).is_ok());
    }

    #[test]
    fn only_a_trace_of_all_five_services_counts() {
        let trace = |names: &[&str]| {
            let processes: serde_json::Map<_, _> = (names.iter().enumerate())
                .map(|(at, name)| (format!("p{at}"), serde_json::json!({ "serviceName": name })))
                .collect();
            serde_json::json!({ "processes": processes })
        };
        assert!(crosses_all(&trace(&[
            "order",
            "gateway",
            "payment",
            "spandrel",
            "inventory",
            "notification"
        ])));
        assert!(!crosses_all(&trace(&["order", "gateway", "payment", "inventory"])));
        assert!(!crosses_all(&serde_json::json!({})));
    }
}
