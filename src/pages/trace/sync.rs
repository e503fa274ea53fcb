//! Keeps the trace page and its address in sync.

use crate::route::{Route, TraceView};
use crate::state::navigation::use_navigation;
use crate::trace_view::address;
use crate::trace_view::session::Session;
use leptos::prelude::*;

/// Shows what the address says, and writes what is shown to the address, until the current owner is cleaned up.
pub fn sync_with_address(session: Session, id: String) {
    let navigation = use_navigation();
    // The view that both sides agree on, so that neither reacts to its own change.
    let agreed = StoredValue::new(TraceView::default());
    let shown = id.clone();
    Effect::new(move |_| {
        let Route::Trace { id, view } = navigation.route() else { return };
        if id == shown && agreed.with_value(|agreed| *agreed != view) {
            agreed.set_value(view.clone());
            address::apply(session, &view);
        }
    });
    // The first run only subscribes: an address that names a span that has not arrived yet is left as it is.
    Effect::new(move |subscribed: Option<()>| {
        let view = address::view_of(session);
        let before = agreed.get_value();
        if subscribed.is_some() && before != view {
            agreed.set_value(view.clone());
            let route = Route::Trace { id: id.clone(), view };
            // Going back leads to the view of the trace before.
            if session.tab.get() == before.tab { navigation.replace(route) } else { navigation.push(route) }
        }
    });
}
