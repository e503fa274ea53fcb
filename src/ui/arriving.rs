//! A view that waits for what it is made of.

use super::element::el;
use super::problem::{Retry, problem_card};
use super::view::{View, part};
use spandrel_trace::units::Problem;
use std::rc::Rc;

/// What `make` gives, once `arrival` says that it can be made: at once if so, else after a word of patience. What
/// failed is shown, with `retry`.
pub fn arriving(
    arrival: impl Fn() -> Option<Result<(), Problem>> + 'static,
    retry: impl Fn() + 'static,
    make: impl Fn() -> View + 'static,
) -> View {
    let retry: Retry = Rc::new(retry);
    part(arrival, move |arrival| match arrival {
        Some(Ok(())) => make(),
        Some(Err(problem)) => problem_card(problem, Some(retry.clone())).into(),
        None => el("div", "progress").attr("role", "status").text("Loading…").into(),
    })
}
