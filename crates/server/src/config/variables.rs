//! `${NAME}` within the texts of the file: the value of an environment variable. `$${` is a plain `${`.

use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong with a text, and where in the file the text is.
pub struct VariableError {
    /// Where.
    pub span: Range<usize>,
    /// What.
    pub why: String,
}

/// Fills in the variables of all texts of a table. Names are no texts. Values are filled in after the file was read, so
/// whatever a variable holds stays within its text.
pub fn fill(table: &mut DeTable<'_>, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), VariableError> {
    let mut open: Vec<&mut Spanned<DeValue<'_>>> = table.iter_mut().map(|(_, value)| value).collect();
    while let Some(value) = open.pop() {
        let span = value.span();
        match value.get_mut() {
            DeValue::String(text) => {
                if let Some(filled) = filled(text, variable).map_err(|why| VariableError { span, why })? {
                    *text = Cow::Owned(filled);
                }
            }
            DeValue::Array(array) => open.extend(array.iter_mut()),
            DeValue::Table(table) => open.extend(table.iter_mut().map(|(_, value)| value)),
            _ => {}
        }
    }
    Ok(())
}

/// The text with its variables filled in; `None` where there is none.
fn filled(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    if !text.contains("${") {
        return Ok(None);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = after;
            continue;
        }
        out.push_str(before);
        let Some(end) = after.find('}') else {
            return Err("`${` without `}`; a plain `${` is written `$${`".to_owned());
        };
        let name = &after[..end];
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(format!("`${{{name}}}` is no name of an environment variable"));
        }
        let value = variable(name);
        out.push_str(&value.ok_or_else(|| format!("the environment variable {name} is not set"))?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_once_and_doubled_signs_are_plain() {
        let variable = |name: &str| match name {
            "A" => Some("one".to_owned()),
            "B_2" => Some("${A}".to_owned()),
            _ => None,
        };
        let ok = |text| filled(text, &variable).unwrap();
        assert_eq!(ok("plain $ {A}"), None);
        assert_eq!(ok("x ${A} y ${A}").unwrap(), "x one y one");
        assert_eq!(ok("${B_2}").unwrap(), "${A}", "a value is not filled in again");
        assert_eq!(ok("$${A} ${A}").unwrap(), "${A} one");
        for (text, why) in
            [("${C}", "C is not set"), ("a${", "without `}`"), ("${a b}", "no name"), ("${}", "no name")]
        {
            assert!(filled(text, &variable).unwrap_err().contains(why), "{text}");
        }
    }
}
