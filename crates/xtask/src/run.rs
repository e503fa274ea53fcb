//! `run`: builds everything, starts the server and the demo, and waits for the page and a first trace.

use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::backend::{Backend, Profile};
use crate::service::Service;
use crate::viewer::{self, Build};
use crate::{http, place};

/// The services whose names the first trace must show: those that an order crosses.
const DEMO: [&str; 7] = ["gateway", "auth", "user", "order", "payment", "inventory", "notification"];

/// The options of `cargo xtask run`.
#[derive(clap::Args)]
pub struct Options {
    /// Where the viewer and its queries are served
    #[arg(long, default_value_t = 16686)]
    port: u16,
    #[command(flatten)]
    backend: Backend,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
}

/// Builds, starts, prints the address, and stays until Ctrl-C.
pub fn run(options: &Options) -> Result<()> {
    let stop = on_stop()?;
    let ports = [(options.port, "--port")];
    options.backend.check_ports(&ports)?;
    let start = Instant::now();
    let dist = place::root().join("target").join("run-dist");
    viewer::build(&Build::default(), &dist)?;
    options.backend.build(Profile::Release)?;
    println!("Built in {} s", start.elapsed().as_secs());
    options.backend.check_ports(&ports)?;

    let mut services = options.backend.start(Profile::Release, options.port, Some(&dist))?;
    let viewer = services[0].authority("viewer")?.to_owned();
    if !wait_until_ready(&mut services, &viewer, options.backend.no_demo, &stop)? {
        return Ok(());
    }
    println!("Spandrel is ready: http://{viewer}");
    println!("Ctrl-C stops everything.");
    if options.open {
        open(&format!("http://{viewer}"));
    }
    watch(&mut services, &stop)
}

/// Stays until Ctrl-C; fails if a service ends by itself.
pub fn watch(services: &mut Vec<Service>, stop: &Receiver<()>) -> Result<()> {
    while !stopped(stop, Duration::from_millis(500)) {
        services.iter_mut().try_for_each(Service::check)?;
    }
    println!("Stopping.");
    // The last one first: the demo sends its last spans to a server that still takes them.
    while services.pop().is_some() {}
    Ok(())
}

/// Receives a message on Ctrl-C and on SIGTERM.
pub fn on_stop() -> Result<Receiver<()>> {
    let (sender, receiver) = channel();
    ctrlc::set_handler(move || {
        let _ = sender.send(());
    })?;
    Ok(receiver)
}

/// Waits for the message at most that long; true if it came.
pub fn stopped(stop: &Receiver<()>, wait: Duration) -> bool {
    !matches!(stop.recv_timeout(wait), Err(RecvTimeoutError::Timeout))
}

/// Waits for the page, and for a first trace that crosses all services; false when it was stopped meanwhile.
fn wait_until_ready(
    services: &mut [Service],
    viewer: &str,
    no_demo: bool,
    stop: &Receiver<()>,
) -> Result<bool> {
    println!("{}", if no_demo { "Waiting for the page" } else { "Waiting for the page and the first trace" });
    let end = Instant::now() + Duration::from_secs(90);
    let mut why = String::new();
    while Instant::now() < end {
        services.iter_mut().try_for_each(Service::check)?;
        match page_answers(viewer).and_then(|()| if no_demo { Ok(()) } else { whole_trace(viewer) }) {
            Ok(()) => return Ok(true),
            Err(error) => why = format!("{error:#}"),
        }
        if stopped(stop, Duration::from_millis(200)) {
            return Ok(false);
        }
    }
    bail!("not ready after 90 seconds: {why}")
}

/// Whether the viewer's page is served there.
pub fn page_answers(viewer: &str) -> Result<()> {
    match http::get(viewer, "/")? {
        (200, page) if String::from_utf8_lossy(&page).contains("id=\"loader\"") => Ok(()),
        (status, _) => bail!("the page answers {status} and not with the viewer"),
    }
}

/// A trace in which every service of the demo took part.
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
        bail!("no trace crosses all services of an order yet")
    }
}

fn crosses_all(trace: &serde_json::Value) -> bool {
    let processes = trace["processes"].as_object();
    DEMO.iter().all(|name| {
        processes.is_some_and(|all| all.values().any(|process| process["serviceName"].as_str() == Some(name)))
    })
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

    #[test]
    fn only_a_trace_of_all_services_of_an_order_counts() {
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
            "user",
            "auth",
            "notification"
        ])));
        assert!(!crosses_all(&trace(&["order", "gateway", "auth", "user", "payment", "inventory"])));
        assert!(!crosses_all(&serde_json::json!({})));
    }
}
