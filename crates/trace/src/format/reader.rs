//! Reads traces from chunks of bytes, in any format and encoding.

use super::blocks::Blocks;
use super::encoding::{Layer, Step};
use super::json::Stop;
use super::json_stream::JsonStream;
use super::proto_stream::ProtoStream;
use super::sniff::{InputKind, classify, skippable, sniff};
use super::unsupported::UnsupportedInput;
use super::{Format, ReadProgress, Unreadable, otlp_proto};
use crate::build::TraceBuilder;
use crate::model::{ExternalStore, ParsedTraces};

/// Bytes of source in memory above which spans are interned while reading, which bounds memory. Below it interning is
/// deferred, because it doubles the time until the first rendering.
const MEMORY_LIMIT: usize = 1 << 30;
/// Maximum number of bytes passed to a decoder at a time, which bounds its output.
const AT_ONCE: usize = 16 << 10;
/// Maximum nesting of encodings.
const MOST_LAYERS: usize = 5;

/// A streaming reader.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: u64,
    /// The first decoded bytes, until the format is detected.
    head: Vec<u8>,
    /// Decoders, outermost first.
    layers: Vec<Layer>,
    /// Whether a decoder failed: further input is ignored.
    stopped: bool,
    state: State,
    blocks: Blocks,
    builder: TraceBuilder,
    memory_limit: Option<usize>,
}

#[derive(Debug, Default)]
enum State {
    /// Not detected yet.
    #[default]
    Unknown,
    Json(Box<JsonStream>),
    Protobuf(Box<ProtoStream>),
}

impl Reader {
    /// A reader at the start of the input.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that starts interning while reading when it has more than `bytes` of the source in memory.
    pub fn with_memory_limit(bytes: usize) -> Self {
        Self { memory_limit: Some(bytes), ..Self::default() }
    }

    /// Stores complete blocks of the source externally.
    pub fn set_external_store(&mut self, store: ExternalStore) {
        self.blocks.store = Some(store);
    }

    /// Reads a chunk of any size.
    pub fn push(&mut self, chunk: &[u8]) -> Result<ReadProgress, Unreadable> {
        self.bytes += chunk.len() as u64;
        if !self.stopped {
            self.feed(0, chunk)?;
        }
        Ok(ReadProgress { bytes: self.bytes, spans: self.builder.len() as u64 })
    }

    /// Ends the input and returns the traces.
    pub fn finish(mut self) -> Result<ParsedTraces, Unreadable> {
        let torn = self.end_layers()?;
        if self.stopped {
            self.blocks.close(&mut self.builder);
            return self.conclude();
        }
        let mut stop = self.run();
        // A line that was cut off may have consumed the following ones.
        while let (Stop::More, State::Json(json)) = (stop, &mut self.state)
            && json.resume_after_torn_line(&mut self.blocks, &mut self.builder)
        {
            stop = self.run();
        }
        let end = self.blocks.offset_of(self.blocks.bytes.len());
        if let Stop::Bad(why, at) = stop {
            self.damaged_at(why, at)?;
            self.blocks.close(&mut self.builder);
            return self.conclude();
        }
        let complete = match &self.state {
            State::Json(json) => json.is_complete(),
            State::Protobuf(proto) => self.blocks.offset() == end && proto.is_complete(end),
            State::Unknown => true,
        };
        if !complete || torn.is_some() {
            let why = torn.unwrap_or_else(|| "it ends in the middle".to_owned());
            if self.builder.is_empty() {
                let why = format!("{why}, before the first whole span; was the download or copy cut short?");
                return Err(Unreadable { format: self.format_name(), at: Some(end), why });
            }
            let spans = self.builder.len();
            self.builder.warn(format!(
                "{why} (byte {end}): the {spans} whole spans before are shown, more may be missing"
            ));
        }
        self.blocks.close(&mut self.builder);
        self.conclude()
    }

    /// Ends all decoders, outermost first. Returns the name of one whose input ended too early.
    fn end_layers(&mut self) -> Result<Option<String>, Unreadable> {
        let mut torn = None;
        let mut level = 0;
        loop {
            while level < self.layers.len() {
                self.layers[level].end();
                if !self.stopped && self.drain(level)? == Step::CutOff {
                    torn = Some(format!("the {} data ends too early", self.layers[level].name()));
                }
                if let Some(remark) = self.layers[level].remark() {
                    self.builder.warn(remark);
                }
                level += 1;
            }
            if !matches!(self.state, State::Unknown) {
                return Ok(torn);
            }
            let head = std::mem::take(&mut self.head);
            if let (true, Some(why), Some(layer)) = (head.is_empty(), &torn, self.layers.last()) {
                let why = format!("{why}, before the first whole span; was the download or copy cut short?");
                return Err(Unreadable { format: layer.name().to_owned(), at: Some(0), why });
            }
            self.begin(classify(&head), &head)?;
        }
    }

    /// The result: traces, an empty response, or an error.
    fn conclude(mut self) -> Result<ParsedTraces, Unreadable> {
        if let State::Json(json) = &mut self.state {
            let server_errors = std::mem::take(&mut json.server_errors);
            let nothing = self.builder.has_no_trace();
            let damage = std::mem::take(&mut json.damage);
            if nothing && let Some((server_error, at)) = server_errors.first() {
                let why = format!("the server says: {server_error}");
                return Err(Unreadable { format: "error answer".to_owned(), at: Some(*at), why });
            }
            for (server_error, _) in server_errors {
                self.builder.warn(format!("the server says: {server_error}"));
            }
            let unsupported = json.unsupported;
            let known_shape = json.known_shape();
            if nothing && let Some((why, at)) = damage.first_fault() {
                return Err(self.unreadable(why, at));
            }
            for warning in damage.warnings() {
                self.builder.warn(warning);
            }
            match unsupported {
                Some((unsupported, _)) if nothing => return Err(unsupported_error(unsupported)),
                None if nothing && damage.is_text() => {
                    return Err(unsupported_error(UnsupportedInput::Text));
                }
                None if nothing && !known_shape => {
                    return Err(unsupported_error(UnsupportedInput::OtherJson));
                }
                Some((unsupported, at)) if unsupported == UnsupportedInput::OtherSignal => {
                    self.builder.warn(format!("{} at byte {at}: left out", unsupported.name()));
                }
                _ => {}
            }
        }
        Ok(self.builder.finish())
    }

    /// Passes bytes that are decoded by the first `level` decoders.
    fn feed(&mut self, level: usize, bytes: &[u8]) -> Result<(), Unreadable> {
        if level == self.layers.len() {
            return self.plain(bytes);
        }
        for part in bytes.chunks(AT_ONCE) {
            if self.stopped {
                break;
            }
            self.layers[level].push(part);
            self.drain(level)?;
        }
        Ok(())
    }

    /// Decodes all available input of a decoder.
    fn drain(&mut self, level: usize) -> Result<Step, Unreadable> {
        let mut out = Vec::new();
        loop {
            out.clear();
            let step = self.layers[level].step(&mut out);
            if !out.is_empty() {
                self.feed(level + 1, &out)?;
            }
            match step {
                Ok(Step::Progress) if !self.stopped => {}
                Ok(step) => return Ok(step),
                Err(why) => return self.damaged(level, &why).map(|()| Step::NeedsInput),
            }
        }
    }

    /// Handles a failed decoder: an error, or after the first complete span a warning.
    fn damaged(&mut self, level: usize, why: &str) -> Result<(), Unreadable> {
        self.stopped = true;
        let _ = self.run();
        let name = self.layers[level].name();
        let at = self.blocks.offset_of(self.blocks.bytes.len());
        let why = format!("the {name} data is damaged: {why}");
        if self.builder.is_empty() {
            return Err(Unreadable { format: name.to_owned(), at: Some(at), why });
        }
        self.builder.warn(format!("{why} (byte {at}); what was read before is shown"));
        Ok(())
    }

    fn plain(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        if !matches!(self.state, State::Unknown) {
            return self.take(chunk);
        }
        self.head.extend_from_slice(chunk);
        let Some(kind) = sniff(&self.head) else {
            let noise = skippable(&self.head);
            self.head.drain(..noise);
            self.blocks.skip(noise);
            return Ok(());
        };
        let head = std::mem::take(&mut self.head);
        self.begin(kind, &head)
    }

    fn begin(&mut self, kind: InputKind, head: &[u8]) -> Result<(), Unreadable> {
        self.state = match kind {
            InputKind::Json => State::Json(Box::default()),
            InputKind::Text => State::Json(Box::new(JsonStream::within_text())),
            InputKind::Protobuf(delimited) => {
                self.builder.decode_with(otlp_proto::decode);
                State::Protobuf(Box::new(ProtoStream::new(delimited)))
            }
            InputKind::Layer => {
                let layer = Layer::detect(head).filter(|_| self.layers.len() < MOST_LAYERS);
                self.layers.push(layer.ok_or_else(|| unsupported_error(UnsupportedInput::Archive))?);
                return self.feed(self.layers.len() - 1, head);
            }
            InputKind::Unsupported(unsupported) => return Err(unsupported_error(unsupported)),
        };
        self.take(head)
    }

    fn take(&mut self, mut chunk: &[u8]) -> Result<(), Unreadable> {
        while !chunk.is_empty() {
            chunk = self.blocks.fill(chunk, &mut self.builder);
            self.builder.intern_down_to(self.memory_limit.unwrap_or(MEMORY_LIMIT));
            if self.blocks.worth_trying() {
                match self.run() {
                    Stop::More => self.blocks.incomplete(),
                    Stop::Bad(why, at) => {
                        self.stopped = true;
                        return self.damaged_at(why, at);
                    }
                }
            }
        }
        Ok(())
    }

    /// Handles damage at `at` of the current block: an error, or after the first complete span a warning.
    fn damaged_at(&mut self, why: &str, at: usize) -> Result<(), Unreadable> {
        let at = self.blocks.offset_of(at);
        if self.builder.is_empty() {
            return Err(self.unreadable(why, at));
        }
        self.builder.warn(format!("{why} (byte {at}); what was read before is shown"));
        Ok(())
    }

    fn run(&mut self) -> Stop {
        match &mut self.state {
            State::Unknown => Stop::More,
            State::Json(json) => json.run(&mut self.blocks, &mut self.builder),
            State::Protobuf(proto) => proto.run(&mut self.blocks, &mut self.builder),
        }
    }

    fn format_name(&self) -> String {
        match &self.state {
            State::Unknown => "unknown".to_owned(),
            State::Json(json) => json.format().map_or("JSON", Format::name).to_owned(),
            State::Protobuf(_) => Format::OtlpProtobuf.name().to_owned(),
        }
    }

    fn unreadable(&self, why: &str, at: u64) -> Unreadable {
        if let State::Json(json) = &self.state
            && let Some((UnsupportedInput::JaegerModel, _)) = json.unsupported
        {
            return unsupported_error(UnsupportedInput::JaegerModel);
        }
        let spans = self.builder.len();
        let mut why = why.to_owned();
        // A damaged list of Zipkin or Go spans is reported as unsupported.
        if let State::Json(json) = &self.state
            && let Some((unsupported, _)) = json.unsupported
            && self.builder.is_empty()
        {
            why = format!("{why}. {}", unsupported.advice());
        }
        if spans > 0 {
            why = format!("{why} (after {spans} whole spans)");
        }
        Unreadable { format: self.format_name(), at: Some(at), why }
    }
}

fn unsupported_error(unsupported: UnsupportedInput) -> Unreadable {
    Unreadable { format: unsupported.name().to_owned(), at: None, why: unsupported.advice().to_owned() }
}
