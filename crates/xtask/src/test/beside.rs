//! The viewer's build beside other steps. Linking it keeps one processor busy for minutes, and the steps between the native
//! tests and the journeys leave one free.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::{place, tools};

/// The step that is built beside others.
pub const VIEWER: &str = "viewer";
/// The steps that it is built beside.
const STEPS: [&str; 4] = ["fuzz", "advisories", "clippy-wasm", "wasm"];

/// A build that runs. Dropping it ends it.
pub struct ViewerBuild {
    child: Child,
    output: PathBuf,
}

impl ViewerBuild {
    /// Whether the build can start with the step `next`, if it is one of `steps`.
    pub fn is_due(next: &str, steps: &[&str]) -> bool {
        STEPS.contains(&next) && steps.contains(&VIEWER)
    }

    /// Starts the step in a process of its own, whose output goes to a file.
    pub fn start() -> Result<Self> {
        // Installed first: both processes would compile the same tools.
        tools::wasm_target()?;
        tools::bundler(true)?;
        tools::test_runner()?;
        let output = place::root().join("target").join("viewer-build.log");
        let log = File::create(&output).with_context(|| format!("{} cannot be written", output.display()))?;
        let child = Command::new(std::env::current_exe()?)
            .args(["test", "--only", VIEWER])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the viewer's build could not be started")?;
        Ok(Self { child, output })
    }

    /// Waits for the end of the build and prints what it printed.
    pub fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        print!("{}", fs::read_to_string(&self.output)?);
        if !status.success() {
            bail!("the viewer was not built, or is too heavy: see above");
        }
        Ok(())
    }
}

impl Drop for ViewerBuild {
    fn drop(&mut self) {
        // It has ended already, unless another step's panic came first.
        let _ = self.child.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::ViewerBuild;

    #[test]
    fn the_viewer_is_built_beside_steps_before_it_only_when_it_was_chosen() {
        assert!(ViewerBuild::is_due("fuzz", &["native", "fuzz", "viewer"]));
        assert!(ViewerBuild::is_due("wasm", &["wasm", "viewer", "e2e"]));
        assert!(!ViewerBuild::is_due("native", &["native", "fuzz", "viewer"]));
        assert!(!ViewerBuild::is_due("viewer", &["viewer"]));
        assert!(!ViewerBuild::is_due("fuzz", &["fuzz", "wasm"]));
    }
}
