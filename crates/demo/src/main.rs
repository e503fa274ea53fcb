//! `spandrel-demo`: opens the shop, says where, and closes it on Ctrl-C or SIGTERM with every span sent.

use std::io::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use spandrel_demo::telemetry::Destination;
use spandrel_demo::{Settings, Shop};
use tracing_subscriber::EnvFilter;

/// A small shop of five services that sends real traces over OTLP.
///
/// The OTEL_* variables mean what the OpenTelemetry specification says; --otlp wins over them.
#[derive(Debug, Parser)]
#[command(name = "spandrel-demo", version)]
struct Arguments {
    /// The address that all services listen on.
    #[arg(long, env = "SPANDREL_DEMO_HOST", default_value = "127.0.0.1")]
    host: IpAddr,
    /// The port of the gateway; order, payment, inventory and notification take the next four. 0 takes free ports.
    #[arg(long, env = "SPANDREL_DEMO_BASE_PORT", default_value_t = 8000)]
    base_port: u16,
    /// The OTLP receiver to send spans to, such as http://127.0.0.1:4318.
    #[arg(long, env = "SPANDREL_DEMO_OTLP", value_name = "URL")]
    otlp: Option<String>,
    /// Make orders of its own, some of them wrong: so many per minute (at most 6000).
    #[arg(
        long,
        env = "SPANDREL_DEMO_TRAFFIC",
        value_name = "PER_MINUTE",
        num_args = 0..=1,
        default_value_t = 0.0,
        default_missing_value = "30"
    )]
    traffic: f64,
    /// The seed of latencies and traffic: the same seed gives the same story.
    #[arg(long, env = "SPANDREL_DEMO_SEED", default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spandrel-demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,spandrel_demo=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    if !(0.0..=6000.0).contains(&arguments.traffic) {
        bail!("--traffic must be from 0 to 6000 orders per minute");
    }
    let destination = Destination { endpoint: arguments.otlp, protocol: None };
    let shop = Shop::open(&Settings {
        host: arguments.host,
        base_port: arguments.base_port,
        destinations: vec![destination],
        seed: arguments.seed,
        traffic_per_minute: arguments.traffic,
    })
    .await?;
    say(&format!("ready {}", shop.addresses()));
    stop_asked().await?;
    // Whoever stops the receiver first cannot be sent the last spans: said, and no failure of the shop.
    for (service, why) in shop.close().await {
        tracing::warn!("{service} could not send all its spans: {why}");
    }
    Ok(())
}

/// Waits for Ctrl-C, or for SIGTERM where there is such a thing.
async fn stop_asked() -> Result<()> {
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

/// One line on standard output, at once: programs wait for it. Whoever closed it does not want it.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}
