//! `check`: prints what was checked of a deployment.

use std::process::ExitCode;

use anyhow::Result;
use spandrel_demo::load;

use super::arguments::CheckOptions;
use super::print;

/// Exits with 1 where a check failed.
pub(super) async fn run(options: &CheckOptions) -> Result<ExitCode> {
    let gateway = load::target(&options.target.gateway, options.target.allow_remote)?;
    let jaeger = load::target(&options.jaeger, options.target.allow_remote)?;
    let checks = load::check(&gateway, &jaeger).await?;
    let failed = checks.iter().filter(|check| check.outcome.is_err()).count();
    for check in &checks {
        match &check.outcome {
            Ok(()) => print(&format!("ok      {}", check.name)),
            Err(why) => print(&format!("FAILED  {}: {why}", check.name)),
        }
    }
    print(&format!("{} passed, {failed} failed", checks.len() - failed));
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
