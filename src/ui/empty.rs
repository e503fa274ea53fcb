//! The face of "nothing here": said plainly, with what to do next.

use super::element::{El, el};

/// Nothing here: what is not, and what to do next, a sentence or two in each paragraph.
pub fn empty(title: &str, next: &[&str]) -> El {
    let next = el("div", "empty__next").children(next.iter().map(|words| el("p", "").text(words)));
    el("section", "empty").test("empty").child(el("h2", "empty__title").text(title)).child(next)
}
