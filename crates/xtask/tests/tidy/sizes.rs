//! Sizes that stylesheets and canvases share: each constant of `ui/sizes.rs` is the token of the same name.

/// Complaints about constants in the text of the sizes that the text of the tokens does not have as well.
pub fn check_sizes(sizes: &str, tokens: &str) -> Vec<String> {
    let constants = sizes.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("pub const ")?.split_once(": f64 = ")?;
        Some((name, value.strip_suffix(".0;")?))
    });
    let expected: Vec<String> = constants
        .map(|(name, value)| format!("--{}: {value}px;", name.to_lowercase().replace('_', "-")))
        .collect();
    if expected.is_empty() {
        return vec!["no constants were found in the sizes".to_owned()];
    }
    expected
        .into_iter()
        .filter(|token| !tokens.contains(token))
        .map(|token| format!("the tokens lack `{token}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check_sizes;

    #[test]
    fn a_constant_with_another_token_is_found() {
        let sizes = "/// A row.\npub const ROW: f64 = 24.0;\npub const TABLE_HEAD: f64 = 28.0;\n";
        assert!(check_sizes(sizes, ":root { --row: 24px; --table-head: 28px; }").is_empty());
        assert_eq!(
            check_sizes(sizes, ":root { --row: 24px; --table-head: 27px; }"),
            ["the tokens lack `--table-head: 28px;`"]
        );
        assert_eq!(check_sizes("", "").len(), 1, "a check that checks nothing fails");
    }
}
