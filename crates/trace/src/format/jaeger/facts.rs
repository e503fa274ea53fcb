//! What Jaeger hides in a span's tags, and how a tag is read.

use crate::format::enums;
use crate::format::json::{Cursor, Number, Raw, Scan, each_of, number, plain, text, unescape};
use crate::model::{PrefixCache, SpanKind, StatusCode, ValueRef};
use crate::units::base64_decode;

/// A tag as it stands: `{"key":…,"type":…,"value":…}` in any order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tag<'a> {
    pub(super) key: Raw<'a>,
    pub(super) fact: Fact,
    kind: Type,
    /// A text value.
    text: Option<Raw<'a>>,
    /// Any other value's bytes.
    other: &'a [u8],
    /// Bytes up to the value, where it stands as Jaeger itself writes it; else 0.
    head: u8,
}

/// What a key says of the span, where it is more than an attribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fact {
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

impl Fact {
    const ALL: [Fact; 8] = [
        Fact::None,
        Fact::Kind,
        Fact::Error,
        Fact::StatusCode,
        Fact::StatusDescription,
        Fact::TraceState,
        Fact::Event,
        Fact::Message,
    ];

    fn of(key: &[u8]) -> Self {
        match key {
            b"span.kind" => Fact::Kind,
            b"error" => Fact::Error,
            b"otel.status_code" => Fact::StatusCode,
            b"otel.status_description" => Fact::StatusDescription,
            b"w3c.tracestate" => Fact::TraceState,
            b"event" => Fact::Event,
            b"message" => Fact::Message,
            _ => Fact::None,
        }
    }
}

/// What Jaeger says that a value is, where it changes how it is read.
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

/// Reads one tag; `prefixes` remembers tags up to their values.
#[inline]
fn tag<'a>(cursor: &mut Cursor<'a>, prefixes: &mut PrefixCache) -> Scan<Tag<'a>> {
    let mut ahead = cursor.clone();
    if let Some(tag) = usual_tag(&mut ahead, prefixes) {
        *cursor = ahead;
        return Ok(tag);
    }
    any_tag(cursor)
}

/// A tag as Jaeger itself writes it: these members in this order, without white space. Nine of ten are.
#[inline]
fn usual_tag<'a>(cursor: &mut Cursor<'a>, prefixes: &mut PrefixCache) -> Option<Tag<'a>> {
    let start = cursor.at;
    let mut tag = match prefixes.known(cursor.bytes.get(start..)?) {
        Some((len, meaning)) => {
            cursor.at += len;
            let [key, fact, kind, _] = meaning.to_le_bytes();
            let bytes = cursor.bytes.get(start + KEY.len()..)?.get(..key as usize)?;
            Tag {
                key: Raw { bytes, escaped: false },
                fact: *Fact::ALL.get(fact as usize)?,
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

/// The beginning of a tag that was not foreseen, remembered from now on.
#[inline(never)]
fn new_prefix<'a>(cursor: &mut Cursor<'a>, prefixes: &mut PrefixCache) -> Option<Tag<'a>> {
    let start = cursor.at;
    let key = cursor.literal_string(KEY)?;
    let kind = cursor.literal_string(br#","type":""#)?;
    cursor.literal(br#","value":"#)?;
    let (fact, kind) = (Fact::of(key.bytes), Type::of(kind.bytes));
    let bytes = &cursor.bytes[start..cursor.at];
    let head = u8::try_from(bytes.len()).ok().filter(|_| !key.escaped);
    if head.is_some() {
        prefixes.learn(bytes, u32::from_le_bytes([key.bytes.len() as u8, fact as u8, kind as u8, 0]));
    }
    Some(Tag { key, fact, kind, head: head.unwrap_or(0), ..Tag::default() })
}

/// Calls `each` with every tag of a list, or of a map of keys and values, and with the place where it begins.
pub(super) fn each_tag<'a>(
    cursor: &mut Cursor<'a>,
    prefixes: &mut PrefixCache,
    member: &'static str,
    mut each: impl FnMut(usize, &Tag<'a>),
) -> Scan<()> {
    if cursor.peek()? == b'{' {
        return cursor.object(|cursor, key| {
            let mut tag = Tag { key, fact: Fact::of(key.bytes), ..Tag::default() };
            match cursor.peek()? {
                b'"' => tag.text = Some(cursor.string()?),
                _ => tag.other = cursor.value()?,
            }
            each(cursor.at, &tag);
            Ok(())
        });
    }
    each_of(cursor, member, |cursor| {
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
                tag.fact = Fact::of(tag.key.bytes);
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
    /// Where the key of a usual tag begins.
    pub(super) const KEY: usize = KEY.len();

    /// A usual tag by what was noted of it: key, fact and type, and its text or another value.
    #[inline]
    pub(super) fn noted(
        key: &'a [u8],
        [fact, kind]: [u8; 2],
        text: Option<Raw<'a>>,
        other: &'a [u8],
    ) -> Self {
        Tag {
            key: Raw { bytes: key, escaped: false },
            fact: Fact::ALL.get(usize::from(fact)).copied().unwrap_or_default(),
            kind: Type::ALL.get(usize::from(kind)).copied().unwrap_or_default(),
            text,
            other: if text.is_some() { &[] } else { other },
            head: 0,
        }
    }

    /// How far it is to the value of a usual tag, and length of its key, fact and type.
    #[inline]
    pub(super) fn usual(&self) -> Option<(u8, [u8; 3])> {
        (self.head > 0).then_some((self.head, [self.key.bytes.len() as u8, self.fact as u8, self.kind as u8]))
    }

    /// The bytes of a value that is no text.
    pub(super) fn other(&self) -> &'a [u8] {
        self.other
    }

    /// The text of a text value.
    pub(super) fn text(&self) -> Option<Raw<'a>> {
        self.text
    }

    /// Whether it is true, as a boolean or as text.
    fn is_true(&self) -> bool {
        self.other == b"true" || self.text.is_some_and(|text| text.bytes.eq_ignore_ascii_case(b"true"))
    }

    /// Whether it is the boolean true, in quotes or not.
    pub(super) fn is_flag(&self) -> bool {
        self.other == b"true"
            || self.kind == Type::Bool && self.text.is_some_and(|text| text.bytes == b"true")
    }

    /// The key and the value where both are plain text, which most are: not yet known to be UTF-8.
    pub(super) fn plain_text(&self) -> Option<(&'a [u8], &'a [u8])> {
        let text = self.text.filter(|text| self.kind == Type::Other && !text.escaped && !self.key.escaped)?;
        Some((self.key.bytes, text.bytes))
    }

    /// Hands over key and value, typed as Jaeger says, or by what is there where the type does not fit.
    pub(super) fn hand_over(&self, each: &mut dyn FnMut(&str, ValueRef<'_>)) {
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

/// Kind and status, as far as the tags seen so far say them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) kind: SpanKind,
    code: StatusCode,
    error: bool,
}

impl Facts {
    /// Looks at a tag.
    #[inline]
    pub(super) fn look(&mut self, tag: &Tag<'_>) {
        match tag.fact {
            Fact::Kind => {
                self.kind = enums::kind(tag.text.unwrap_or_default().bytes).unwrap_or_default();
            }
            Fact::Error => self.error |= tag.is_true(),
            Fact::StatusCode => {
                self.code = enums::status(tag.text.unwrap_or_default().bytes).unwrap_or_default();
            }
            _ => {}
        }
    }

    /// Looks at a field of a log: old instrumentations say there that the span failed.
    #[inline]
    pub(super) fn look_at_field(&mut self, field: &Tag<'_>) {
        self.error |= field.fact == Fact::Error && field.is_true();
    }

    /// An error tag wins over a status.
    pub(super) fn status(&self) -> StatusCode {
        if self.error { StatusCode::Error } else { self.code }
    }
}
