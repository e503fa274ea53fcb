//! Icons from the one sprite. They are ornaments: whatever they say is also said in words.

use leptos::prelude::*;

/// An icon of `assets/icons.svg`, by its name there.
#[component]
pub fn Icon(
    /// Name in the sprite.
    name: &'static str,
    /// Width and height, CSS pixels.
    #[prop(default = 16)]
    size: u32,
) -> impl IntoView {
    view! {
        <svg class="icon" width=size height=size aria-hidden="true" focusable="false">
            <use href=format!("{}icons.svg#{name}", folder())></use>
        </svg>
    }
}

/// The folder with the app's files; the page's own where the loader did not say.
fn folder() -> String {
    let root =
        web_sys::window().and_then(|window| window.document()).and_then(|page| page.document_element());
    root.and_then(|root| root.get_attribute("data-assets")).unwrap_or_default()
}
