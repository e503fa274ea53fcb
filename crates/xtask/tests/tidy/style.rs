//! Stylesheets: each is linked, and literal colours are in the tokens alone.

use crate::tree::{File, code};

/// The only file with literal colours.
const TOKENS: &str = "assets/css/tokens.css";
/// Functions that make a colour from numbers; `color-mix` of tokens is allowed.
const FUNCTIONS: [&str; 9] = ["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch("];
const NAMES: [&str; 14] = [
    "black", "white", "red", "green", "blue", "yellow", "orange", "purple", "pink", "gray", "grey", "silver",
    "teal", "navy",
];

/// Complaints about stylesheets that `index.html` does not link, and about links to none.
pub fn check_links(files: &[File], page: &str) -> Vec<String> {
    let linked: Vec<&str> = (page.lines())
        .filter(|line| line.contains("data-trunk") && line.contains("rel=\"css\""))
        .filter_map(|line| line.split("href=\"").nth(1)?.split('"').next())
        .collect();
    let sheets =
        files.iter().map(|file| file.path.as_str()).filter(|path| viewers(path) && path.ends_with(".css"));
    let mut complaints: Vec<String> = sheets
        .filter(|path| !linked.contains(path))
        .map(|path| format!("{path}: not linked in index.html"))
        .collect();
    let lost = linked.iter().filter(|link| !files.iter().any(|file| file.path == **link));
    complaints.extend(lost.map(|link| format!("index.html links {link}, which is not there")));
    if linked.first().is_some_and(|first| *first != TOKENS) {
        complaints.push(format!("index.html must link {TOKENS} before every other stylesheet"));
    }
    complaints
}

/// Complaints about literal colours outside the tokens, in styles, in the viewer and in what is drawn.
pub fn check_colours(files: &[File]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|file| file.path != TOKENS) {
        let found: Vec<(usize, String)> = if viewers(&file.path) && file.path.ends_with(".css") {
            in_styles(&file.text)
        } else if file.path.ends_with(".rs")
            && (viewers(&file.path) || file.path.starts_with("crates/trace/src/scene"))
        {
            in_strings(&file.text)
        } else {
            continue;
        };
        complaints.extend(
            found.into_iter().map(|(line, colour)| {
                format!("{}:{line}: the colour {colour} belongs in {TOKENS}", file.path)
            }),
        );
    }
    complaints
}

fn viewers(path: &str) -> bool {
    path.starts_with("src/") || path.starts_with("assets/")
}

/// Colours in the values of declarations.
fn in_styles(text: &str) -> Vec<(usize, String)> {
    let text = blank_comments(text);
    let mut found = Vec::new();
    // A value stands between a colon and the end of its declaration; a colon in a selector meets a brace instead.
    for (at, _) in text.match_indices(':') {
        let rest = &text[at + 1..];
        let end = rest.find([';', '{', '}']).unwrap_or(rest.len());
        if rest[end..].starts_with('{') {
            continue;
        }
        if let Some(colour) = colour_in(&rest[..end], true) {
            found.push((text[..at].lines().count().max(1), colour));
        }
    }
    found
}

fn blank_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("/*") {
        let end = rest[start..].find("*/").map_or(rest.len(), |end| start + end + 2);
        out.push_str(&rest[..start]);
        out.extend(rest[start..end].chars().filter(|c| *c == '\n'));
        rest = &rest[end..];
    }
    out + rest
}

/// Colours in Rust's string literals, before the file's tests begin.
fn in_strings(text: &str) -> Vec<(usize, String)> {
    let bare = code(text);
    let end = bare.find("#[cfg(test)]").unwrap_or(bare.len());
    // What `code` blanks is a literal or a comment; comments may name colours.
    (text[..end].lines().enumerate())
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .filter_map(|(at, line)| {
            let literals = line.split('"').skip(1).step_by(2);
            literals.filter_map(|literal| colour_in(literal, false)).next().map(|colour| (at + 1, colour))
        })
        .collect()
}

fn colour_in(value: &str, names: bool) -> Option<String> {
    let lower = value.to_ascii_lowercase();
    for (at, _) in lower.match_indices('#') {
        let digits = lower[at + 1..].chars().take_while(char::is_ascii_hexdigit).count();
        let after = lower[at + 1 + digits..].chars().next();
        let ends = after.is_none_or(|c| !(c.is_alphanumeric() || c == '-' || c == '_'));
        if matches!(digits, 3 | 4 | 6 | 8) && ends {
            return Some(lower[at..=at + digits].to_owned());
        }
    }
    let word_before =
        |at: usize| lower[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
    for function in FUNCTIONS {
        if lower.match_indices(function).any(|(at, _)| !word_before(at)) {
            return Some(format!("{function}…)"));
        }
    }
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'));
    if names { words.into_iter().find(|word| NAMES.contains(word)).map(str::to_owned) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;

    #[test]
    fn a_forgotten_stylesheet_is_named() {
        let page = "<link data-trunk rel=\"css\" href=\"assets/css/tokens.css\">\n<link data-trunk rel=\"css\" href=\"src/ui/gone.css\">";
        let files = [file(TOKENS, ""), file("src/ui/list.css", ""), file("docs/x.css", "")];
        assert_eq!(
            check_links(&files, page),
            [
                "src/ui/list.css: not linked in index.html",
                "index.html links src/ui/gone.css, which is not there",
            ]
        );
        let late = "<link data-trunk rel=\"css\" href=\"src/ui/list.css\">\n<link data-trunk rel=\"css\" href=\"assets/css/tokens.css\">";
        assert_eq!(
            check_links(&files, late),
            ["index.html must link assets/css/tokens.css before every other stylesheet"]
        );
    }

    #[test]
    fn literal_colours_are_found_in_styles() {
        let colours = |css: &str| check_colours(&[file("src/ui/a.css", css)]).len();
        for bad in [
            "a { color: #fff }",
            "a{color:#12AB89;}",
            "b { fill: rgb(1 2 3) }",
            "c { background: url(x) white; }",
        ] {
            assert_eq!(colours(bad), 1, "{bad}");
        }
        for good in [
            "a:hover { color: var(--ink) }",
            "#add { margin: 0 }",
            "/* a: #fff */ b { color: color-mix(in srgb, var(--a) 20%, transparent) }",
            ".x:is(.red) { white-space: nowrap }",
            "a { --white-ish: 0 }",
        ] {
            assert_eq!(colours(good), 0, "{good}");
        }
        assert_eq!(check_colours(&[file(TOKENS, "a { color: #fff }")]).len(), 0);
    }

    #[test]
    fn literal_colours_are_found_in_code() {
        let colours = |path: &str, text: &str| check_colours(&[file(path, text)]).len();
        assert_eq!(colours("src/ui/canvas.rs", "fill(\"#0a0b0c\")"), 1);
        assert_eq!(colours("crates/trace/src/scene/graph.rs", "let c = \"rgba(0,0,0,.5)\";"), 1);
        assert_eq!(colours("src/ui/canvas.rs", "// \"#fff\"\nlet anchor = \"#fragment\";"), 0);
        assert_eq!(
            colours("src/ui/canvas.rs", "let x = 1;\n#[cfg(test)]\nmod tests { fn f() { g(\"#ffffff\") } }"),
            0
        );
        assert_eq!(colours("crates/server/src/lib.rs", "let c = \"#ffffff\";"), 0);
    }
}
