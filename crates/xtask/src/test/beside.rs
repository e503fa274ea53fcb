//! The viewer's build beside other steps. Linking it keeps one processor busy for minutes, and the steps between the native
//! tests and the journeys leave one free.

use std::thread::{self, JoinHandle};

use anyhow::{Result, anyhow};

use super::steps::tested_dist;
use crate::{dist, tools};

/// The step that is built beside others.
pub const VIEWER: &str = "viewer";
/// The steps that it is built beside.
const STEPS: [&str; 4] = ["fuzz", "advisories", "clippy-wasm", "wasm"];

/// A build that runs. What it prints stands between the lines of the steps beside it.
pub struct ViewerBuild(JoinHandle<Result<()>>);

impl ViewerBuild {
    /// Whether the build can start with the step `next`, if it is one of `steps`.
    pub fn is_due(next: &str, steps: &[&str]) -> bool {
        STEPS.contains(&next) && steps.contains(&VIEWER)
    }

    /// Starts the build in a thread.
    pub fn start() -> Result<Self> {
        // Installed first: the steps beside it would compile the same tools.
        tools::wasm_target()?;
        tools::bundler(true)?;
        tools::test_runner()?;
        Ok(Self(thread::spawn(|| dist::ship(&tested_dist()))))
    }

    /// Waits for the end of the build.
    pub fn finish(self) -> Result<()> {
        self.0.join().map_err(|_| anyhow!("the viewer's build panicked"))?
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
