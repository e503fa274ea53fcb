//! The server's own benchmarks: intake and queries beside the least that any server must do.

use std::process::Command;

use anyhow::Result;

use crate::{place, process};

/// Runs them; they print each number beside its floor.
pub fn bench() -> Result<()> {
    println!("Server (a quiet machine gives quiet numbers)");
    process::run(
        Command::new(place::cargo())
            .args(["bench", "--package", "spandrel-server"])
            .current_dir(place::root()),
    )
}
