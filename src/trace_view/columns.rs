//! Loads the values of attributes that rows show from the worker, one key after the other.

use super::session::{AttributeColumns, CALLED, PEER, STATUS, Session};
use crate::state::data::Data;
use crate::state::tasks::{after_first_paint, spawn_scoped};
use leptos::prelude::*;
use std::sync::Arc;

/// Loads the values that rows show into the session, until the current owner is cleaned up.
pub fn load_columns(session: Session, data: Data, id: String) {
    let loaded_of = StoredValue::new(session.sent());
    Effect::new(move || {
        let outline = session.sent_live().get();
        let mut wanted: Vec<String> =
            STATUS.iter().chain(&CALLED).chain(&[PEER]).map(|key| (*key).to_owned()).collect();
        wanted.extend(session.columns.keys.get());
        wanted.extend(session.colouring.get().column().map(str::to_owned));
        // After a reload every key is loaded again; the previous values stay until then.
        let is_same = loaded_of.with_value(|before| Arc::ptr_eq(before, &outline));
        let before = if is_same { session.columns.values.get_untracked() } else { Arc::default() };
        loaded_of.set_value(outline.clone());
        let mut columns = AttributeColumns::default();
        wanted.retain(|key| match before.0.iter().find(|(known, _)| known == key) {
            Some(known) => {
                columns.0.push(known.clone());
                false
            }
            None => true,
        });
        // Columns that were added by hand come first.
        wanted.reverse();
        let id = id.clone();
        spawn_scoped(async move {
            // The rows are painted first.
            after_first_paint().await;
            for key in wanted {
                // A key that no span has has no values.
                let Ok(column) = data.column(&id, &outline, &key).await else { continue };
                columns.0.push((key, Arc::new(column)));
                session.columns.values.set(Arc::new(columns.clone()));
            }
        });
    });
}
