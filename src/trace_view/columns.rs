//! Attributes that rows show: pills that every trace has, columns that a person asked for, and what colours mean.
//! The engine knows them; they come one after the other, once the attributes can be searched.

use super::session::Session;
use crate::state::data::Data;
use crate::state::tasks::{next_frame, spawn_scoped};
use crate::ui::view::effect;
use leptos::prelude::*;
use spandrel_trace::analysis::query::Column;
use spandrel_trace::model::SpanIx;
use std::sync::Arc;

/// What a response was, newer convention first.
const STATUS: [&str; 2] = ["http.response.status_code", "http.status_code"];

/// What was called: a method, a database, a model.
const CALLED: [&str; 4] = ["rpc.method", "db.system.name", "db.system", "gen_ai.request.model"];

/// The service that was called and tells nothing itself.
const PEER: &str = "peer.service";

/// What the engine told of attributes so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told(Vec<(String, Arc<Column>)>);

impl Told {
    /// The column of a key, once it is told.
    pub fn of(&self, key: &str) -> Option<&Column> {
        self.0.iter().find(|(told, _)| told == key).map(|(_, column)| &**column)
    }

    /// The same, to be kept.
    pub fn column(&self, key: &str) -> Option<Arc<Column>> {
        self.0.iter().find(|(told, _)| told == key).map(|(_, column)| column.clone())
    }

    fn first(&self, keys: &[&str], span: SpanIx) -> Option<&str> {
        keys.iter().find_map(|key| self.of(key)?.text_of(span))
    }

    /// The status of the response that `span` gave or took.
    pub fn status(&self, span: SpanIx) -> Option<&str> {
        self.first(&STATUS, span)
    }

    /// What `span` called: a method, a database, a model.
    pub fn called(&self, span: SpanIx) -> Option<&str> {
        self.first(&CALLED, span)
    }

    /// The service that `span` called by its own account.
    pub fn peer(&self, span: SpanIx) -> Option<&str> {
        self.first(&[PEER], span)
    }
}

/// Keeps what the session was told true to what its rows show, for as long as the view is there.
pub fn ask_for_columns(session: Session, data: Data, id: String) {
    let told_of = StoredValue::new(session.outline());
    effect(move || {
        let outline = session.outline_live().get();
        let mut wanted: Vec<String> =
            STATUS.iter().chain(&CALLED).chain(&[PEER]).map(|key| (*key).to_owned()).collect();
        wanted.extend(session.columns.get());
        wanted.extend(session.colour.get().column().map(str::to_owned));
        // Of a trace that was read again everything is asked again; nothing is taken away until it is answered.
        let is_same = told_of.with_value(|before| Arc::ptr_eq(before, &outline));
        let before = if is_same { session.told.get_untracked() } else { Arc::default() };
        told_of.set_value(outline.clone());
        let mut told = Told::default();
        wanted.retain(|key| match before.0.iter().find(|(known, _)| known == key) {
            Some(known) => {
                told.0.push(known.clone());
                false
            }
            None => true,
        });
        // Those that were asked for by hand come first.
        wanted.reverse();
        let id = id.clone();
        spawn_scoped(async move {
            // First the rows, then what stands beside their names.
            next_frame().await;
            for key in wanted {
                // A key that is no field has no column; that is for who asked for it to see.
                let Ok(column) = data.column(&id, &outline, &key).await else { continue };
                told.0.push((key, Arc::new(column)));
                session.told.set(Arc::new(told.clone()));
            }
        });
    });
}
