//! State of the page: what the server answered ([`data`]), the route ([`navigation`]), the preferences ([`settings`]),
//! and whether anything is pending ([`busy`]).

mod browser_span;
pub mod busy;
pub mod clock;
pub mod colours;
pub mod data;
pub mod demo;
pub mod events;
pub mod last_search;
pub mod live;
pub mod navigation;
pub mod obstacle;
mod product;
pub mod settings;
pub mod tasks;

/// Provides every kind of state as a context. Called once, at the root.
pub fn provide() {
    settings::provide();
    navigation::provide();
    data::provide();
    last_search::provide();
}
