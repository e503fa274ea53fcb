//! `all` and `serve`: services run until the process is stopped.

use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use spandrel_demo::telemetry::Destination;
use spandrel_demo::{Demo, Settings};

use super::arguments::ServiceOptions;
use super::print;

/// The settings that options stand for.
pub(super) fn settings(options: &ServiceOptions, only: Vec<String>) -> Result<Settings> {
    if !(0.0..=6000.0).contains(&options.traffic) {
        bail!("--traffic must be from 0 to 6000 requests per minute");
    }
    Ok(Settings {
        host: options.host,
        base_port: options.base_port,
        only,
        peers: options.peer.clone(),
        destinations: vec![Destination { endpoint: options.otlp.clone(), protocol: None }],
        seed: options.seed,
        traffic_per_minute: options.traffic,
        fault: options.fault,
        data_dir: options.data_dir.clone(),
        // An empty variable counts as not set.
        database_url: options.database_url.clone().filter(|url| !url.is_empty()),
        redis_url: options.redis_url.clone().filter(|url| !url.is_empty()),
        eval_track: options.eval_track.clone().filter(|url| !url.is_empty()),
        jaeger_ui: options.jaeger_ui.clone().filter(|url| !url.is_empty()),
        python_url: options.python_url.clone().filter(|url| !url.is_empty()),
        node_url: options.node_url.clone().filter(|url| !url.is_empty()),
        generator: options.generator(),
    })
}

/// Runs services: all where none is named.
pub(super) async fn run(options: &ServiceOptions, only: Vec<String>) -> Result<ExitCode> {
    let demo = Demo::start(&settings(options, only)?).await?;
    print(&format!("ready {}", demo.addresses()));
    stop_requested().await?;
    close(demo).await;
    Ok(ExitCode::SUCCESS)
}

/// Stops services. A receiver that was stopped first cannot be sent the last spans: logged, and no failure of the demo.
pub(super) async fn close(demo: Demo) {
    for (service, why) in demo.close().await {
        tracing::warn!("{service} could not send all its spans: {why}");
    }
}

/// Waits for Ctrl-C, or for SIGTERM where there is such a thing.
async fn stop_requested() -> Result<()> {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
        tokio::select! {
            interrupted = interrupt => interrupted.context("cannot wait for Ctrl-C")?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    interrupt.await.context("cannot wait for Ctrl-C")?;
    Ok(())
}
