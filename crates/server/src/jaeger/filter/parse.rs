//! Reading a filter: JSON as Jaeger writes it. The top is a bare call, calls within it stand in `call`; every value is a
//! text with an optional type (numbers and truth values are taken, too).

use super::value::Scalar;
use super::{Call, Comparison, Field, Level, SpanFilter, Term};
use regex_lite::RegexBuilder;
use serde_json::{Map, Value};

/// Calls within calls at most, as Jaeger has it.
const DEEPEST: usize = 20;
/// Bytes of a filter at most.
const MOST_BYTES: usize = 64 << 10;
/// Bytes that a compiled regular expression may take.
const MOST_REGEX: usize = 256 << 10;

type Read<T> = Result<T, String>;

impl SpanFilter {
    /// Reads a filter; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("a filter may have {MOST_BYTES} bytes"));
        }
        let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(SpanFilter { root: call(&value, DEEPEST)? })
    }
}

fn object<'v>(value: &'v Value, what: &str) -> Read<&'v Map<String, Value>> {
    value.as_object().ok_or_else(|| format!("{what} should be an object"))
}

fn call(value: &Value, depth: usize) -> Read<Call> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(format!("more than {DEEPEST} calls within each other"));
    };
    let members = object(value, "a call")?;
    let op = members.get("op").and_then(Value::as_str).ok_or("a call needs an `op`")?;
    let args = members.get("args").and_then(Value::as_array).ok_or("a call needs a list `args`")?;
    let calls = || args.iter().map(|arg| within(arg, depth)).collect::<Read<Vec<Call>>>();
    let count = |wanted: usize| match args.len() {
        len if len == wanted => Ok(()),
        len => Err(format!("`{op}` takes {wanted} arguments, not {len}")),
    };
    let comparison = match op {
        "eq" | "ne" => Some(Comparison::Equal),
        "gt" => Some(Comparison::Greater),
        "lt" => Some(Comparison::Less),
        "gte" => Some(Comparison::GreaterOrEqual),
        "lte" => Some(Comparison::LessOrEqual),
        _ => None,
    };
    if let Some(comparison) = comparison {
        count(2)?;
        let compare = Call::Compare(comparison, term(&args[0])?, scalar(&args[1])?);
        return Ok(if op == "ne" { Call::Not(Box::new(compare)) } else { compare });
    }
    match op {
        "and" | "or" if args.is_empty() => Err(format!("`{op}` takes at least one argument")),
        "and" => calls().map(Call::And),
        "or" => calls().map(Call::Or),
        "not" => {
            count(1)?;
            Ok(Call::Not(Box::new(within(&args[0], depth)?)))
        }
        "exists" => {
            count(1)?;
            term(&args[0]).map(Call::Exists)
        }
        "regex" => {
            count(2)?;
            let pattern = scalar(&args[1])?.text;
            let compiled = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MOST_REGEX).build();
            let regex = compiled.map_err(|error| format!("the regular expression {pattern:?}: {error}"))?;
            Ok(Call::Regex(term(&args[0])?, regex))
        }
        "in" | "not_in" => {
            count(2)?;
            let within = Call::In(term(&args[0])?, list(&args[1])?);
            Ok(if op == "in" { within } else { Call::Not(Box::new(within)) })
        }
        "some" => {
            count(2)?;
            let nested = member(&args[0], "nested")?;
            let level = match level(object(nested, "`nested`")?)? {
                Some(level @ (Level::Event | Level::Link)) => level,
                _ => return Err("`nested` needs the level event or link".to_owned()),
            };
            Ok(Call::Some(level, Box::new(within(&args[1], depth)?)))
        }
        other => Err(format!("unknown op {other:?}")),
    }
}

/// A call that is an argument.
fn within(value: &Value, depth: usize) -> Read<Call> {
    call(member(value, "call")?, depth)
}

/// The one member of an argument, which has to be of this name.
fn member<'v>(value: &'v Value, name: &str) -> Read<&'v Value> {
    let members = object(value, "an argument")?;
    let found = members.get(name).filter(|_| members.len() == 1);
    found.ok_or_else(|| {
        let names: Vec<&str> = members.keys().map(String::as_str).collect();
        format!("an argument `{name}` should be here, not `{}`", names.join(", "))
    })
}

fn term(value: &Value) -> Read<Term> {
    if let Some(attribute) = value.get("attr") {
        let attribute = object(attribute, "`attr`")?;
        let key = attribute.get("key").and_then(Value::as_str).filter(|key| !key.is_empty());
        return Ok(Term::Attribute(key.ok_or("`attr` needs a `key`")?.to_owned(), level(attribute)?));
    }
    let field = object(member(value, "field")?, "`field`")?;
    let name = field.get("name").and_then(Value::as_str).ok_or("`field` needs a `name`")?;
    let level = level(field)?.unwrap_or(Level::Span);
    let known = match (level, name) {
        (Level::Span | Level::Link, "traceID") => Field::TraceId,
        (Level::Span | Level::Link, "spanID") => Field::SpanId,
        (Level::Span, "parentSpanID") => Field::ParentSpanId,
        (Level::Span | Level::Link, "traceState") => Field::TraceState,
        (Level::Span | Level::Scope | Level::Event, "name") => Field::Name,
        (Level::Span, "kind") => Field::Kind,
        (Level::Span, "startTime") => Field::StartTime,
        (Level::Span, "endTime") => Field::EndTime,
        (Level::Span, "status") => Field::Status,
        (Level::Span, "statusMessage") => Field::StatusMessage,
        (Level::Span, "duration") => Field::Duration,
        (Level::Resource, "service") => Field::Service,
        (Level::Resource | Level::Scope, "schemaURL") => Field::SchemaUrl,
        (Level::Scope, "version") => Field::Version,
        (Level::Event, "time") => Field::Time,
        (Level::Event, "timeSinceStart") => Field::TimeSinceStart,
        _ => return Err(format!("unknown field {name:?} of level {level:?}").to_lowercase()),
    };
    Ok(Term::Field(level, known))
}

fn level(members: &Map<String, Value>) -> Read<Option<Level>> {
    Ok(Some(match members.get("level").map(Value::as_str) {
        None | Some(Some("")) => return Ok(None),
        Some(Some("span")) => Level::Span,
        Some(Some("resource")) => Level::Resource,
        Some(Some("scope")) => Level::Scope,
        Some(Some("event")) => Level::Event,
        Some(Some("link")) => Level::Link,
        _ => return Err("a level is span, resource, scope, event or link".to_owned()),
    }))
}

fn text(value: &Value) -> Read<String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        _ => Err("a value should be a text".to_owned()),
    }
}

fn kind(members: &Map<String, Value>) -> &str {
    members.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn scalar(value: &Value) -> Read<Scalar> {
    let members = object(member(value, "scalar")?, "`scalar`")?;
    Scalar::new(text(members.get("value").ok_or("`scalar` needs a `value`")?)?, kind(members))
}

fn list(value: &Value) -> Read<Vec<Scalar>> {
    let members = object(member(value, "list")?, "`list`")?;
    let values = members.get("values").and_then(Value::as_array).ok_or("`list` needs a list `values`")?;
    values.iter().map(|value| Scalar::new(text(value)?, kind(members))).collect()
}
