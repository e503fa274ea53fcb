//! Amounts of money as the browser formats them.

use js_sys::Intl::NumberFormat;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::JsValue;

/// An amount with the symbol of its currency (ISO 4217): `$59.98` for `USD`. Two decimals where the currency is no code.
pub fn money(amount: f64, currency: &str) -> String {
    let plain = || format!("{amount:.2}");
    // Other codes are refused with an exception.
    if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return plain();
    }
    let options = Object::new();
    for (name, value) in [("style", "currency"), ("currency", currency)] {
        // Any property of an object can be set.
        let _ = Reflect::set(&options, &name.into(), &value.into());
    }
    let format = NumberFormat::new(&Array::of1(&"en-US".into()), &options).format();
    let text = format.call1(&JsValue::UNDEFINED, &amount.into()).ok().and_then(|text| text.as_string());
    text.unwrap_or_else(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn amounts_have_the_symbol_and_the_decimals_of_their_currency() {
        assert_eq!(money(59.98, "USD"), "$59.98");
        assert_eq!(money(1_234.5, "EUR"), "€1,234.50");
        assert_eq!(money(1_234.0, "JPY"), "¥1,234");
        assert_eq!(money(4.5, ""), "4.50");
        assert_eq!(money(4.5, "no code"), "4.50");
    }
}
