//! The fonts of the browser under test: DejaVu from npm and nothing else, so that widths of texts do not depend on what
//! a machine has installed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::{place, tools};

/// The environment variable that names the file to fontconfig, and through it to Chromium.
pub const VARIABLE: &str = "FONTCONFIG_FILE";

/// Writes a fontconfig file with these fonts alone; returns its path.
pub fn settings() -> Result<PathBuf> {
    let fonts = tools::npm()?.join("node_modules/dejavu-fonts-ttf/ttf");
    if !fonts.is_dir() {
        bail!("the npm package dejavu-fonts-ttf has no folder {}", fonts.display());
    }
    let file = place::tools().join("fonts.conf");
    let text = fontconfig(&fonts, &place::tools().join("font-cache"));
    fs::write(&file, text).with_context(|| format!("{} cannot be written", file.display()))?;
    Ok(file)
}

/// A fontconfig file whose only fonts are those of one folder. Its aliases are the generic names that pages ask for;
/// hinting and subpixel colours, which are settings of a desktop, are off.
fn fontconfig(fonts: &Path, cache: &Path) -> String {
    let alias = |generic: &str, family: &str| {
        format!("<alias><family>{generic}</family><prefer><family>{family}</family></prefer></alias>\n")
    };
    let aliases: String = [
        ("sans-serif", "DejaVu Sans"),
        ("system-ui", "DejaVu Sans"),
        ("serif", "DejaVu Serif"),
        ("monospace", "DejaVu Sans Mono"),
        ("ui-monospace", "DejaVu Sans Mono"),
    ]
    .map(|(generic, family)| alias(generic, family))
    .concat();
    let edit = |name: &str, value: &str| format!("<edit name=\"{name}\" mode=\"assign\">{value}</edit>");
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\n<fontconfig>\n<dir>{}</dir>\n\
         <cachedir>{}</cachedir>\n{aliases}<match target=\"font\">{}{}{}</match>\n</fontconfig>\n",
        escaped(fonts),
        escaped(cache),
        edit("antialias", "<bool>true</bool>"),
        edit("hinting", "<bool>false</bool>"),
        edit("rgba", "<const>none</const>"),
    )
}

/// A path as the text of an XML element.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_given_folder_has_fonts() {
        let text = fontconfig(Path::new("/a & b/ttf"), Path::new("/cache"));
        assert_eq!(text.matches("<dir").count(), 1);
        assert!(text.contains("<dir>/a &amp; b/ttf</dir>") && !text.contains("<include"), "{text}");
        assert_eq!(text.matches("<alias>").count(), text.matches("</alias>").count());
    }
}
