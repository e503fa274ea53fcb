//! Whole pages: first row, scrolling, memory, measured by the harness that lies beside the repository.

use std::process::Command;

use anyhow::Result;

use crate::system::{CHROMIUM, NODE};
use crate::viewer::{self, Build};
use crate::{place, process};

/// Runs the harness with our adapter; where the harness is absent, says so.
pub fn bench() -> Result<()> {
    let Some(harness) = place::shared("bench") else {
        println!("page: not measured, for there is no ../shared/bench beside this repository");
        return Ok(());
    };
    let out = place::root().join("target").join("page-dist");
    viewer::build(&Build { install_optimiser: true, ..Build::default() }, &out)?;
    let (data, results) = (place::root().join("target/bench-data"), place::root().join("target/bench"));
    std::fs::create_dir_all(&results)?;
    let node = NODE.get()?;
    if !data.join("services.json").is_file() {
        println!("Writing the benchmark's traces (0.8 GB, once)");
        process::run(Command::new(&node).arg(harness.join("gen_trace.mjs")).arg("--out").arg(&data))?;
    }
    println!("Measuring pages (about an hour; --sizes and --only of the harness narrow it)");
    let result = results.join("spandrel.json");
    let mut measure = Command::new(&node);
    measure
        .arg(harness.join("measure.mjs"))
        .arg("--adapter")
        .arg(place::root().join("tests/bench/adapter.json"));
    measure.arg("--data").arg(&data).arg("--dist").arg(&out).arg("--out").arg(&result);
    measure.args(["--version", env!("CARGO_PKG_VERSION")]).env("CHROMIUM", CHROMIUM.get()?);
    process::run(&mut measure)?;
    process::run(Command::new(node).arg(harness.join("report.mjs")).arg(result))
}
