//! Icons from the one sprite. They are ornaments: whatever they say is also said in words.

use super::element::{El, svg};
use leptos::prelude::document;

/// Width and height of most icons, CSS pixels.
pub const SIZE: usize = 16;

/// An icon of `assets/icons.svg`, by its name there, `size` CSS pixels wide and high.
pub fn icon(name: &str, size: usize) -> El {
    // The folder with the app's files; the page's own where the loader did not say.
    let folder = document().document_element().and_then(|root| root.get_attribute("data-assets"));
    let drawing = svg("use", "").attr("href", format!("{}icons.svg#{name}", folder.unwrap_or_default()));
    svg("svg", "icon")
        .attr("width", size)
        .attr("height", size)
        .attr("aria-hidden", "true")
        .attr("focusable", "false")
        .child(drawing)
}
