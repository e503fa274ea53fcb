//! Loading of parts of the program as signals.

use super::busy;
use super::tasks::spawn_scoped;
use leptos::prelude::*;
use spandrel_trace::units::{Problem, ProblemKind};

pub(crate) use crate::io::part::part;
pub use crate::io::part::{LoadPart, PartNotLoaded};

/// A part that is being loaded. Copy handle.
#[derive(Clone, Copy)]
pub struct PartLoad<T: Send + Sync + 'static> {
    loaded: RwSignal<Option<Result<T, PartNotLoaded>>>,
    attempt: RwSignal<u32>,
}

impl<T: Copy + Send + Sync + 'static> PartLoad<T> {
    /// Loads a part; again after each [`PartLoad::retry`]. The page counts as busy meanwhile.
    pub fn start(load: fn() -> LoadPart<T>) -> Self {
        let this = Self { loaded: RwSignal::new(None), attempt: RwSignal::new(0) };
        Effect::new(move |_| {
            this.attempt.track();
            let busy = busy::hold();
            spawn_scoped(async move {
                this.loaded.set(Some(load().await));
                drop(busy);
            });
        });
        this
    }

    /// What the part gives; `None` while it is loaded. `what` is what could not be shown, to follow "Couldn't": "show the demo".
    pub fn get(self, what: &str) -> Option<Result<T, Problem>> {
        Some(self.loaded.get()?.map_err(|failed| {
            Problem::new(ProblemKind::Interrupted, what, failed.to_string())
                .advise("Try again once the server is there.")
                .advise("If the server was updated meanwhile, reload the page.")
        }))
    }

    /// Loads the part again, after a failure.
    pub fn retry(self) {
        self.loaded.set(None);
        self.attempt.update(|attempt| *attempt += 1);
    }
}
