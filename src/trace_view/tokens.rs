//! Custom properties of the stylesheet that hold the colours of bars.

use spandrel_trace::scene::colouring::{FAILED, STEPS};

/// Their names, by colour index.
pub fn tokens() -> Vec<String> {
    let spans = (1..=FAILED).map(|slot| format!("--span-{slot}"));
    let others = ["--error", "--line-strong"].map(str::to_owned);
    let scale = (1..=STEPS).map(|step| format!("--scale-{step}"));
    spans.chain(others).chain(scale).collect()
}
