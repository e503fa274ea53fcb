//! What is wrong with the file of settings: file, line, column, key, and what was expected.

use std::fmt;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A mistake in the file of settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: String,
    /// Line and column, from 1; none where the file as a whole is meant.
    pub place: Option<(usize, usize)>,
    /// The setting, such as `forward[0].endpoint`; empty where there is none.
    pub key: String,
    /// What is wrong and what was expected.
    pub why: String,
}

impl ConfigError {
    /// One in the text of a file.
    pub fn at(file: &Path, text: &str, span: Option<Range<usize>>, why: &str) -> Self {
        let place = span.as_ref().map(|span| {
            let before = text.get(..span.start).unwrap_or(text);
            let line_start = before.rfind('\n').map_or(0, |at| at + 1);
            (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
        });
        let key = span.and_then(|span| key_at(text, span.start)).unwrap_or_default();
        ConfigError { file: file.display().to_string(), place, key, why: why.replace('\n', " ") }
    }

    /// One of a setting that is well written.
    pub fn of_setting(file: &Path, text: &str, key: String, why: &str) -> Self {
        let found = ConfigError::at(file, text, value_of(text, &key), why);
        ConfigError { key, ..found }
    }

    /// One that concerns the whole file.
    pub fn of(file: &Path, why: impl fmt::Display) -> Self {
        let file = file.display().to_string();
        ConfigError { file, place: None, key: String::new(), why: why.to_string() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file)?;
        if let Some((line, column)) = self.place {
            write!(out, ":{line}:{column}")?;
        }
        match self.key.as_str() {
            "" => write!(out, ": {}", self.why),
            key => write!(out, ": {key}: {}", self.why),
        }
    }
}

impl std::error::Error for ConfigError {}

/// The full name of the innermost setting whose name or value stands at `at`.
fn key_at(text: &str, at: usize) -> Option<String> {
    let mut found: Option<(usize, String)> = None;
    each_setting(text, &mut |span, name| {
        let holds = span.start <= at && at < span.end.max(span.start + 1);
        // Where spans are equal the inner one comes later.
        if holds && found.as_ref().is_none_or(|(length, _)| span.len() <= *length) {
            found = Some((span.len(), name.to_owned()));
        }
    })?;
    found.map(|(_, name)| name)
}

/// Where the value of a setting stands.
fn value_of(text: &str, key: &str) -> Option<Range<usize>> {
    let mut found = None;
    // Its name comes before its value.
    each_setting(text, &mut |span, name| {
        if name == key {
            found = Some(span);
        }
    })?;
    found
}

/// Hands over the place of each setting's name and value, with its full name. `None` where the text is no TOML.
fn each_setting(text: &str, each: &mut dyn FnMut(Range<usize>, &str)) -> Option<()> {
    let root = DeTable::parse(text).ok()?;
    let mut open: Vec<(String, &Spanned<DeValue<'_>>)> = Vec::new();
    for (key, value) in root.get_ref() {
        each(key.span(), key.get_ref());
        open.push((key.get_ref().to_string(), value));
    }
    while let Some((name, value)) = open.pop() {
        each(value.span(), &name);
        match value.get_ref() {
            DeValue::Table(table) => {
                for (key, value) in table {
                    let inner = format!("{name}.{}", key.get_ref());
                    each(key.span(), &inner);
                    open.push((inner, value));
                }
            }
            DeValue::Array(items) => {
                open.extend(items.iter().enumerate().map(|(index, item)| (format!("{name}[{index}]"), item)));
            }
            _ => {}
        }
    }
    Some(())
}
