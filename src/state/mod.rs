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
pub mod part;
mod product;
pub mod settings;
pub mod tasks;

pub use crate::io::engine::EngineClient;

use crate::io::address;

/// Starts the engine's worker.
pub fn start_engine() -> EngineClient {
    EngineClient::start(&address::assets())
}

/// Provides every kind of state as a context. Called once, at the root; `engine` answers about traces.
pub fn provide(engine: EngineClient) {
    settings::provide();
    navigation::provide();
    data::provide(engine);
    last_search::provide();
}
