//! The server's benchmarks: ingest and queries, each beside the least work that any server must do.

use std::process::Command;

use anyhow::Result;

use crate::{place, process};

/// Runs them; they print each number beside its baseline.
pub fn bench() -> Result<()> {
    println!("Measuring the server (numbers of a busy machine mean little)");
    process::run(
        Command::new(place::cargo())
            .args(["bench", "--package", "spandrel-server"])
            .current_dir(place::root()),
    )
}
