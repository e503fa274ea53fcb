//! The line above the flame graph: its layout, what its widths mean, and how to leave a zoom.

use super::super::super::session::Session;
use super::axis::Axis;
use super::load::{FlameLoad, LoadedFrames};
use crate::route::{FlameLayout, FlameView, Named};
use leptos::prelude::*;
use spandrel_trace::analysis::flame::{FrameUnit, MAX_CALLERS};
use spandrel_trace::units::display_name;

/// What a layout shows, as the tooltip of its button says it.
fn described(layout: FlameLayout) -> &'static str {
    match layout {
        FlameLayout::Time => "Each span at its time, below its parent",
        FlameLayout::LeftHeavy => "Spans of one call path merged, the largest total first",
        FlameLayout::Sandwich => "Callers above and callees below the operation of the selected span",
    }
}

/// The tools.
#[component]
pub fn FlameTools(session: Session, state: RwSignal<FlameLoad>) -> impl IntoView {
    let layout = |&(layout, _, label): &(FlameLayout, &'static str, &'static str)| {
        let is_chosen = move || session.flame.get().layout == layout;
        let choose = move |_| {
            // Callers and callees are those of the operation that is selected now.
            if !untrack(is_chosen) {
                session.flame.set(FlameView { layout, ..FlameView::default() });
            }
        };
        view! {
            <button
                type="button"
                class="flame-layout"
                data-test="flame-layout"
                title=described(layout)
                aria-pressed=move || is_chosen().to_string()
                on:click=choose
            >
                {label}
            </button>
        }
    };
    let loaded = move || {
        state.with(|state| if let FlameLoad::Loaded(loaded) = state { Some(loaded.clone()) } else { None })
    };
    let is_zoomed = move || match session.flame.get() {
        FlameView { layout: FlameLayout::Time, .. } => !session.viewport.is_fitted(),
        view => view.zoom.is_some(),
    };
    let fit = move |_| {
        let total = untrack(loaded).as_ref().and_then(LoadedFrames::total);
        Axis::new(session, total).fit();
    };
    // The selected span's operation is not the one whose callers are shown.
    let can_change = move || {
        let view = session.flame.get();
        let outline = session.outline_live().get();
        let operation =
            |span: u32| Some((outline.service.get(span as usize)?, outline.name.get(span as usize)?));
        let selected = session.selection.span.get().and_then(operation);
        let shown = view.operation.and_then(|id| outline.find(id)).and_then(operation);
        view.layout == FlameLayout::Sandwich && selected.is_some() && shown.is_some() && selected != shown
    };
    let change = move |_| {
        let id = session.selection.span.get_untracked().map(|span| session.outline().id[span as usize]);
        session.flame.update(|flame| (flame.operation, flame.zoom) = (id, None));
    };
    view! {
        <div class="flame-tools">
            <div class="flame-layouts" role="group" aria-label="Layout">{FlameLayout::ALL.iter().map(layout).collect_view()}</div>
            <span class="flame-note" data-test="flame-note">{move || loaded().map(|loaded| note(&loaded))}</span>
            <Show when=can_change>
                <button type="button" class="button button--flat flame-tool" data-test="flame-operation" on:click=change>
                    "Show selected operation"
                </button>
            </Show>
            <Show when=is_zoomed>
                <button type="button" class="button button--flat flame-tool" data-test="flame-fit" on:click=fit>
                    "Reset zoom"
                </button>
            </Show>
        </div>
    }
}

/// What the graph shows, in a line.
fn note(loaded: &LoadedFrames) -> String {
    let (frames, outline) = (&loaded.frames, &loaded.outline);
    let mut note = match loaded.layout {
        FlameLayout::Time if outline.duration == 0 => "No span has a duration.".to_owned(),
        FlameLayout::Time => String::new(),
        FlameLayout::LeftHeavy => {
            "Width: self time of a call path and all below it; concurrent calls add up.".to_owned()
        }
        FlameLayout::Sandwich => {
            let middle = frames.lane(frames.middle as usize).start;
            match middle < frames.len() {
                true => format!(
                    "Callers and callees of {} · {}",
                    display_name(outline.name_of(frames.span(middle))),
                    display_name(outline.service_of(frames.span(middle)))
                ),
                false => String::new(),
            }
        }
    };
    if loaded.layout != FlameLayout::Time && frames.unit == FrameUnit::Spans {
        note.push_str(" No span has a self time: widths are numbers of spans.");
    }
    if frames.is_cut {
        note.push_str(&format!(" Callers more than {MAX_CALLERS} levels away are not shown."));
    }
    note.trim_start().to_owned()
}
