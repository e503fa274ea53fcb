//! The current route, and the only writer of the browser's history. Pages push entries, views replace the current one.

use crate::io::{address, clock};
use crate::route::Route;
use crate::state::busy;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// Milliseconds without another change after which a changed view is written to the address.
const DEBOUNCE: u32 = 200;
/// Milliseconds until an address that the browser has refused is written again. Safari takes 100 changes in 30 seconds.
const RETRY: u32 = 2_000;

/// The current route and its address. A copyable handle.
#[derive(Clone, Copy)]
pub struct Navigation {
    route: RwSignal<Route>,
    unwritten: StoredValue<Unwritten>,
}

/// An address that the browser does not have yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Unwritten {
    address: Option<String>,
    /// Write it as a new entry.
    push: bool,
    /// Counts the addresses, so that the latest write is the one that counts.
    version: u32,
}

pub(super) fn provide() {
    let (path, query) = address::current();
    let navigation = Navigation {
        route: RwSignal::new(Route::parse(&path, &query)),
        unwritten: StoredValue::new(Unwritten::default()),
    };
    address::on_travel(move || {
        navigation.unwritten.update_value(|unwritten| {
            *unwritten = Unwritten { version: unwritten.version.wrapping_add(1), ..Unwritten::default() };
        });
        let (path, query) = address::current();
        navigation.route.set(Route::parse(&path, &query));
    });
    provide_context(navigation);
}

/// The navigation, from the context.
pub fn use_navigation() -> Navigation {
    expect_context()
}

/// The current route.
pub fn use_route() -> Signal<Route> {
    use_navigation().route.into()
}

/// The route of a link's absolute URL; `None` if it does not lead into this app.
pub fn route_of(href: &str) -> Option<Route> {
    let (path, query) = address::inside(href)?;
    Some(Route::parse(&path, &query))
}

/// The absolute URL of a route.
pub fn whole_address(route: &Route) -> String {
    format!("{}{route}", address::mount())
}

/// Sets the title of the document.
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

    /// Goes to another page, with a new entry of the history.
    pub fn push(self, route: Route) {
        self.write();
        if route == self.route_now() {
            return;
        }
        self.set_unwritten(route.to_string(), true);
        self.route.set(route);
        self.write();
    }

    /// Changes the route of the current entry of the history. The address follows after `DEBOUNCE`.
    pub fn replace(self, route: Route) {
        if route == self.route_now() {
            return;
        }
        let version = self.set_unwritten(route.to_string(), false);
        self.route.set(route);
        // The page counts as busy until then, so that a test or a person who copies the address gets this one.
        let busy = busy::hold();
        spawn_local(async move {
            let _busy = busy;
            clock::sleep(DEBOUNCE).await;
            if self.is_latest(version) {
                self.write();
            }
        });
    }

    /// Sets the address to be written. An entry that could not be pushed so far is still pushed.
    fn set_unwritten(self, address: String, push: bool) -> u32 {
        let set = |unwritten: &mut Unwritten| {
            let push = push || unwritten.push;
            *unwritten =
                Unwritten { address: Some(address), push, version: unwritten.version.wrapping_add(1) };
            unwritten.version
        };
        self.unwritten.try_update_value(set).unwrap_or_default()
    }

    fn is_latest(self, version: u32) -> bool {
        self.unwritten.try_with_value(|unwritten| unwritten.version) == Some(version)
    }

    /// Writes the address if the browser does not have it. If the browser refuses it, tries again later, unless another
    /// address has taken its place.
    fn write(self) {
        let Some(unwritten) = self.unwritten.try_get_value() else { return };
        let Some(address) = &unwritten.address else { return };
        let written = if unwritten.push { address::push(address) } else { address::replace(address) };
        if written.is_ok() {
            self.unwritten.update_value(|unwritten| (unwritten.address, unwritten.push) = (None, false));
            return;
        }
        spawn_local(async move {
            clock::sleep(RETRY).await;
            if self.is_latest(unwritten.version) {
                self.write();
            }
        });
    }
}
