//! Random bytes from the browser, and the seed of hash tables.

use js_sys::Reflect;
use wasm_bindgen::JsCast;
use web_sys::Crypto;

/// Cryptographically random bytes, in a window or worker; `None` if the browser provides none.
pub fn random<const N: usize>() -> Option<[u8; N]> {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).ok()?.dyn_into::<Crypto>().ok()?;
    let mut bytes = [0; N];
    crypto.get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

/// Seeds the program's hash tables, whose keys come from files and servers. Without random bits the seed comes from
/// addresses.
pub fn seed_hashes() {
    if let Some(bytes) = random() {
        spandrel_trace::units::seed_hashes(u64::from_le_bytes(bytes));
    }
}
