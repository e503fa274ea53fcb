//! `test`: everything that CI checks, step by step. A step that fails does not stop the ones after it. The viewer is built
//! beside the steps before it.
//!
//! The runners' counts are added up; a check without tests of its own (formatting, lints, the build) counts as one.
//! The last line is `N passed, M failed, K skipped`. Skipped are tests whose input is not part of the repository and
//! not here; lines before the last say why.

mod beside;
mod count;
mod parts;
mod steps;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

use beside::ViewerBuild;
pub use beside::build as build_viewer;
use count::Tally;
use steps::{STEPS, Step};

/// The options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Options {
    /// Only these steps: fmt, clippy, native, fuzz, advisories, clippy-wasm, wasm, viewer, parts, e2e
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

struct Outcome {
    name: &'static str,
    tally: Tally,
    took: Duration,
    trouble: Option<String>,
}

/// Runs the steps and reports; fails when anything failed, or when there was nothing to run.
pub fn test(options: &Options) -> ExitCode {
    let chosen: Vec<&Step> = STEPS
        .iter()
        .filter(|step| options.only.is_empty() || options.only.iter().any(|name| name == step.name))
        .collect();
    let names: Vec<&str> = chosen.iter().map(|step| step.name).collect();
    let mut viewer: Option<Result<ViewerBuild>> = None;
    let mut outcomes = Vec::new();
    for step in chosen {
        if viewer.is_none() && ViewerBuild::is_due(step.name, &names) {
            viewer = Some(ViewerBuild::start());
        }
        println!("\n── {}: {}", step.name, step.what);
        let started = Instant::now();
        let result = match viewer.take_if(|_| step.name == beside::VIEWER) {
            Some(build) => build.and_then(ViewerBuild::finish).map(|()| Tally::check()),
            None => (step.run)(),
        };
        let (tally, trouble) = match result {
            Ok(tally) => (tally, None),
            Err(error) => {
                eprintln!("{error:#}");
                (Tally::failure(), Some(format!("{error:#}")))
            }
        };
        outcomes.push(Outcome { name: step.name, tally, took: started.elapsed(), trouble });
    }

    println!("\n{:<12} {:>7} {:>7} {:>7} {:>8}", "step", "passed", "failed", "skipped", "time");
    let mut all = Tally::default();
    for Outcome { name, tally, took, trouble } in &outcomes {
        let (passed, failed, skipped) = (tally.passed, tally.failed, tally.skipped());
        println!("{name:<12} {passed:>7} {failed:>7} {skipped:>7} {:>6} s", took.as_secs());
        if let Some(trouble) = trouble {
            println!("             {}", trouble.lines().next().unwrap_or_default());
        }
        all.add(tally);
    }
    println!();
    for (reason, count) in all.reasons() {
        println!("{count} skipped: {reason}");
    }
    println!("{all}");
    if all.failed == 0 && all.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
