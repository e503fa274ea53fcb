//! The program's second part on its way: the loader in `index.html` fetches it and ties it to the first.

use js_sys::{Function, Promise, Reflect};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

thread_local! {
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// What fetches it; `None` where the program is in one piece.
fn door() -> Option<Function> {
    Reflect::get(&js_sys::global(), &"spandrelLater".into()).ok()?.dyn_into().ok()
}

/// Whether everything is there: the second part has arrived, or the program is in one piece.
pub fn is_here() -> bool {
    HERE.get() || door().is_none()
}

/// Waits until it is there. Gives the module, for whoever else runs the program; `None` where it is in one piece.
/// What went wrong is said in words; the next call tries again.
pub async fn arrive() -> Result<Option<JsValue>, String> {
    let Some(door) = door() else { return Ok(None) };
    let told = |error: JsValue| {
        let words = Reflect::get(&error, &"message".into()).ok().and_then(|words| words.as_string());
        words.unwrap_or_else(|| "The browser did not say why.".to_owned())
    };
    let coming = door.call0(&JsValue::UNDEFINED).map_err(told)?;
    let module = JsFuture::from(coming.unchecked_into::<Promise>()).await.map_err(told)?;
    HERE.set(true);
    Ok(Some(module))
}
