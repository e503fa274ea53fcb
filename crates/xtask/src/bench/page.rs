//! Whole pages: loading, scrolling, memory, measured by the harness in `../shared/bench` for our page and for a plain list.

use std::path::PathBuf;
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
    /// How many seconds `page` and `views` wait for an idle machine before each run
    #[arg(long, default_value_t = 180)]
    patience: u32,
    /// Sizes of the traces whose views `views` opens, in spans
    #[arg(long, default_value = "200000,1000000")]
    view_sizes: String,
    /// The views that `views` opens, as their tabs are called in addresses, with commas between them; all if none is named
    #[arg(long, default_value = "")]
    view: String,
    /// A folder with a built viewer, which `page` and `views` measure instead of building one
    #[arg(long)]
    dist: Option<PathBuf>,
}

/// Runs the harness on our page and on the plain list. Without the harness it prints that nothing was measured.
pub fn bench(scope: &Scope) -> Result<()> {
    let Some(mut measure) = script(scope, "page")? else { return Ok(()) };
    println!("Measuring pages (about a minute for each size and run, ours and the plain list)");
    measure.args(["--sizes", &scope.sizes, "--only", &scope.only]);
    measure.args(["--retries", &scope.retries.to_string(), "--version", env!("CARGO_PKG_VERSION")]);
    process::run(&mut measure)
}

/// Opens every view of large traces in a browser, and prints a table of how long each takes.
pub fn bench_views(scope: &Scope) -> Result<()> {
    let Some(mut measure) = script(scope, "views")? else { return Ok(()) };
    println!("Measuring views (about two minutes for each size and run)");
    measure.args(["--sizes", &scope.view_sizes, "--only", &scope.view]);
    process::run(&mut measure)
}

/// A script of `tests/bench` with what all of them are told; `None` without the harness.
fn script(scope: &Scope, name: &str) -> Result<Option<Command>> {
    let Some(harness) = place::shared("bench") else {
        println!("{name}: not measured, for there is no ../shared/bench beside this repository");
        return Ok(None);
    };
    let dist = match &scope.dist {
        Some(dist) => dist.clone(),
        None => {
            let out = place::root().join("target").join("page-dist");
            viewer::build(&Build { install_optimiser: true, ..Build::default() }, &out)?;
            out
        }
    };
    let target = place::root().join("target");
    let mut measure = Command::new(NODE.get()?);
    measure.arg(place::root().join(format!("tests/bench/{name}.mjs")));
    measure.arg("--harness").arg(harness).arg("--dist").arg(dist);
    measure.arg("--data").arg(target.join("bench-data")).arg("--out").arg(target.join("bench"));
    measure.args(["--runs", &scope.runs.to_string(), "--patience", &scope.patience.to_string()]);
    measure.env("CHROMIUM", CHROMIUM.get()?);
    Ok(Some(measure))
}
