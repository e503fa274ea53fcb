//! `test`: everything CI checks, step after step. A step that fails does not stop the ones after it.
//!
//! Each runner's own counts are added up; a check without tests of its own (formatting, lints, the build) counts as one.
//! The last line is `N passed, M failed`.

mod count;
mod steps;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use count::Tally;
use steps::STEPS;

/// The options of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Options {
    /// Only these steps: fmt, clippy, native, clippy-wasm, viewer, wasm, e2e
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
    let chosen = STEPS
        .iter()
        .filter(|step| options.only.is_empty() || options.only.iter().any(|name| name == step.name));
    let outcomes: Vec<Outcome> = chosen
        .map(|step| {
            println!("\n── {}: {}", step.name, step.what);
            let begun = Instant::now();
            let (tally, trouble) = match (step.run)() {
                Ok(tally) => (tally, None),
                Err(error) => {
                    eprintln!("{error:#}");
                    (Tally { passed: 0, failed: 1 }, Some(format!("{error:#}")))
                }
            };
            Outcome { name: step.name, tally, took: begun.elapsed(), trouble }
        })
        .collect();

    println!("\n{:<12} {:>7} {:>7} {:>8}", "step", "passed", "failed", "time");
    for outcome in &outcomes {
        let Tally { passed, failed } = outcome.tally;
        println!("{:<12} {passed:>7} {failed:>7} {:>6} s", outcome.name, outcome.took.as_secs());
        if let Some(trouble) = &outcome.trouble {
            println!("             {}", trouble.lines().next().unwrap_or_default());
        }
    }
    let all = outcomes.iter().fold(Tally::default(), |all, outcome| all + outcome.tally);
    println!("\n{all}");
    if all.failed == 0 && all.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
