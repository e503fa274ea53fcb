//! What a Jaeger that serves this page has put into it: a block of `NAME = value;` lines that is never executed.

/// What stands behind a name; empty where no Jaeger has put anything there.
pub fn value(name: &str) -> String {
    let page = web_sys::window().and_then(|window| window.document());
    let block = page.and_then(|page| page.get_element_by_id("jaeger")).and_then(|block| block.text_content());
    of(&block.unwrap_or_default(), name).to_owned()
}

fn of<'a>(block: &'a str, name: &str) -> &'a str {
    let line = block.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix('='));
    let value = line.map(|value| value.trim().trim_end_matches(';').trim_end()).unwrap_or_default();
    // The place itself is still there where nobody has filled it.
    if value.starts_with("DEFAULT_") { "" } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_a_jaeger_filled_in_is_found() {
        let block = "\nJAEGER_CONFIG = {\"a\": \"b;\"};\nJAEGER_VERSION = DEFAULT_VERSION;\n";
        assert_eq!(of(block, "JAEGER_CONFIG"), "{\"a\": \"b;\"}");
        assert_eq!(of(block, "JAEGER_VERSION"), "");
        assert_eq!(of("", "JAEGER_CONFIG"), "");
    }
}
