//! Colours and fonts of the theme, for canvases.

use super::tokens::tokens;
use crate::ui::canvas::{Surface, custom_property, pixel_ratio};
use leptos::prelude::document;
use wasm_bindgen::JsCast;

/// Colours and fonts of the theme, read once per theme.
pub struct CanvasStyle {
    pub(super) spans: Vec<String>,
    pub(super) ink: String,
    pub(super) quiet: String,
    pub(super) line: String,
    pub(super) paper: String,
    pub(super) warn: String,
    pub(super) critical: String,
    pub(super) accent: String,
    pub(super) on_accent: String,
    pub(super) font: String,
    pub(super) mono: String,
}

impl CanvasStyle {
    /// Reads the theme that is applied now.
    pub fn read() -> Self {
        CanvasStyle {
            spans: tokens().iter().map(|name| custom_property(name)).collect(),
            ink: custom_property("--ink"),
            quiet: custom_property("--ink-3"),
            line: custom_property("--line"),
            paper: custom_property("--paper"),
            warn: custom_property("--warn"),
            critical: custom_property("--critical"),
            accent: custom_property("--accent"),
            on_accent: custom_property("--on-accent"),
            font: custom_property("--font-text"),
            mono: custom_property("--font-mono"),
        }
    }

    /// The colour with this index.
    pub fn span(&self, colour: u8) -> &str {
        self.spans.get(usize::from(colour)).map_or("", String::as_str)
    }

    /// The font of labels at `ratio` device pixels per CSS pixel.
    pub fn label_font(&self, ratio: f64) -> String {
        format!("{}px {}", 11.0 * ratio, self.font)
    }
}

/// Measures a character in a canvas that nobody sees. With the first text in a canvas a browser looks its font up, which takes
/// about 15 ms: with this, while a trace is loaded.
pub fn look_up_font() {
    let canvas = document().create_element("canvas").ok().and_then(|canvas| canvas.dyn_into().ok());
    if let Some(surface) = canvas.and_then(Surface::new) {
        surface.context().set_font(&CanvasStyle::read().label_font(pixel_ratio()));
        // Its width is of no use here.
        let _ = surface.context().measure_text("0");
    }
}
