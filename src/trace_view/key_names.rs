//! Names of keys as they are labelled on keyboards.

/// A key as it is labelled on keyboards.
pub fn readable(key: &str) -> String {
    let (rest, control) = key.strip_prefix("Ctrl+").map_or((key, ""), |rest| (rest, "Ctrl/⌘ "));
    let (rest, shift) = rest.strip_prefix("Shift+").map_or((rest, ""), |rest| (rest, "Shift "));
    let name = match rest {
        "ArrowLeft" => "←",
        "ArrowRight" => "→",
        "ArrowUp" => "↑",
        "ArrowDown" => "↓",
        "PageUp" => "Page up",
        "PageDown" => "Page down",
        "Escape" => "Esc",
        " " => "Space",
        "-" => "−",
        other => other,
    };
    format!("{control}{shift}{name}")
}

#[cfg(test)]
mod tests {
    use super::readable;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn keys_are_written_as_they_are_on_keyboards() {
        let written = ["Shift+ArrowLeft", "Ctrl+k", " ", "Shift+-", "j"].map(readable);
        assert_eq!(written, ["Shift ←", "Ctrl/⌘ k", "Space", "Shift −", "j"]);
    }
}
