//! Values of attributes that rows show: pills of every trace, attribute columns, and the attribute that colours bars. They
//! are loaded from the worker one key after the other.

use super::session::Session;
use crate::state::data::Data;
use crate::state::tasks::{next_frame, spawn_scoped};
use leptos::prelude::*;
use spandrel_trace::analysis::query::Column;
use spandrel_trace::model::SpanIx;
use std::sync::Arc;

/// Keys of the status of a response, the newer convention first.
const STATUS: [&str; 2] = ["http.response.status_code", "http.status_code"];

/// Keys of what a span calls: a method, a database, a model.
const CALLED: [&str; 4] = ["rpc.method", "db.system.name", "db.system", "gen_ai.request.model"];

/// Key of the service that was called, where it is not instrumented itself.
const PEER: &str = "peer.service";

/// Values by key, as far as they are loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributeColumns(Vec<(String, Arc<Column>)>);

impl AttributeColumns {
    /// The values of a key, once they are loaded.
    pub fn of(&self, key: &str) -> Option<&Column> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, column)| &**column)
    }

    /// The same, shared.
    pub fn column(&self, key: &str) -> Option<Arc<Column>> {
        self.0.iter().find(|(other, _)| other == key).map(|(_, column)| column.clone())
    }

    fn first(&self, keys: &[&str], span: SpanIx) -> Option<&str> {
        keys.iter().find_map(|key| self.of(key)?.text_of(span))
    }

    /// The status of the response of `span`.
    pub fn status(&self, span: SpanIx) -> Option<&str> {
        self.first(&STATUS, span)
    }

    /// What `span` called: a method, a database, a model.
    pub fn called(&self, span: SpanIx) -> Option<&str> {
        self.first(&CALLED, span)
    }

    /// The service that `span` called, as `peer.service` says.
    pub fn peer(&self, span: SpanIx) -> Option<&str> {
        self.first(&[PEER], span)
    }
}

/// Loads the values that rows show into the session, until the current owner is cleaned up.
pub fn load_columns(session: Session, data: Data, id: String) {
    let loaded_of = StoredValue::new(session.sent());
    Effect::new(move || {
        let outline = session.sent_live().get();
        let mut wanted: Vec<String> =
            STATUS.iter().chain(&CALLED).chain(&[PEER]).map(|key| (*key).to_owned()).collect();
        wanted.extend(session.columns.keys.get());
        wanted.extend(session.coloring.get().column().map(str::to_owned));
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
            next_frame().await;
            for key in wanted {
                // A key that no span has has no values.
                let Ok(column) = data.column(&id, &outline, &key).await else { continue };
                columns.0.push((key, Arc::new(column)));
                session.columns.values.set(Arc::new(columns.clone()));
            }
        });
    });
}
