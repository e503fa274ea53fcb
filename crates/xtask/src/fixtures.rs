//! `fixtures`: records the traces of `fixtures/` anew, from our own shop through our own server.

use std::process::Command;

use anyhow::Result;

use crate::{place, process};

/// Lets the shop write its story down, in every format that is read.
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
    process::run(&mut record)
}
