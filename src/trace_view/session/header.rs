//! What commands trigger in the header.

use leptos::prelude::*;
use spandrel_trace::format::write::Export;

/// Actions that commands trigger in the header, which has the trace's ID and source.
#[derive(Clone, Copy, Default)]
pub struct HeaderState {
    /// The action that was requested last. Setting it runs it, also when it is the same again.
    pub requested: RwSignal<Option<HeaderAction>>,
    /// Whether the trace can be reloaded: those of files cannot.
    pub can_reload: RwSignal<bool>,
}

/// Something that a button of the header does too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum HeaderAction {
    /// Copies the address of the view.
    CopyLink,
    /// Saves the trace as a file.
    Download(Export),
    /// Reloads the trace once.
    Reload,
    /// Starts to reload it automatically, or stops that.
    Follow,
}
