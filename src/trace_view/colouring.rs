//! Which colour slot each service of a trace has, and what the colours of its bars mean.

use super::colour_scale::{computed_scale, is_scale};
use super::session::Session;
use crate::route::Colour;
use crate::state::busy;
use crate::state::tasks::{next_frame, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::colouring::Colouring;
use std::collections::HashMap;
use std::sync::Arc;

/// Colour slots by string index of the service's name.
pub type Slots = Memo<Arc<Vec<u8>>>;

/// What the colours of bars mean.
pub type ColouringMemo = Memo<Arc<Colouring>>;

/// The same one frame later, for minimap and legend, so that rows are painted first.
pub type DeferredColouring = Signal<Arc<Colouring>>;

/// Slots by string index; 0 for strings that name no service. `assign` maps the names of all services of the trace to
/// their slots.
pub fn slots_by_string(outline: &Outline, assign: impl Fn(&[&str]) -> Vec<u8>) -> Vec<u8> {
    let mut is_service = vec![false; outline.strings.len()];
    for service in &outline.service {
        if let Some(seen) = is_service.get_mut(*service as usize) {
            *seen = true;
        }
    }
    let services: Vec<usize> = (0..is_service.len()).filter(|index| is_service[*index]).collect();
    let names: Vec<&str> = services.iter().map(|index| outline.strings.get(*index as u32)).collect();
    let mut slots = vec![0; outline.strings.len()];
    for (index, slot) in services.iter().zip(assign(&names)) {
        slots[*index] = slot;
    }
    slots
}

/// The slots of services other than 0 by their names. A service that is not among them has slot 0.
pub fn slots_by_name(outline: &Outline, slots: &[u8]) -> HashMap<String, u8> {
    let named = slots.iter().zip(0..outline.strings.len() as u32).filter(|(slot, _)| **slot > 0);
    named.map(|(slot, index)| (outline.strings.get(index).to_owned(), *slot)).collect()
}

/// Follows `colouring` one animation frame behind.
pub fn defer_one_frame(colouring: ColouringMemo) -> DeferredColouring {
    let deferred = RwSignal::new(colouring.get_untracked());
    Effect::new(move |_| {
        let now = colouring.get();
        if !deferred.with_untracked(|before| Arc::ptr_eq(before, &now)) {
            spawn_scoped(async move {
                let _busy = busy::hold();
                next_frame().await;
                deferred.set(now);
            });
        }
    });
    deferred.into()
}

/// What the colours of `session` mean, as its settings change. Without colours while what they are computed from loads.
pub fn colouring(session: Session, slots: Slots) -> ColouringMemo {
    // Of all attribute columns only this one matters.
    let column = Memo::new(move |_| {
        session.colouring.with(|colour| session.columns.values.with(|values| values.column(colour.column()?)))
    });
    let scale = computed_scale(session, column);
    Memo::new_with_compare(
        move |_| {
            let outline = session.outline_live().get();
            let by = session.colouring.get();
            if is_scale(&by) {
                let computed = scale.with(|scale| scale.clone().filter(|scale| scale.is_of(&by, &outline)));
                return computed.map(|computed| computed.colouring).unwrap_or_default();
            }
            Arc::new(match by {
                Colour::Kind => Colouring::by_kind(&outline),
                Colour::Status => Colouring::by_status(&outline),
                Colour::Attribute(key) if !key.is_empty() => match column.get() {
                    Some(column) => Colouring::by_value(&outline, &key, column),
                    None => Colouring::default(),
                },
                // An attribute without a key is still being typed.
                _ => Colouring::by_service(&outline, slots.get()),
            })
        },
        |before, now| !before.zip(now).is_some_and(|(before, now)| Arc::ptr_eq(before, now)),
    )
}
