//! Icons of the sprite `assets/icons.svg`. They are decorative: a text beside them says the same.

use leptos::prelude::*;

/// Width and height of most icons, CSS pixels.
pub const SIZE: usize = 16;

/// Address of one icon within the sprite.
fn address(name: &str) -> String {
    // The folder with the app's files; the page's own where the loader did not set one.
    let folder = document().document_element().and_then(|root| root.get_attribute("data-assets"));
    format!("{}icons.svg#{name}", folder.unwrap_or_default())
}

/// An icon of the sprite, hidden from assistive technology.
#[component]
pub fn Icon(
    /// Name of the icon in the sprite.
    #[prop(into)]
    name: Signal<String>,
    /// Width and height, CSS pixels.
    #[prop(default = SIZE)]
    size: usize,
) -> impl IntoView {
    view! {
        <svg class="icon" width=size height=size aria-hidden="true" focusable="false">
            <use href=move || address(&name.get())></use>
        </svg>
    }
}
