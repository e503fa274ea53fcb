//! The user's preferences, stored in this browser.

use crate::io::{address, marker, storage};
use crate::route::{Named, Placement, Zone};
use leptos::prelude::*;
use spandrel_trace::source::{Base, SearchQuery, Source, Task};

/// Colour theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Named for Theme {
    const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Theme::System, "system", "System"),
        (Theme::Light, "light", "Light"),
        (Theme::Dark, "dark", "Dark"),
    ];
}

/// The preferences. A copyable handle; setters store what they set.
#[derive(Clone, Copy)]
pub struct Settings {
    theme: RwSignal<Theme>,
    source: RwSignal<String>,
    /// Time zone of absolute times. A value from the address is set here; the user's own choice is also stored, by
    /// [`store_zone`].
    pub zone: RwSignal<Zone>,
}

pub(super) fn provide() {
    provide_context(Settings {
        theme: RwSignal::new(Theme::from_name(&storage::get("theme").unwrap_or_default())),
        source: RwSignal::new(storage::get("source").unwrap_or_default()),
        zone: RwSignal::new(Zone::from_name(&storage::get("zone").unwrap_or_default())),
    });
}

/// The preferences, from the context.
pub fn use_settings() -> Settings {
    expect_context()
}

/// The UI configuration of the Jaeger that serves this page (JSON); empty if there is none.
pub fn jaeger_config() -> String {
    marker::value("JAEGER_CONFIG")
}

/// The ports at which the server that this page comes from takes spans, over HTTP and gRPC; `None` if it has not said so.
pub fn otlp_ports() -> Option<(u16, u16)> {
    let written = marker::value("SPANDREL_OTLP_PORTS");
    let (http, grpc) = written.split_once(' ')?;
    Some((http.parse().ok()?, grpc.parse().ok()?))
}

/// Stores the time zone that the user chose.
pub fn store_zone(zone: Zone) {
    storage::set("zone", zone.name());
}

/// The stored position of the details panel; the default if none is stored.
pub fn detail_place() -> Placement {
    Placement::from_name(&storage::get("detail").unwrap_or_default())
}

/// Stores the position of the details panel.
pub fn store_detail_place(placement: Placement) {
    storage::set("detail", placement.name());
}

impl Settings {
    /// The theme, tracked.
    pub fn theme(self) -> Theme {
        self.theme.get()
    }

    /// Sets and stores the theme.
    pub fn set_theme(self, theme: Theme) {
        storage::set("theme", if theme == Theme::System { "" } else { theme.name() });
        self.theme.set(theme);
    }

    /// The server's URL as the user typed it; empty for the server that this page comes from.
    pub fn source(self) -> String {
        self.source.get()
    }

    /// Sets and stores the server's URL.
    pub fn set_source(self, address: &str) {
        let address = address.trim();
        storage::set("source", address);
        self.source.set(address.to_owned());
    }

    /// Whether the server that this page comes from is the one in use and leads to a demo: it has written that into the page.
    /// Tracked.
    pub fn has_demo(self) -> bool {
        self.source.with(String::is_empty) && marker::value("SPANDREL_DEMO") == "true"
    }

    /// What kind of server it is. A Jaeger that serves this page has written its version into it; our own server has not.
    /// Tracked.
    pub fn trace_source(self) -> Source {
        let is_ours = self.source.with(String::is_empty) && marker::value("JAEGER_VERSION").is_empty();
        if is_ours { Source::Spandrel(self.base()) } else { Source::at(self.base()) }
    }

    /// Whether the server finds traces by the text of their log lines. Tracked.
    pub fn has_log_search(self) -> bool {
        let query = SearchQuery { log_text: "text".to_owned(), ..SearchQuery::default() };
        self.trace_source().can(&Task::Search(query))
    }

    /// The absolute URL of the server, above its `/api`.
    pub fn base(self) -> Base {
        absolute(&self.source.get())
    }
}

/// The URL of the eval-track API of the same server, or of the server itself.
pub fn with_api(written: &str, eval_track: bool) -> String {
    let base = Base::new(written);
    match (base.is_eval_track(), eval_track) {
        (false, true) if base.as_str().is_empty() => {
            let mount = Base::at(&address::mount());
            // Below this page, wherever that will be.
            let path = mount.as_str().splitn(4, '/').nth(3).unwrap_or_default();
            format!("/{path}/eval-track").replace("//", "/")
        }
        (false, true) => format!("{base}/eval-track"),
        (true, false) => {
            let above = base.as_str().trim_end_matches("/eval-track");
            let is_this_server = absolute(above) == Base::at(&address::mount());
            if is_this_server { String::new() } else { above.to_owned() }
        }
        _ => written.to_owned(),
    }
}

/// The absolute URL for what was typed: relative to the page's own server.
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
