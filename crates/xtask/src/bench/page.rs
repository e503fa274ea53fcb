//! Whole pages: loading, scrolling, memory, measured by the harness in `../shared/bench` for our page and for a plain list.

use std::process::Command;

use anyhow::Result;

use crate::system::{CHROMIUM, NODE};
use crate::viewer::{self, Build};
use crate::{place, process};

/// What to measure.
#[derive(clap::Args)]
pub struct Scope {
    /// Sizes of the traces that `page` opens, in spans
    #[arg(long, default_value = "10000,50000,100000,200000")]
    sizes: String,
    /// How often `page` measures each
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// The harness's scenarios that `page` runs: home, trace, search, deps
    #[arg(long, default_value = "trace")]
    only: String,
    /// How often `page` repeats a run during which other programs used the processor
    #[arg(long, default_value_t = 3)]
    retries: u32,
    /// How many seconds `page` waits for an idle machine before each run
    #[arg(long, default_value_t = 180)]
    patience: u32,
}

/// Runs the harness on our page and on the plain list. Without the harness it prints that nothing was measured.
pub fn bench(scope: &Scope) -> Result<()> {
    let Some(harness) = place::shared("bench") else {
        println!("page: not measured, for there is no ../shared/bench beside this repository");
        return Ok(());
    };
    let out = place::root().join("target").join("page-dist");
    viewer::build(&Build { install_optimiser: true, ..Build::default() }, &out)?;
    let node = NODE.get()?;
    let (data, results) = (place::root().join("target/bench-data"), place::root().join("target/bench"));
    println!("Measuring pages (about a minute for each size and run, ours and the plain list)");
    let mut measure = Command::new(node);
    measure.arg(place::root().join("tests/bench/page.mjs"));
    measure.arg("--harness").arg(harness).arg("--dist").arg(out);
    measure.arg("--data").arg(data).arg("--out").arg(results);
    measure.args(["--sizes", &scope.sizes, "--runs", &scope.runs.to_string(), "--only", &scope.only]);
    measure.args(["--retries", &scope.retries.to_string(), "--patience", &scope.patience.to_string()]);
    measure.args(["--version", env!("CARGO_PKG_VERSION")]).env("CHROMIUM", CHROMIUM.get()?);
    process::run(&mut measure)
}
