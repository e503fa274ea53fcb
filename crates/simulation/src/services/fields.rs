//! Reading members of a JSON body one by one, so that a wrong one is named: `items[1].quantity`.

use serde_json::{Map, Value};

use crate::problem::Problem;

/// The longest text, in bytes.
const LONGEST: usize = 200;

/// The members of one JSON object.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    service: &'static str,
    /// What stands before a member's name: empty, or `items[1].`.
    prefix: String,
    members: &'a Map<String, Value>,
}

/// A body as a JSON object. Nothing counts as an empty object.
///
/// # Errors
/// 400 where it is not JSON, 422 where it is another value than an object.
pub(super) fn object(body: &str, service: &'static str) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_str(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problem::invalid(service, "body", "must be a JSON object")),
        Err(error) => {
            let why = format!("the body is not JSON: {error}");
            Err(Problem::new(400, "unreadable_request", service, why).at("body"))
        }
    }
}

impl<'a> Fields<'a> {
    /// The members of a body.
    pub(super) fn of(members: &'a Map<String, Value>, service: &'static str) -> Self {
        Self { service, prefix: String::new(), members }
    }

    /// 422 for a member.
    pub(super) fn wrong(&self, name: &str, why: impl Into<String>) -> Problem {
        Problem::invalid(self.service, format!("{}{name}", self.prefix), why)
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    /// A member that has to be there.
    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, Problem> {
        value.ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// A text that is not empty, of at most 200 bytes.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        self.text_up_to(name, LONGEST)
    }

    /// A text that is not empty.
    pub(super) fn text_up_to(&self, name: &str, most: usize) -> Result<Option<String>, Problem> {
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
    pub(super) fn id(&self, name: &str) -> Result<Option<String>, Problem> {
        match self.get(name) {
            Some(Value::Number(number)) if number.is_u64() => Ok(Some(number.to_string())),
            Some(Value::Number(_)) => Err(self.wrong(name, "must be a text or a whole number from 0 on")),
            _ => self.text(name),
        }
    }

    /// A number within limits.
    pub(super) fn number(&self, name: &str, least: f64, most: f64) -> Result<Option<f64>, Problem> {
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
    pub(super) fn integer(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Problem> {
        let number = self.number(name, f64::from(least), f64::from(most))?;
        match number {
            Some(number) if number.fract() != 0.0 => Err(self.wrong(name, "must be a whole number")),
            // Within the limits, so it fits.
            other => Ok(other.map(|number| number as u32)),
        }
    }

    /// A list of objects.
    pub(super) fn list(&self, name: &str, most: usize) -> Result<Option<Vec<Fields<'a>>>, Problem> {
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
