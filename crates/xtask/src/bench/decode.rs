//! Decoding in the browser: from the bytes of a Jaeger JSON to an outline that can be drawn, and to everything
//! searchable, beside `JSON.parse(new TextDecoder().decode(bytes))`; all in one page of one headless Chromium.

use std::process::Command;

use anyhow::Result;

use crate::system::{CHROMIUM, NODE};
use crate::viewer::{self, Build};
use crate::{place, process, tools};

/// Builds the viewer with the feature `bench` and measures it with `tests/bench/decode.mjs`.
pub fn bench(spans: u32, rounds: u32) -> Result<()> {
    let out = place::root().join("target").join("bench-dist");
    viewer::build(&Build { install_optimiser: true, bench: true }, &out)?;
    let mut node = Command::new(NODE.get()?);
    node.arg(place::root().join("tests/bench/decode.mjs"))
        .args(["--spans", &spans.to_string(), "--rounds", &rounds.to_string(), "--dist"])
        .arg(out)
        .env("SPANDREL_NPM", tools::npm()?)
        .env("CHROMIUM", CHROMIUM.get()?);
    process::run(&mut node)
}
