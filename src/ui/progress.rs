//! What takes time says so, but only once it has taken a moment: what is quick should not flicker.

use super::element::{El, el};
use leptos::prelude::*;

/// A bar with a sentence that says what is going on. It becomes visible after 300 ms. `share` is how far it has
/// come, 0 to 1; `None` where nobody knows.
pub fn progress(text: Signal<String>, share: Signal<Option<f64>>) -> El {
    let percent = move || share.get().map(|share| share.clamp(0.0, 1.0) * 100.0);
    let done = el("i", "progress__done")
        .live_class("progress__done--unknown", move || percent().is_none())
        .live_style("width", move || percent().map_or("100%".to_owned(), |percent| format!("{percent}%")));
    let bar = el("div", "progress__bar")
        .attr("role", "progressbar")
        .live_attr("aria-label", move || text.get())
        .attr("aria-valuemin", "0")
        .attr("aria-valuemax", "100")
        .live_attr("aria-valuenow", move || percent().map(|percent| percent.round().to_string()))
        .child(done);
    el("div", "progress")
        .child(el("p", "progress__text").attr("role", "status").live_text(move || text.get()))
        .child(bar)
}
