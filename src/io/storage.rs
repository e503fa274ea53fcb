//! Preferences in the browser's local storage. Without permission nothing is stored and nothing fails, which is why this
//! is not `gloo-storage`: its `LocalStorage` panics there.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn key(name: &str) -> String {
    format!("spandrel.{name}")
}

/// The text stored under `name`.
pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok().flatten()
}

/// Stores `text` under `name`; an empty text removes the entry.
pub fn set(name: &str, text: &str) {
    let Some(storage) = storage() else { return };
    // Fails if the storage is full: losing a preference is no error.
    let _ = match text {
        "" => storage.remove_item(&key(name)),
        text => storage.set_item(&key(name), text),
    };
}
