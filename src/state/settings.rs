//! What the user prefers, remembered by this browser.

use crate::io::{address, marker, storage};
use crate::route::Zone;
use leptos::prelude::*;
use spandrel_trace::source::Base;

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// All there are, in the order in which they are offered.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// Its name, as it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// From its name; anything else is the system's.
    pub fn from_name(name: &str) -> Self {
        Theme::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}

/// The preferences. Setting one remembers it.
#[derive(Clone, Copy)]
pub struct Settings {
    theme: RwSignal<Theme>,
    source: RwSignal<String>,
    /// Whose clock times of day are of. Set where an address says so, remembered by [`remember_zone`] where a person
    /// does.
    pub zone: RwSignal<Zone>,
}

pub(super) fn provide() {
    provide_context(Settings {
        theme: RwSignal::new(Theme::from_name(&storage::get("theme").unwrap_or_default())),
        source: RwSignal::new(storage::get("source").unwrap_or_default()),
        zone: RwSignal::new(Zone::from_word(&storage::get("zone").unwrap_or_default())),
    });
}

/// The preferences of this browser.
pub fn use_settings() -> Settings {
    expect_context()
}

/// The configuration that whoever runs the backend wrote for Jaeger's pages (JSON); empty where there is none.
pub fn jaeger_config() -> String {
    marker::value("JAEGER_CONFIG")
}

/// Remembers whose clock the user wants to read.
pub fn remember_zone(zone: Zone) {
    storage::set("zone", zone.word());
}

/// Where the detail of a span was put last, in the word of an address; empty where nobody has.
pub fn detail_place() -> String {
    storage::get("detail").unwrap_or_default()
}

/// Remembers where the detail of a span was put.
pub fn remember_detail_place(word: &str) {
    storage::set("detail", word);
}

impl Settings {
    /// The theme.
    pub fn theme(self) -> Theme {
        self.theme.get()
    }

    /// Chooses a theme.
    pub fn set_theme(self, theme: Theme) {
        storage::set("theme", if theme == Theme::System { "" } else { theme.name() });
        self.theme.set(theme);
    }

    /// The backend's address as the user wrote it; empty for where the page comes from.
    pub fn source(self) -> String {
        self.source.get()
    }

    /// Chooses a backend.
    pub fn set_source(self, address: &str) {
        let address = address.trim();
        storage::set("source", address);
        self.source.set(address.to_owned());
    }

    /// The absolute address above the backend's `/api`.
    pub fn base(self) -> Base {
        absolute(&self.source.get())
    }
}

/// An absolute address from what was written.
pub fn absolute(written: &str) -> Base {
    let base = Base::new(written);
    match base.as_str() {
        "" => Base::at(&address::mount()),
        path if path.starts_with('/') => {
            let mount = address::mount();
            let host_ends = mount.find("://").and_then(|at| Some(at + 3 + mount[at + 3..].find('/')?));
            Base::new(&format!("{}{path}", &mount[..host_ends.unwrap_or(mount.len())]))
        }
        _ => base,
    }
}
