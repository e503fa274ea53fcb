//! A page that is built before it is known which trace it shows: while a file is read there is time, and when its trace
//! comes the next frame shows it.

use super::page::page_of;
use crate::ui::element::{El, el};
use crate::ui::view::keep;
use leptos::prelude::*;

/// The page that is built ahead, if one is, and where. A handle: copied freely.
#[derive(Clone, Copy)]
pub struct Ahead {
    /// Lives as long as the app. What is built ahead is its until a page takes it over.
    app: StoredValue<Option<Owner>>,
    host: StoredValue<El, LocalStorage>,
    built: StoredValue<Option<Built>, LocalStorage>,
}

struct Built {
    owner: Owner,
    page: El,
    id: StoredValue<String>,
    is_known: RwSignal<bool>,
}

impl Ahead {
    /// Lets pages be built ahead. Called by the app, which shows [`Ahead::host`] where pages are.
    pub fn provide() -> Self {
        let host = el("div", "app__ahead").attr("aria-hidden", "true").attr("inert", true);
        let ahead = Ahead {
            app: StoredValue::new(Owner::current()),
            host: StoredValue::new_local(host),
            built: StoredValue::new_local(None),
        };
        provide_context(ahead);
        ahead
    }

    /// What holds a page until it is wanted: it has its size there and is not seen.
    pub fn host(self) -> El {
        self.host.get_value()
    }

    /// Begins a page, unless one is there.
    pub fn begin(self) {
        let (is_there, app) = (self.built.with_value(Option::is_some), self.app.get_value());
        let Some(app) = app.filter(|_| !is_there) else { return };
        let owner = app.with(Owner::new);
        let (page, id, is_known) = owner.with(|| {
            let (id, is_known) = (StoredValue::new(String::new()), RwSignal::new(false));
            (page_of(id, is_known), id, is_known)
        });
        let _ = self.host().child(page.clone());
        self.built.set_value(Some(Built { owner, page, id, is_known }));
    }

    /// Gives up what no page has taken over.
    pub fn leave(self) {
        if let Some(built) = self.take() {
            drop(built.owner);
            built.page.node::<web_sys::Element>().remove();
        }
    }

    fn take(self) -> Option<Built> {
        self.built.try_update_value(Option::take).flatten()
    }
}

/// The page of the trace with this id as it stands in the address: what was built ahead, or a new one.
pub fn trace_page(id: String) -> El {
    match use_context::<Ahead>().and_then(Ahead::take) {
        None => page_of(StoredValue::new(id), RwSignal::new(true)),
        Some(built) => {
            built.id.set_value(id);
            built.is_known.set(true);
            keep(built.owner);
            built.page
        }
    }
}
