//! This browser's memory for preferences. Where it is forbidden nothing is remembered, and nothing breaks.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn key(name: &str) -> String {
    format!("spandrel.{name}")
}

/// What was kept under a name.
pub fn get(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)).ok().flatten()
}

/// Keeps a text under a name; an empty one forgets it.
pub fn set(name: &str, text: &str) {
    let Some(storage) = storage() else { return };
    // A full or forbidden storage forgets: preferences are not worth an error.
    let _ = match text {
        "" => storage.remove_item(&key(name)),
        text => storage.set_item(&key(name), text),
    };
}
