//! `fixtures`: records the traces of `fixtures/` anew, from our own shop through our own server.

use std::process::Command;

use anyhow::Result;

use crate::system::NODE;
use crate::{place, process, tools};

/// Lets the shop, and the stock SDKs, write their story down in every format that is read.
pub fn record() -> Result<()> {
    let cargo = |words: &[&str]| {
        let mut command = Command::new(place::cargo());
        command.args(words).current_dir(place::root());
        command
    };
    process::run(&mut cargo(&["build", "--package", "spandrel-server"]))?;
    let mut record = cargo(&["run", "--package", "spandrel-shop", "--example", "record", "--", "--out"]);
    record
        .arg(place::root().join("fixtures"))
        .arg("--server")
        .arg(place::binary("debug", "spandrel-server")?);
    record.env("SPANDREL_NODE", NODE.get()?);
    record.env("SPANDREL_NPM", tools::npm()?).env("SPANDREL_PYTHON", tools::python()?);
    process::run(&mut record)
}
