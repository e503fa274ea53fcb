//! `fixtures`: records the traces of `fixtures/` again, from the demo and the stock SDKs through our server.

use std::process::Command;

use anyhow::Result;

use crate::system::NODE;
use crate::{place, process, tools};

/// Runs the demo and the stock SDKs and writes their traces in every format that is read.
pub fn record() -> Result<()> {
    let cargo = |words: &[&str]| {
        let mut command = Command::new(place::cargo());
        command.args(words).current_dir(place::root());
        command
    };
    process::run(&mut cargo(&["build", "--package", "spandrel-server"]))?;
    let mut record = cargo(&["run", "--package", "spandrel-demo", "--example", "record", "--", "--out"]);
    record
        .arg(place::root().join("fixtures"))
        .arg("--server")
        .arg(place::binary("debug", "spandrel-server")?);
    record.env("SPANDREL_NODE", NODE.get()?);
    record.env("SPANDREL_NPM", tools::npm()?).env("SPANDREL_PYTHON", tools::python()?);
    process::run(&mut record)
}
