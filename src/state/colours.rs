//! The colour slot of each service, stored in this browser so that a service looks the same on every page and every day.

use crate::io::storage;
use spandrel_trace::scene::palette;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Services whose slots are stored at most; beyond that the store is cleared. More services than these at once are not
/// stored.
const MAX_STORED: usize = 2_000;
const NAME: &str = "colours";

thread_local! {
    static STORED: RefCell<Option<BTreeMap<String, u8>>> = const { RefCell::new(None) };
}

fn with<T>(read: impl FnOnce(&mut BTreeMap<String, u8>) -> T) -> T {
    STORED.with_borrow_mut(|stored| read(stored.get_or_insert_with(|| load().unwrap_or_default())))
}

fn load() -> Option<BTreeMap<String, u8>> {
    serde_json::from_str(&storage::get(NAME)?).ok()
}

/// The slot (0 to 19) that is stored for a service.
pub fn stored_slot(service: &str) -> Option<u8> {
    with(|stored| stored.get(service).copied())
}

/// Slots (0 to 19) for services that are shown together. New ones are stored.
pub fn slots(services: &[&str]) -> Vec<u8> {
    let slots = palette::slots(services, stored_slot);
    if services.len() > MAX_STORED {
        return slots;
    }
    with(|stored| {
        let before = stored.len();
        if before > MAX_STORED {
            stored.clear();
        }
        for (service, slot) in services.iter().zip(&slots) {
            stored.entry((*service).to_owned()).or_insert(*slot);
        }
        if stored.len() != before {
            // A map of strings and numbers is always valid JSON.
            storage::set(NAME, &serde_json::to_string(stored).unwrap_or_default());
        }
    });
    slots
}
