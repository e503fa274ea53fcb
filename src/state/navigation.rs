//! What the address says, and the one writer of history. Pages push, views replace.

use crate::io::{address, clock};
use crate::route::Route;
use crate::state::busy;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Milliseconds that a changing view rests before it is written to the address.
const REST: u32 = 200;

/// The current route.
#[derive(Clone, Copy)]
pub struct Navigation {
    route: RwSignal<Route>,
    /// The address that is still to be written, and how often one was.
    unwritten: StoredValue<(Option<String>, u32)>,
}

pub(super) fn provide() {
    let (path, query) = address::current();
    let navigation = Navigation {
        route: RwSignal::new(Route::parse(&path, &query)),
        unwritten: StoredValue::new((None, 0)),
    };
    address::on_travel(move || {
        navigation.unwritten.update_value(|(address, _)| *address = None);
        let (path, query) = address::current();
        navigation.route.set(Route::parse(&path, &query));
    });
    provide_context(navigation);
}

/// Where the page is, and how to go elsewhere.
pub fn use_navigation() -> Navigation {
    expect_context()
}

/// Where the page is.
pub fn use_route() -> Signal<Route> {
    use_navigation().route.into()
}

/// The route of a link's whole address, if it leads into this app.
pub fn route_of(href: &str) -> Option<Route> {
    let (path, query) = address::inside(href)?;
    Some(Route::parse(&path, &query))
}

/// A route as an address that can be given to others.
pub fn whole_address(route: &Route) -> String {
    format!("{}{route}", address::mount())
}

/// Names the document after what it shows.
pub fn entitle(what: &str) {
    address::title(&format!("{what} · Spandrel"));
}

impl Navigation {
    /// The route, tracked.
    pub fn route(self) -> Route {
        self.route.get()
    }

    /// The route, untracked.
    pub fn route_now(self) -> Route {
        self.route.get_untracked()
    }

    /// Goes to another page: a new entry of the history.
    pub fn push(self, route: Route) {
        self.flush();
        if route == self.route_now() {
            return;
        }
        address::push(&route.to_string());
        self.route.set(route);
    }

    /// Says that the page is now looked at like this: the entry of the history is written over, after a rest.
    pub fn replace(self, route: Route) {
        if route == self.route_now() {
            return;
        }
        let address = route.to_string();
        self.route.set(route);
        let turn = self.unwritten.with_value(|(_, turn)| turn.wrapping_add(1));
        self.unwritten.set_value((Some(address), turn));
        // What is still to be written is pending: who waits for the page to rest, or copies its address, gets this one.
        let busy = busy::hold();
        spawn_local(async move {
            let _busy = busy;
            clock::sleep(REST).await;
            if self.unwritten.try_update_value(|(_, latest)| *latest == turn) == Some(true) {
                self.flush();
            }
        });
    }

    fn flush(self) {
        let address = self.unwritten.try_update_value(|(address, _)| address.take()).flatten();
        if let Some(address) = address {
            address::replace(&address);
        }
    }
}
