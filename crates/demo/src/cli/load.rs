//! `traffic` and `load`: requests by a plan, with a progress bar and a report.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::{ProgressBar, ProgressStyle};
use spandrel_demo::load::{self, Measured, Mode, Plan, Verified};

use super::arguments::{LoadOptions, TrafficMode, TrafficOptions};
use super::print;

/// How long no further trace may become complete before the rest counts as incomplete.
const PATIENCE: Duration = Duration::from_secs(15);

/// Makes traffic and prints its report.
pub(super) async fn traffic(options: &TrafficOptions) -> Result<ExitCode> {
    let ramp_up = Duration::ZERO;
    let plan = Plan {
        gateway: load::target(&options.target.gateway, options.target.allow_remote)?,
        mode: match options.mode {
            TrafficMode::Activity => Mode::Activity,
            TrafficMode::Demo => Mode::Demo,
            TrafficMode::Stress => Mode::Stress,
        },
        requests: Plan::requests_within(options.rps, ramp_up, Duration::from_secs(options.duration)).max(1),
        rate: options.rps,
        ramp_up,
        users: 10,
        seed: options.traffic_seed,
    };
    let measured = with_progress(&plan).await?;
    print(&load::markdown_report(&plan, &measured, None));
    Ok(code(&measured))
}

/// Makes load and reports it.
pub(super) async fn load(options: &LoadOptions) -> Result<ExitCode> {
    let plan = Plan {
        gateway: load::target(&options.target.gateway, options.target.allow_remote)?,
        mode: Mode::Stress,
        requests: options.requests,
        rate: options.rps,
        ramp_up: Duration::from_secs(options.ramp_up),
        users: options.users,
        seed: options.load_seed,
    };
    let jaeger = options.verify.as_ref().map(|url| load::target(url, options.target.allow_remote));
    let jaeger = jaeger.transpose()?;
    let mut measured = with_progress(&plan).await?;
    if let Some(jaeger) = jaeger {
        measured.verified = Some(verified(&jaeger, &measured.traces).await?);
    }
    let text = load::markdown_report(&plan, &measured, options.viewer.as_deref());
    match &options.markdown {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?
        }
        None => print(&text),
    }
    if let Some(path) = &options.json {
        let json = serde_json::to_string_pretty(&load::json_report(&plan, &measured))?;
        std::fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(code(&measured))
}

/// Runs a plan behind a progress bar, which is hidden where standard error is no terminal.
pub(super) async fn with_progress(plan: &Plan) -> Result<Measured> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} requests, {eta} left")?;
    let bar = ProgressBar::new(plan.requests).with_style(style);
    let measured = load::run(plan, &|done| bar.set_position(done)).await;
    bar.finish_and_clear();
    Ok(measured?)
}

/// Reads traces back behind a progress bar.
async fn verified(jaeger: &str, traces: &[String]) -> Result<Verified> {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} traces complete")?;
    let bar = ProgressBar::new(traces.len() as u64).with_style(style);
    let verified = load::verify(jaeger, traces, PATIENCE, &|done| bar.set_position(done)).await;
    bar.finish_and_clear();
    Ok(verified?)
}

/// 1 where a request failed, or a trace that was looked for is not complete or not named by its answer.
fn code(measured: &Measured) -> ExitCode {
    let is_whole = measured.verified.as_ref().is_none_or(|verified| verified.complete == measured.requests);
    if measured.errors.is_empty() && is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
