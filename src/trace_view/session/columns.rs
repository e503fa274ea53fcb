//! Attributes that rows show: pills of every trace, attribute columns, and the attribute that colours bars.

use leptos::prelude::*;
use spandrel_trace::analysis::query::Column;
use spandrel_trace::model::SpanIx;
use std::sync::Arc;

/// Attributes shown in rows.
#[derive(Clone, Copy, Default)]
pub struct Columns {
    /// Keys of the attributes that have a column.
    pub keys: RwSignal<Vec<String>>,
    /// The values received from the engine so far.
    pub values: RwSignal<Arc<AttributeColumns>>,
}

/// Keys of the status of a response, the newer convention first.
pub const STATUS: [&str; 2] = ["http.response.status_code", "http.status_code"];

/// Keys of what a span calls: a method, a database, a model.
pub const CALLED: [&str; 4] = ["rpc.method", "db.system.name", "db.system", "gen_ai.request.model"];

/// Key of the service that was called, where it is not instrumented itself.
pub const PEER: &str = "peer.service";

/// Values by key, as far as they are loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AttributeColumns(pub Vec<(String, Arc<Column>)>);

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
