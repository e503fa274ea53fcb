//! Which colour slot each service has had in this browser, so that it looks the same tomorrow and on every page.

use crate::io::storage;
use spandrel_trace::scene::palette;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Services remembered at most: beyond that the memory is begun anew. More than these at once are not remembered.
const MOST: usize = 2_000;
const NAME: &str = "colours";

thread_local! {
    static KEPT: RefCell<Option<BTreeMap<String, u8>>> = const { RefCell::new(None) };
}

fn with<T>(read: impl FnOnce(&mut BTreeMap<String, u8>) -> T) -> T {
    KEPT.with_borrow_mut(|kept| read(kept.get_or_insert_with(|| recalled().unwrap_or_default())))
}

fn recalled() -> Option<BTreeMap<String, u8>> {
    let json: serde_json::Value = serde_json::from_slice(storage::get(NAME)?.as_bytes()).ok()?;
    let mut slots = BTreeMap::new();
    for (service, slot) in json.as_object()? {
        slots.insert(service.clone(), slot.as_u64()? as u8);
    }
    Some(slots)
}

/// The slot (0 to 11) that a service has had here before.
pub fn kept(service: &str) -> Option<u8> {
    with(|kept| kept.get(service).copied())
}

/// Slots (0 to 11) for services that are seen together; what is new is remembered.
pub fn slots(services: &[&str]) -> Vec<u8> {
    let slots = palette::slots(services, kept);
    if services.len() > MOST {
        return slots;
    }
    with(|kept| {
        let before = kept.len();
        if before > MOST {
            kept.clear();
        }
        for (service, slot) in services.iter().zip(&slots) {
            kept.entry((*service).to_owned()).or_insert(*slot);
        }
        if kept.len() != before {
            // A map of texts and numbers cannot fail to become JSON.
            storage::set(NAME, &serde_json::to_string(kept).unwrap_or_default());
        }
    });
    slots
}
