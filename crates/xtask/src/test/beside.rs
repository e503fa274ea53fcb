//! The viewer's build beside other steps. Linking it keeps one processor busy for minutes, and the steps between the lints
//! and the journeys leave one free: native tests wait for servers most of the time.

use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use super::steps::tested_dist;
use crate::{dist, system, tools};

/// The step that is built beside others.
pub const VIEWER: &str = "viewer";
/// The steps that it is built beside.
const STEPS: [&str; 5] = ["native", "fuzz", "advisories", "clippy-wasm", "wasm"];
/// The hidden command that builds the viewer, see [`build`].
const COMMAND: &str = "tested-viewer";
/// By how much the build is nicer than the tests beside it: their deadlines are theirs.
const NICENESS: &str = "10";

/// A build that runs in a process of its own. What it prints stands between the lines of the steps beside it.
pub struct ViewerBuild(Child);

impl ViewerBuild {
    /// Whether the build can start with the step `next`, if it is one of `steps`.
    pub fn is_due(next: &str, steps: &[&str]) -> bool {
        STEPS.contains(&next) && steps.contains(&VIEWER)
    }

    /// Starts the build.
    pub fn start() -> Result<Self> {
        // Installed first, because the native tests need npm packages too, and both may need the system's package manager.
        tools::wasm_target()?;
        tools::npm()?;
        let this = std::env::current_exe()?;
        let mut command = match system::on_path("nice") {
            Some(nice) => {
                let mut command = Command::new(nice);
                command.args(["-n", NICENESS]).arg(this);
                command
            }
            None => Command::new(this),
        };
        let child = command.arg(COMMAND).stdin(Stdio::null()).spawn();
        Ok(Self(child.context("the build of the viewer could not be started")?))
    }

    /// Waits for the end of the build.
    pub fn finish(mut self) -> Result<()> {
        let status = self.0.wait()?;
        if !status.success() {
            bail!("the build of the viewer failed ({status}), see above");
        }
        Ok(())
    }
}

/// Builds the viewer under test; run by [`ViewerBuild::start`].
pub fn build() -> Result<()> {
    dist::ship(&tested_dist())
}

#[cfg(test)]
mod tests {
    use super::{COMMAND, ViewerBuild};
    use crate::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_viewer_is_built_beside_steps_before_it_only_when_it_was_chosen() {
        assert!(ViewerBuild::is_due("fuzz", &["native", "fuzz", "viewer"]));
        assert!(ViewerBuild::is_due("wasm", &["wasm", "viewer", "e2e"]));
        assert!(ViewerBuild::is_due("native", &["native", "fuzz", "viewer"]));
        assert!(!ViewerBuild::is_due("clippy", &["clippy", "native", "viewer"]));
        assert!(!ViewerBuild::is_due("viewer", &["viewer"]));
        assert!(!ViewerBuild::is_due("fuzz", &["fuzz", "wasm"]));
    }

    #[test]
    fn the_command_of_the_build_exists() {
        assert!(Cli::command().find_subcommand(COMMAND).is_some());
    }
}
