//! Members of the objects around spans.

use super::dialect::{DIALECTS, JAEGER, OTLP, bare_level};
use super::documents::holds_document;
use super::level::Level;
use super::server_errors::server_errors;
use super::{JsonStream, TORN};
use crate::build::TraceBuilder;
use crate::format::json::{Cursor, Raw, Scan, Stop, text_of};
use crate::format::otlp_json;
use crate::format::unsupported::UnsupportedInput;
use crate::model::record::{Resource, Scope};

impl JsonStream {
    /// Consumes the next member of an object, or its end.
    pub(super) fn member(
        &mut self,
        cursor: &mut Cursor<'_>,
        level: Level,
        begun: bool,
        builder: &mut TraceBuilder,
        base: u64,
    ) -> Scan<()> {
        match cursor.peek()? {
            b'}' => {
                cursor.at += 1;
                self.levels.pop();
                self.close(level, builder);
                return Ok(());
            }
            b',' if begun => cursor.at += 1,
            _ if begun => {
                return Err(Stop::Bad("a comma or the end of the object should be here", cursor.at));
            }
            _ => {}
        }
        cursor.peek()?;
        let at = cursor.at;
        let key = cursor.string()?;
        cursor.expect(b':', "a colon should follow the name")?;
        let first = cursor.peek()?;
        let level = self.resolve_level(cursor, level, key.bytes, first)?;
        if let Some(within) = DIALECTS.iter().find_map(|dialect| (dialect.opens)(level, key.bytes, first)) {
            self.descend(within, builder, cursor.at)?;
            cursor.at += 1;
            return Ok(());
        }
        let value = cursor.value()?;
        if holds_document(value) {
            return Err(Stop::Bad(TORN, at));
        }
        self.begun();
        match level {
            Level::Document => self.document_member(key, value, builder, base + at as u64),
            Level::ResourceSpans => match key.bytes {
                b"resource" => self.set_resource(value, builder),
                b"schemaUrl" | b"schema_url" => self.resource_schema = text_of(value),
                b"scopeMetrics" | b"scope_metrics" | b"scopeLogs" | b"scope_logs" => {
                    self.hint(UnsupportedInput::OtherSignal, base + at as u64);
                }
                _ => {}
            },
            _ => match key.bytes {
                b"scope" | b"instrumentationLibrary" | b"instrumentation_library" => {
                    self.set_scope(value, builder);
                }
                b"schemaUrl" | b"schema_url" => self.scope_schema = text_of(value),
                _ => {}
            },
        }
        Ok(())
    }

    /// The level of an object, given one more of its members: `level`, or part of an OTLP request.
    fn resolve_level(&mut self, cursor: &Cursor<'_>, level: Level, name: &[u8], first: u8) -> Scan<Level> {
        if level != Level::Document {
            return Ok(level);
        }
        let mut sure = bare_level(name, first);
        if (name, first) == (b"spans", b'[') && self.format != Some(DIALECTS[JAEGER].format) {
            let mut ahead = Cursor::new(cursor.bytes);
            ahead.at = cursor.at + 1;
            if ahead.peek()? == b'{' && otlp_json::is_span(&mut ahead)? {
                sure = Some(Level::ScopeSpans);
            }
        }
        if let Some(sure) = sure {
            if let Some(last) = self.levels.last_mut() {
                last.0 = sure;
            }
            return Ok(sure);
        }
        Ok(level)
    }

    /// Ends an object or list.
    pub(super) fn close(&mut self, level: Level, builder: &mut TraceBuilder) {
        match level {
            Level::Document => std::mem::take(&mut self.element).end(builder),
            Level::ResourceSpans => {
                builder.resource_schema(self.resource, std::mem::take(&mut self.resource_schema));
            }
            Level::ScopeSpans => builder.scope_schema(self.scope, std::mem::take(&mut self.scope_schema)),
            _ => {}
        }
    }

    fn descend(&mut self, within: Level, builder: &mut TraceBuilder, place: usize) -> Scan<()> {
        match within {
            Level::Spans(JAEGER) => {
                self.choose(JAEGER, builder, place)?;
                self.element.has_spans();
            }
            Level::ResourceSpansList => self.choose(OTLP, builder, place)?,
            Level::Spans(_) => {
                self.choose(OTLP, builder, place)?;
                if self.resource == u32::MAX {
                    self.resource = builder.resource(Resource::default());
                }
                self.scope = match self.scope {
                    u32::MAX => builder.scope(Scope::default()),
                    known => known,
                };
            }
            Level::Data => self.known_shape = true,
            Level::Traces => self.hint(UnsupportedInput::TempoSearch, 0),
            _ => {}
        }
        self.begun();
        self.push(within);
        Ok(())
    }

    fn choose(&mut self, dialect: usize, builder: &mut TraceBuilder, place: usize) -> Scan<()> {
        self.known_shape = true;
        let dialect = &DIALECTS[dialect];
        match self.format {
            None => {
                self.format = Some(dialect.format);
                builder.decode_with(dialect.decode);
                Ok(())
            }
            Some(known) if known == dialect.format => Ok(()),
            Some(_) => Err(Stop::Bad("Jaeger and OTLP spans stand in one file; open them one by one", place)),
        }
    }

    fn document_member(&mut self, key: Raw<'_>, value: &[u8], builder: &mut TraceBuilder, at: u64) {
        let is_null = value == b"null";
        match key.bytes {
            b"traceID" => self.element.set_trace(value),
            b"processes" => self.element.processes(value, builder),
            b"warnings" => self.element.warnings(value),
            b"spans" if is_null => {
                self.element.has_spans();
                self.known_shape = true;
            }
            b"data" | b"resourceSpans" | b"resource_spans" if is_null => self.known_shape = true,
            b"schemaUrl" | b"schema_url" => self.resource_schema = text_of(value),
            b"errors" | b"error" if !is_null => {
                self.server_errors
                    .extend(server_errors(value).into_iter().map(|server_error| (server_error, at)));
            }
            name => self.hint_of(name, value, at),
        }
    }

    /// Looks for hints at unsupported formats in the names of an object's members.
    pub(super) fn hints_of(&mut self, object: &[u8], at: u64) {
        let _ = Cursor::lenient(object, 0).object(|cursor, key| {
            let value = cursor.value()?;
            self.hint_of(key.bytes, value, at);
            Ok(())
        });
    }

    fn hint_of(&mut self, name: &[u8], value: &[u8], at: u64) {
        match name {
            b"trace" if value.starts_with(b"{") => self.hint(UnsupportedInput::TempoTrace, at),
            b"services" if value.starts_with(b"[") => self.hint(UnsupportedInput::Names, at),
            b"metrics" | b"help" => self.hint(UnsupportedInput::MetricFamily, at),
            name => {
                if let Some(unsupported) = UnsupportedInput::by_member(name) {
                    self.hint(unsupported, at);
                }
            }
        }
    }

    /// Records a hint at an unsupported format; the first counts.
    pub(super) fn hint(&mut self, unsupported: UnsupportedInput, at: u64) {
        if self.unsupported.is_none() {
            self.unsupported = Some((unsupported, at));
        }
    }

    fn set_resource(&mut self, value: &[u8], builder: &mut TraceBuilder) {
        let resource = otlp_json::resource(value);
        match self.resource {
            u32::MAX => self.resource = builder.resource(resource),
            known => builder.set_resource(known, resource),
        }
    }

    fn set_scope(&mut self, value: &[u8], builder: &mut TraceBuilder) {
        let scope = otlp_json::scope(value);
        match self.scope {
            u32::MAX => self.scope = builder.scope(scope),
            known => builder.set_scope(known, scope),
        }
    }
}
