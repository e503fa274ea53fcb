//! Routes and their addresses. [`Route::parse`] and `Display` are inverse; no other module of the viewer parses or
//! writes addresses. Jaeger's addresses are accepted.
//!
//! Addresses are relative to where the app is mounted: `search?service=cart`, without a leading slash.

mod find;
mod named;
mod query;
mod search;
mod service_filter;
mod span_ids;
mod tab;
mod tables;
mod trace;
mod views;
mod what_if;
mod zone;

pub use find::find;
pub use named::Named;
pub use search::{SearchParams, Sort};
pub use service_filter::ServiceFilter;
pub use tab::{FlameLayout, FlameView, LaneGroup, TraceTab};
pub use tables::{TableSort, TableViews};
pub use trace::{Colour, OrderParam, PathRows, Placement, Show, ShowPath, TraceView};
pub use views::{DependenciesView, MonitorView};
pub use what_if::{WhatIf, WhatIfChange, WhatIfScope};
pub use zone::Zone;

use query::Query;
use std::fmt;

/// A page and its state.
#[derive(Clone, Debug, PartialEq)]
pub enum Route {
    /// The search form and its results.
    Search(SearchParams),
    /// One trace.
    Trace {
        /// Trace id, as in the address.
        id: String,
        /// View state.
        view: TraceView,
    },
    /// Calls between services.
    Dependencies(DependenciesView),
    /// A service over time.
    Monitor(MonitorView),
    /// The demo.
    Demo,
    /// Preferences.
    Settings,
    /// Version and licence.
    About,
    /// Unknown address.
    NotFound(String),
}

impl Route {
    /// Parses a path below the mount URL (with or without slashes around it) and a query (with or without `?`).
    pub fn parse(path: &str, query: &str) -> Self {
        let query = Query::parse(query);
        let path = path.trim_matches('/');
        match path {
            "" | "search" | "index.html" => Route::Search(SearchParams::read(&query)),
            "dependencies" => Route::Dependencies(DependenciesView::read(&query)),
            "monitor" => Route::Monitor(MonitorView::read(&query)),
            "demo" | "shop" => Route::Demo,
            "settings" => Route::Settings,
            "about" => Route::About,
            _ => match path.strip_prefix("trace/") {
                Some(id) if !id.is_empty() && !id.contains('/') && !id.contains("...") => {
                    Route::Trace { id: query::decode(id), view: TraceView::read(&query) }
                }
                _ => Route::NotFound(path.to_owned()),
            },
        }
    }

    /// The first segment of the address, which identifies the page.
    pub fn page(&self) -> &'static str {
        match self {
            Route::Search(_) => "search",
            Route::Trace { .. } => "trace",
            Route::Dependencies(_) => "dependencies",
            Route::Monitor(_) => "monitor",
            Route::Demo => "demo",
            Route::Settings => "settings",
            Route::About => "about",
            Route::NotFound(_) => "",
        }
    }

    /// A trace with the default view.
    pub fn trace(id: impl Into<String>) -> Self {
        Route::Trace { id: id.into(), view: TraceView::default() }
    }
}

impl Default for Route {
    fn default() -> Self {
        Route::Search(SearchParams::default())
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut query = Query::default();
        match self {
            Route::Search(params) => params.write(&mut query),
            Route::Trace { view, .. } => view.write(&mut query),
            Route::Dependencies(view) => view.write(&mut query),
            Route::Monitor(view) => view.write(&mut query),
            Route::Demo | Route::Settings | Route::About | Route::NotFound(_) => {}
        }
        match self {
            Route::Trace { id, .. } => write!(f, "trace/{}{query}", query::encode(id)),
            Route::NotFound(path) => f.write_str(path),
            _ => write!(f, "{}{query}", self.page()),
        }
    }
}

#[cfg(test)]
mod tests;
