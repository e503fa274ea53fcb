//! Known vulnerabilities of our dependencies: `cargo deny check advisories`, where it and its database can be had.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{place, process};

/// What the check came to.
pub enum Checked {
    /// No dependency has a known vulnerability.
    Clean,
    /// Nothing was checked, for this reason.
    Not(&'static str),
}

/// Checks the dependencies. An error names what was found.
pub fn check() -> Result<Checked> {
    if process::answer(&mut deny(&["--version"])).is_none() {
        return Ok(Checked::Not("advisories: cargo-deny is not installed (`cargo install cargo-deny`)"));
    }
    if process::answer(&mut deny(&["fetch", "db"])).is_none() {
        return Ok(Checked::Not("advisories: the database cannot be fetched from here"));
    }
    if process::run(&mut deny(&["check", "--disable-fetch", "advisories"])).is_err() {
        bail!("a dependency has a known vulnerability; cargo-deny names it above");
    }
    Ok(Checked::Clean)
}

/// `cargo deny` at the root of the workspace.
fn deny(arguments: &[&str]) -> Command {
    let mut command = Command::new(place::cargo());
    command.arg("deny").args(arguments).current_dir(place::root());
    command
}
