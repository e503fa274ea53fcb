//! Shows what a part of the program builds, once it is loaded.

use crate::state::part::{LoadPart, PartLoad};
use crate::ui::problem::ProblemCard;
use crate::ui::progress::Progress;
use leptos::prelude::*;

/// Shows `view` of a part: progress until it is loaded, and a problem with a button that tries again if it could not be.
#[component]
pub fn WithPart<T: Copy + Send + Sync + 'static>(
    /// Loads the part.
    load: fn() -> LoadPart<T>,
    /// What is shown, to follow "Couldn't show": "the demo".
    what: &'static str,
    /// Builds the view with what the part gives.
    view: impl Fn(T) -> AnyView + Send + 'static,
) -> impl IntoView {
    let part = PartLoad::start(load);
    let retry = Callback::new(move |()| part.retry());
    move || match part.get(&format!("show {what}")) {
        None => view! { <Progress text=format!("Loading {what}…")/> }.into_any(),
        Some(Ok(part)) => view(part),
        Some(Err(problem)) => view! { <ProblemCard problem retry/> }.into_any(),
    }
}
