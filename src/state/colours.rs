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
    if services.len() <= MAX_STORED {
        store(services);
    }
    palette::slots(services, stored_slot)
}

/// Stores slots of those services that have none. As long as there are no more services than slots, a new one gets a slot
/// that none has, so that each looks the same beside whatever others it is shown with.
fn store(services: &[&str]) {
    let mut names: Vec<String> = with(|stored| stored.keys().cloned().collect());
    let known = names.len();
    let new = services.iter().filter(|service| stored_slot(service).is_none());
    names.extend(new.map(|service| (*service).to_owned()));
    if names.len() == known {
        return;
    }
    let together: Vec<&str> = match names.len() > usize::from(palette::SLOTS) {
        true => services.to_vec(),
        false => names.iter().map(String::as_str).collect(),
    };
    let slots = palette::slots(&together, stored_slot);
    with(|stored| {
        if stored.len() > MAX_STORED {
            stored.clear();
        }
        for (service, slot) in together.iter().zip(&slots) {
            stored.entry((*service).to_owned()).or_insert(*slot);
        }
        // A map of strings and numbers is always valid JSON.
        storage::set(NAME, &serde_json::to_string(stored).unwrap_or_default());
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn up_to_twenty_services_keep_their_slots_beside_any_others() {
        with(BTreeMap::clear);
        let names: Vec<String> = (0..20).map(|number| format!("service {number}")).collect();
        let alone: Vec<u8> = names.iter().map(|name| slots(&[name])[0]).collect();
        let together = slots(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(alone, together);
        assert_eq!(together.iter().collect::<std::collections::BTreeSet<_>>().len(), 20);
        let more: Vec<&str> = names.iter().map(String::as_str).chain(["one more"]).collect();
        assert_eq!(slots(&more)[..20], together);
        with(BTreeMap::clear);
    }
}
