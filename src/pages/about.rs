//! What this is.

use crate::ui::element::{El, el};

/// The about page.
pub fn about() -> El {
    let lead = "Spandrel shows traces: what happened in a request, span by span, over time. It reads them from a \
                Jaeger, from its own server, or from files that you drop on the page; files never leave this browser.";
    let facts = [
        ("Version", env!("CARGO_PKG_VERSION")),
        ("Reads", "Jaeger JSON, OTLP JSON (objects, arrays, lines), OTLP protobuf; each also gzipped"),
        ("Asks", "Jaeger's HTTP API, version 3 first, version 1 where it must"),
        ("Licence", "MIT or Apache-2.0, as you prefer"),
    ];
    let facts = facts.into_iter().flat_map(|(name, fact)| [el("dt", "").text(name), el("dd", "").text(fact)]);
    el("div", "settings about").children([
        el("h1", "").text("About Spandrel"),
        el("p", "").text(lead),
        el("dl", "").children(facts),
    ])
}
