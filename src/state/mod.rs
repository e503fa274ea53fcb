//! What the page knows: what the source answered ([`data`]), what the address says ([`navigation`]), what the
//! user prefers ([`settings`]), and whether anything is still going on ([`busy`]).

pub mod busy;
pub mod clock;
pub mod colours;
pub mod data;
pub mod navigation;
pub mod settings;
pub mod shop;
pub mod tasks;

/// Puts every kind of state where pages find it. Once, at the root.
pub fn provide() {
    settings::provide();
    navigation::provide();
    data::provide();
}
