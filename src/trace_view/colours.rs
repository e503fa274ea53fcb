//! Which colour slot each service of a trace takes, and what the colours of its bars mean now.

use super::scales::{is_scale, scaled};
use super::session::Session;
use crate::route::Colour;
use crate::state::busy;
use crate::state::tasks::{next_frame, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::model::Outline;
use spandrel_trace::scene::colouring::Colouring;
use std::sync::Arc;

/// Colour slots by string index; others when the trace was read again.
pub type Slots = Memo<Arc<Vec<u8>>>;

/// Slots by string index of the service's name; strings that are no service's name have slot 0. `assign` gives
/// the slots of services that are seen together.
pub fn slots_of(outline: &Outline, assign: impl Fn(&[&str]) -> Vec<u8>) -> Vec<u8> {
    let mut is_service = vec![false; outline.strings.len()];
    for service in &outline.service {
        if let Some(seen) = is_service.get_mut(*service as usize) {
            *seen = true;
        }
    }
    let services: Vec<usize> = (0..is_service.len()).filter(|index| is_service[*index]).collect();
    let names: Vec<&str> = services.iter().map(|index| outline.strings.get(*index as u32)).collect();
    let mut by_string = vec![0; outline.strings.len()];
    for (index, slot) in services.iter().zip(assign(&names)) {
        by_string[*index] = slot;
    }
    by_string
}

/// What the colours mean.
pub type Coloured = Memo<Arc<Colouring>>;

/// The same a frame later, for minimap and legend: the rows come first.
pub type Overview = Signal<Arc<Colouring>>;

/// Follows `coloured` at that distance.
pub fn a_frame_later(coloured: Coloured) -> Overview {
    let later = RwSignal::new(coloured.get_untracked());
    Effect::new(move |_| {
        let now = coloured.get();
        if !later.with_untracked(|before| Arc::ptr_eq(before, &now)) {
            spawn_scoped(async move {
                let _busy = busy::hold();
                next_frame().await;
                later.set(now);
            });
        }
    });
    later.into()
}

/// What the colours of `session` mean, as it changes.
pub fn coloured(session: Session, slots: Slots) -> Coloured {
    // Of all that is told only the one column counts.
    let column = Memo::new(move |_| {
        session.colour.with(|colour| session.told.with(|told| told.column(colour.column()?)))
    });
    let scaled = scaled(session, column);
    Memo::new_with_compare(
        move |_| {
            let outline = session.outline_live().get();
            let by = session.colour.get();
            if is_scale(&by) {
                let there = scaled.with(|there| there.clone().filter(|there| there.is_of(&by, &outline)));
                return there.map(|there| there.colouring).unwrap_or_default();
            }
            Arc::new(match by {
                Colour::Kind => Colouring::by_kind(&outline),
                Colour::Status => Colouring::by_status(&outline),
                Colour::Attribute(key) if !key.is_empty() => match column.get() {
                    Some(column) => Colouring::by_value(&outline, &key, column),
                    None => Colouring::default(),
                },
                // While nobody has said which attribute, colours are those of services.
                _ => Colouring::by_service(&outline, slots.get()),
            })
        },
        |before, now| !before.zip(now).is_some_and(|(before, now)| Arc::ptr_eq(before, now)),
    )
}
