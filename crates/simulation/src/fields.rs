//! Reading members of a JSON body one by one, so that a wrong one is named: `items[1].quantity`. The real services read theirs
//! with it, too.

use serde_json::{Map, Value};

/// The longest text, in bytes.
const LONGEST: usize = 200;

/// The members of one JSON object.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    service: &'static str,
    /// What stands before a member's name: empty, or `items[1].`.
    prefix: String,
    members: &'a Map<String, Value>,
}

/// A member of a request's body that is missing or has a wrong value: 422.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongField {
    /// The service that read it.
    pub service: &'static str,
    /// Its full name, such as `items[1].quantity`.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

impl<'a> Fields<'a> {
    /// The members of a body.
    pub fn of(members: &'a Map<String, Value>, service: &'static str) -> Self {
        Self { service, prefix: String::new(), members }
    }

    /// What is wrong with a member.
    pub fn wrong(&self, name: &str, why: impl Into<String>) -> WrongField {
        let field = format!("{}{name}", self.prefix);
        WrongField { service: self.service, field, detail: why.into() }
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A member that has to be there.
    ///
    /// # Errors
    /// The member, where it is something else.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, WrongField> {
        value.ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// A text that is not empty, of at most 200 bytes.
    ///
    /// # Errors
    /// The member, where it is something else.
    pub fn text(&self, name: &str) -> Result<Option<String>, WrongField> {
        self.text_up_to(name, LONGEST)
    }

    /// A text that is not empty.
    ///
    /// # Errors
    /// The member, where it is something else.
    pub fn text_up_to(&self, name: &str, most: usize) -> Result<Option<String>, WrongField> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Err(self.wrong(name, "must not be empty")),
            Some(Value::String(text)) if text.len() > most => {
                Err(self.wrong(name, format!("must be at most {most} bytes")))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(name, "must be a text")),
        }
    }

    /// An id: a text, or a whole number.
    pub fn id(&self, name: &str) -> Result<Option<String>, WrongField> {
        match self.get(name) {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(Value::Number(_)) => Err(self.wrong(name, "must be a text or a whole number from 0 on")),
            _ => self.text(name),
        }
    }

    /// A number within limits.
    ///
    /// # Errors
    /// The member, where it is something else.
    pub fn number(&self, name: &str, least: f64, most: f64) -> Result<Option<f64>, WrongField> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match number.as_f64() {
                Some(number) if (least..=most).contains(&number) => Ok(Some(number)),
                _ => Err(self.wrong(name, format!("must be from {least} to {most}"))),
            },
            Some(_) => Err(self.wrong(name, "must be a number")),
        }
    }

    /// A whole number within limits.
    ///
    /// # Errors
    /// The member, where it is something else.
    pub fn integer(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, WrongField> {
        let number = self.number(name, f64::from(least), f64::from(most))?;
        match number {
            Some(number) if number.fract() != 0.0 => Err(self.wrong(name, "must be a whole number")),
            // Within the limits, so it fits.
            other => Ok(other.map(|number| number as u32)),
        }
    }

    /// A list of objects.
    ///
    /// # Errors
    /// The member, where it is something else.
    pub fn list(&self, name: &str, most: usize) -> Result<Option<Vec<Fields<'a>>>, WrongField> {
        let list = match self.get(name) {
            None => return Ok(None),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.wrong(name, "must be a list")),
        };
        if list.is_empty() || list.len() > most {
            return Err(self.wrong(name, format!("must have from 1 to {most} elements")));
        }
        let element = |(index, value): (usize, &'a Value)| match value {
            Value::Object(members) => Ok(Fields {
                service: self.service,
                prefix: format!("{}{name}[{index}].", self.prefix),
                members,
            }),
            _ => Err(self.wrong(&format!("{name}[{index}]"), "must be an object")),
        };
        list.iter().enumerate().map(element).collect::<Result<_, _>>().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong<T: std::fmt::Debug>(
        json: &str,
        read: impl FnOnce(&Fields<'_>) -> Result<T, WrongField>,
    ) -> (String, String) {
        let Value::Object(members) = serde_json::from_str(json).unwrap() else { panic!("no object") };
        let wrong = read(&Fields::of(&members, "gateway")).unwrap_err();
        (wrong.field, wrong.detail)
    }

    #[test]
    fn the_wrong_member_is_named() {
        let field = |json, read: fn(&Fields<'_>) -> Result<(), WrongField>| wrong(json, read).0;
        assert_eq!(field(r#"{"name": " "}"#, |f| f.text("name").map(drop)), "name");
        assert_eq!(field(r#"{"name": 7}"#, |f| f.text("name").map(drop)), "name");
        assert_eq!(field(r#"{"id": -1}"#, |f| f.id("id").map(drop)), "id");
        assert_eq!(field(r#"{"n": 1.5}"#, |f| f.integer("n", 1, 9).map(drop)), "n");
        assert_eq!(field(r#"{"n": "1"}"#, |f| f.integer("n", 1, 9).map(drop)), "n");
        assert_eq!(field(r#"{"n": 1e12}"#, |f| f.number("n", 0.0, 9.0).map(drop)), "n");
        assert_eq!(field(r#"{"items": []}"#, |f| f.list("items", 3).map(drop)), "items");
        assert_eq!(field(r#"{"items": [1]}"#, |f| f.list("items", 3).map(drop)), "items[0]");
        let nested = field(r#"{"items": [{"quantity": 0}]}"#, |f| {
            let items = f.list("items", 3)?.unwrap_or_default();
            items[0].integer("quantity", 1, 9).map(drop)
        });
        assert_eq!(nested, "items[0].quantity");
        assert_eq!(field("{}", |f| f.required("name", f.text("name")?).map(drop)), "name");
    }

    #[test]
    fn ids_are_texts_or_whole_numbers() {
        let members = serde_json::json!({"a": 1, "b": "demo-user"});
        let fields = Fields::of(members.as_object().unwrap(), "gateway");
        assert_eq!(fields.id("a").unwrap().unwrap(), "1");
        assert_eq!(fields.id("b").unwrap().unwrap(), "demo-user");
    }
}
