//! Tags, including those that encode kind, status and error of the span.

use crate::format::enums;
use crate::format::json::{Cursor, Number, Raw, Scan, each_element, number, plain, text, unescape};
use crate::model::{PrefixCache, SpanKind, StatusCode, ValueRef};
use crate::units::base64_decode;

/// A tag: `{"key":…,"type":…,"value":…}` in any order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tag<'a> {
    pub(super) key: Raw<'a>,
    pub(super) meaning: TagMeaning,
    kind: Type,
    /// The value if it is a string.
    text: Option<Raw<'a>>,
    /// The JSON of any other value.
    other: &'a [u8],
    /// Length up to the value if the tag is in Jaeger's own compact form; else 0.
    head: u8,
}

/// The field of a span or log that a tag encodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum TagMeaning {
    #[default]
    None,
    Kind,
    Error,
    StatusCode,
    StatusDescription,
    TraceState,
    Event,
    Message,
}

impl TagMeaning {
    const ALL: [TagMeaning; 8] = [
        TagMeaning::None,
        TagMeaning::Kind,
        TagMeaning::Error,
        TagMeaning::StatusCode,
        TagMeaning::StatusDescription,
        TagMeaning::TraceState,
        TagMeaning::Event,
        TagMeaning::Message,
    ];

    fn of(key: &[u8]) -> Self {
        match key {
            b"span.kind" => TagMeaning::Kind,
            b"error" => TagMeaning::Error,
            b"otel.status_code" => TagMeaning::StatusCode,
            b"otel.status_description" => TagMeaning::StatusDescription,
            b"w3c.tracestate" => TagMeaning::TraceState,
            b"event" => TagMeaning::Event,
            b"message" => TagMeaning::Message,
            _ => TagMeaning::None,
        }
    }
}

/// The `type` member, where it affects parsing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Type {
    #[default]
    Other,
    Bool,
    Int,
    Float,
    Binary,
}

impl Type {
    const ALL: [Type; 5] = [Type::Other, Type::Bool, Type::Int, Type::Float, Type::Binary];

    fn of(name: &[u8]) -> Self {
        match name {
            b"bool" => Type::Bool,
            b"int64" => Type::Int,
            b"float64" => Type::Float,
            b"binary" => Type::Binary,
            _ => Type::Other,
        }
    }
}

const KEY: &[u8; 8] = br#"{"key":""#;

/// Reads a tag; `prefixes` caches tags up to their values.
#[inline]
fn tag<'a>(cursor: &mut Cursor<'a>, prefixes: &mut PrefixCache) -> Scan<Tag<'a>> {
    let mut ahead = cursor.clone();
    if let Some(tag) = compact_tag(&mut ahead, prefixes) {
        *cursor = ahead;
        return Ok(tag);
    }
    any_tag(cursor)
}

/// Reads a tag in Jaeger's own compact form: these members in this order, without white space. Most tags have it.
#[inline]
fn compact_tag<'a>(cursor: &mut Cursor<'a>, prefixes: &mut PrefixCache) -> Option<Tag<'a>> {
    let start = cursor.at;
    let mut tag = match prefixes.known(cursor.bytes.get(start..)?) {
        Some((len, meaning)) => {
            cursor.at += len;
            let [key, meaning, kind, _] = meaning.to_le_bytes();
            let bytes = cursor.bytes.get(start + KEY.len()..)?.get(..key as usize)?;
            Tag {
                key: Raw { bytes, escaped: false },
                meaning: *TagMeaning::ALL.get(meaning as usize)?,
                kind: *Type::ALL.get(kind as usize)?,
                head: len as u8,
                ..Tag::default()
            }
        }
        None => new_prefix(cursor, prefixes)?,
    };
    match cursor.bytes.get(cursor.at)? {
        b'"' => tag.text = Some(cursor.string().ok()?),
        b'{' | b'[' => return None,
        _ => tag.other = cursor.word().ok()?,
    }
    cursor.literal(b"}")?;
    Some(tag)
}

/// Parses the start of a tag that is not cached, and caches it.
#[inline(never)]
fn new_prefix<'a>(cursor: &mut Cursor<'a>, prefixes: &mut PrefixCache) -> Option<Tag<'a>> {
    let start = cursor.at;
    let key = cursor.literal_string(KEY)?;
    let kind = cursor.literal_string(br#","type":""#)?;
    cursor.literal(br#","value":"#)?;
    let (meaning, kind) = (TagMeaning::of(key.bytes), Type::of(kind.bytes));
    let bytes = &cursor.bytes[start..cursor.at];
    let head = u8::try_from(bytes.len()).ok().filter(|_| !key.escaped);
    if head.is_some() {
        prefixes.learn(bytes, u32::from_le_bytes([key.bytes.len() as u8, meaning as u8, kind as u8, 0]));
    }
    Some(Tag { key, meaning, kind, head: head.unwrap_or(0), ..Tag::default() })
}

/// Calls `each` with each tag of a list, or of a map, and with its position.
pub(super) fn each_tag<'a>(
    cursor: &mut Cursor<'a>,
    prefixes: &mut PrefixCache,
    member: &'static str,
    mut each: impl FnMut(usize, &Tag<'a>),
) -> Scan<()> {
    if cursor.peek()? == b'{' {
        return cursor.object(|cursor, key| {
            let mut tag = Tag { key, meaning: TagMeaning::of(key.bytes), ..Tag::default() };
            match cursor.peek()? {
                b'"' => tag.text = Some(cursor.string()?),
                _ => tag.other = cursor.value()?,
            }
            each(cursor.at, &tag);
            Ok(())
        });
    }
    each_element(cursor, member, |cursor| {
        let at = cursor.at;
        let tag = tag(cursor, prefixes)?;
        each(at, &tag);
        Ok(())
    })
}

fn any_tag<'a>(cursor: &mut Cursor<'a>) -> Scan<Tag<'a>> {
    let mut tag = Tag::default();
    cursor.object(|cursor, key| {
        match key.bytes {
            b"key" => {
                tag.key = text(cursor, "tags")?;
                tag.meaning = TagMeaning::of(tag.key.bytes);
            }
            b"type" => tag.kind = Type::of(text(cursor, "tags")?.bytes),
            b"value" => match cursor.peek()? {
                b'"' => tag.text = Some(cursor.string()?),
                _ => tag.other = cursor.value()?,
            },
            _ => cursor.skip()?,
        }
        Ok(())
    })?;
    Ok(tag)
}

impl<'a> Tag<'a> {
    /// Offset of the key in a compact tag.
    pub(super) const KEY: usize = KEY.len();

    /// Reconstructs a compact tag from its hint: key, meaning and type, and the value.
    #[inline]
    pub(super) fn from_hint(
        key: &'a [u8],
        [meaning, kind]: [u8; 2],
        text: Option<Raw<'a>>,
        other: &'a [u8],
    ) -> Self {
        Tag {
            key: Raw { bytes: key, escaped: false },
            meaning: TagMeaning::ALL.get(usize::from(meaning)).copied().unwrap_or_default(),
            kind: Type::ALL.get(usize::from(kind)).copied().unwrap_or_default(),
            text,
            other: if text.is_some() { &[] } else { other },
            head: 0,
        }
    }

    /// Offset of the value of a compact tag, and length of key, meaning and type for a hint.
    #[inline]
    pub(super) fn hint_parts(&self) -> Option<(u8, [u8; 3])> {
        (self.head > 0)
            .then_some((self.head, [self.key.bytes.len() as u8, self.meaning as u8, self.kind as u8]))
    }

    /// The JSON of a value that is not a string.
    pub(super) fn other(&self) -> &'a [u8] {
        self.other
    }

    /// The value if it is a string.
    pub(super) fn text(&self) -> Option<Raw<'a>> {
        self.text
    }

    /// Whether the value is `true`, as a boolean or as text.
    fn is_true(&self) -> bool {
        self.other == b"true" || self.text.is_some_and(|text| text.bytes.eq_ignore_ascii_case(b"true"))
    }

    /// Whether the value is `true` and typed as a boolean, in quotes or not.
    pub(super) fn is_flag(&self) -> bool {
        self.other == b"true"
            || self.kind == Type::Bool && self.text.is_some_and(|text| text.bytes == b"true")
    }

    /// Key and value, not yet validated as UTF-8, if both are strings without escapes, which most are.
    pub(super) fn plain_text(&self) -> Option<(&'a [u8], &'a [u8])> {
        let text = self.text.filter(|text| self.kind == Type::Other && !text.escaped && !self.key.escaped)?;
        Some((self.key.bytes, text.bytes))
    }

    /// Calls `each` with key and value, typed by the `type` member, or by the JSON where that does not fit.
    pub(super) fn emit(&self, each: &mut dyn FnMut(&str, ValueRef<'_>)) {
        let key = unescape(self.key);
        let Some(raw) = self.text else {
            let whole = match self.kind {
                Type::Float => number(self.other),
                _ => None,
            };
            return match whole {
                Some(Number::Whole(whole)) => each(&key, ValueRef::Double(whole as f64)),
                _ => each(&key, plain(self.other)),
            };
        };
        match (self.kind, raw.bytes) {
            (Type::Binary, _) => match base64_decode(unescape(raw).as_bytes()) {
                Some(bytes) => each(&key, ValueRef::Bytes(&bytes)),
                None => each(&key, ValueRef::Str(&unescape(raw))),
            },
            (Type::Int, bytes) => match number(bytes) {
                Some(Number::Whole(whole)) if i64::try_from(whole).is_ok() => {
                    each(&key, ValueRef::Int(whole as i64))
                }
                _ => each(&key, ValueRef::Str(&unescape(raw))),
            },
            (Type::Float, bytes) => match number(bytes) {
                Some(Number::Whole(whole)) => each(&key, ValueRef::Double(whole as f64)),
                Some(Number::Real(real)) => each(&key, ValueRef::Double(real)),
                None => each(&key, ValueRef::Str(&unescape(raw))),
            },
            (Type::Bool, bytes @ (b"true" | b"false")) => each(&key, ValueRef::Bool(bytes == b"true")),
            _ => each(&key, ValueRef::Str(&unescape(raw))),
        }
    }
}

/// Kind and status, from the tags seen so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct KindAndStatus {
    pub(super) kind: SpanKind,
    code: StatusCode,
    error: bool,
}

impl KindAndStatus {
    /// Adds a tag.
    #[inline]
    pub(super) fn add(&mut self, tag: &Tag<'_>) {
        match tag.meaning {
            TagMeaning::Kind => {
                self.kind = enums::kind(tag.text.unwrap_or_default().bytes).unwrap_or_default();
            }
            TagMeaning::Error => self.error |= tag.is_true(),
            TagMeaning::StatusCode => {
                self.code = enums::status(tag.text.unwrap_or_default().bytes).unwrap_or_default();
            }
            _ => {}
        }
    }

    /// Adds a field of a log: old instrumentations report errors there.
    #[inline]
    pub(super) fn add_log_field(&mut self, field: &Tag<'_>) {
        self.error |= field.meaning == TagMeaning::Error && field.is_true();
    }

    /// The error tag takes precedence over the status.
    pub(super) fn status(&self) -> StatusCode {
        if self.error { StatusCode::Error } else { self.code }
    }
}
