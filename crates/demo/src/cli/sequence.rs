//! `demo`: the whole sequence, from the start of the services to links of the results.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use spandrel_demo::Demo;
use spandrel_demo::load::{self, Mode, Plan};

use super::arguments::{SequenceOptions, ServiceOptions};
use super::load::with_progress;
use super::{print, services};

/// Every scenario and every fault once.
const ROUND: u64 = 23;

/// Starts all services, makes a round of scenarios and faults and a load of orders, prints both reports, and stops.
pub(super) async fn run(options: &ServiceOptions, sequence: &SequenceOptions) -> Result<ExitCode> {
    print("1. Starting the services");
    let demo = Demo::start(&services::settings(options, Vec::new())?).await?;
    let gateway = demo.addresses().of("gateway").context("the gateway does not run")?;
    let plan = |mode, requests, rate| Plan {
        gateway: format!("http://{gateway}"),
        mode,
        requests,
        rate,
        ramp_up: Duration::ZERO,
        users: 50,
        seed: options.seed,
    };
    print("2. Scenarios and faults, one after the other");
    let scenarios = plan(Mode::Demo, ROUND, 2.0);
    let shown = with_progress(&scenarios).await?;
    print(&load::markdown_report(&scenarios, &shown, Some(&sequence.viewer)));
    print("3. Orders at a fixed rate");
    let orders = plan(Mode::Stress, sequence.requests, sequence.rps);
    let measured = with_progress(&orders).await?;
    print(&load::markdown_report(&orders, &measured, Some(&sequence.viewer)));
    print("4. Stopping the services");
    services::close(demo).await;
    print(&format!("Traces: {}/search?service=gateway", sequence.viewer.trim_end_matches('/')));
    let failed = !shown.errors.is_empty() || !measured.errors.is_empty();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
