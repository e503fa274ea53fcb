//! Values that a Jaeger server writes into the page it serves: a block of `NAME = value;` lines, which is not executed.

/// The value of `name`; empty if the page was not served by a Jaeger.
pub fn value(name: &str) -> String {
    let page = web_sys::window().and_then(|window| window.document());
    let block = page.and_then(|page| page.get_element_by_id("jaeger")).and_then(|block| block.text_content());
    of(&block.unwrap_or_default(), name).to_owned()
}

fn of<'a>(block: &'a str, name: &str) -> &'a str {
    let line = block.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix('='));
    let value = line.map(|value| value.trim().trim_end_matches(';').trim_end()).unwrap_or_default();
    // A marker that was not replaced.
    if value.starts_with("DEFAULT_") { "" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn replaced_markers_are_read() {
        let block = "\nJAEGER_CONFIG = {\"a\": \"b;\"};\nJAEGER_VERSION = DEFAULT_VERSION;\n";
        assert_eq!(of(block, "JAEGER_CONFIG"), "{\"a\": \"b;\"}");
        assert_eq!(of(block, "JAEGER_VERSION"), "");
        assert_eq!(of("", "JAEGER_CONFIG"), "");
    }
}
