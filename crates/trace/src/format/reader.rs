//! Reads traces from bytes as they arrive: any format, any chunk size, whatever layers lie around it.

use super::blocks::Blocks;
use super::encoding::{Layer, Step};
use super::json::Stop;
use super::json_stream::JsonStream;
use super::proto_stream::ProtoStream;
use super::refused::Refused;
use super::sniff::{Looks, droppable, looks, sniff};
use super::{Format, Progress, Unreadable, otlp_proto};
use crate::build::TraceBuilder;
use crate::model::{ExternalStore, Opened};

/// What is more than this many kept bytes is interned while reading, or memory would not do for a source of any size.
/// The rest waits: interning while reading doubles the time to the first picture.
const KEEP_AT_MOST: usize = 1 << 30;
/// Bytes put into a layer at a time: what they become has to be held.
const AT_ONCE: usize = 16 << 10;
/// Layers within layers; more than this is no accident.
const MOST_LAYERS: usize = 5;

/// Reads traces from bytes as they arrive.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: u64,
    /// First bytes within all layers, until it is known what they are.
    head: Vec<u8>,
    /// From the outside in.
    layers: Vec<Layer>,
    /// A layer is damaged: what comes now cannot be read.
    stopped: bool,
    state: State,
    blocks: Blocks,
    builder: TraceBuilder,
    keep_at_most: Option<usize>,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing is known yet.
    #[default]
    Unknown,
    Json(Box<JsonStream>),
    Protobuf(Box<ProtoStream>),
}

impl Reader {
    /// A reader at the beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader that interns while reading as soon as it keeps more than `bytes` of the source.
    pub fn keeping_at_most(bytes: usize) -> Self {
        Self { keep_at_most: Some(bytes), ..Self::default() }
    }

    /// Keeps complete blocks of the source in an external store.
    pub fn set_external_store(&mut self, store: ExternalStore) {
        self.blocks.store = Some(store);
    }

    /// Takes the next bytes, however few or many.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Progress, Unreadable> {
        self.bytes += chunk.len() as u64;
        if !self.stopped {
            self.feed(0, chunk)?;
        }
        Ok(Progress { bytes: self.bytes, spans: self.builder.len() as u64 })
    }

    /// Says that there are no more bytes.
    pub fn finish(mut self) -> Result<Opened, Unreadable> {
        let torn = self.end_layers()?;
        if self.stopped {
            self.blocks.close(&mut self.builder);
            return self.conclude();
        }
        let mut stop = self.run();
        // A line that was cut off may have swallowed whole lines behind it.
        while let (Stop::More, State::Json(json)) = (stop, &mut self.state)
            && json.resume_behind_tear(&mut self.blocks, &mut self.builder)
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
                return Err(Unreadable { format: self.format_name(), at: end, why });
            }
            let spans = self.builder.len();
            self.builder.warn(format!(
                "{why} (byte {end}): the {spans} whole spans before are shown, more may be missing"
            ));
        }
        self.blocks.close(&mut self.builder);
        self.conclude()
    }

    /// Ends all layers, from the outside in; what ended too early.
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
                return Err(Unreadable { format: layer.name().to_owned(), at: 0, why });
            }
            self.begin(looks(&head), &head)?;
        }
    }

    /// What it comes to: traces, an empty answer, or something that is no trace.
    fn conclude(mut self) -> Result<Opened, Unreadable> {
        if let State::Json(json) = &mut self.state {
            let complaints = std::mem::take(&mut json.complaints);
            let nothing = self.builder.has_no_trace();
            let lost = std::mem::take(&mut json.lost);
            if nothing && let Some((complaint, at)) = complaints.first() {
                let why = format!("the server says: {complaint}");
                return Err(Unreadable { format: "error answer".to_owned(), at: *at, why });
            }
            for (complaint, _) in complaints {
                self.builder.warn(format!("the server says: {complaint}"));
            }
            let refused = json.refused;
            let known_shape = json.known_shape();
            if nothing && let Some((why, at)) = lost.first_fault() {
                return Err(self.unreadable(why, at));
            }
            for warning in lost.warnings() {
                self.builder.warn(warning);
            }
            match refused {
                Some((refused, at)) if nothing => return Err(refuse(refused, at)),
                None if nothing && lost.is_text() => return Err(refuse(Refused::Text, 0)),
                None if nothing && !known_shape => return Err(refuse(Refused::OtherJson, 0)),
                Some((refused, at)) if refused == Refused::OtherSignal => {
                    self.builder.warn(format!("{} at byte {at}: left out", refused.name()));
                }
                _ => {}
            }
        }
        Ok(self.builder.finish())
    }

    /// Takes bytes that stand within the first `level` layers.
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

    /// Undoes a layer as far as its bytes go.
    fn drain(&mut self, level: usize) -> Result<Step, Unreadable> {
        let mut out = Vec::new();
        loop {
            out.clear();
            let step = self.layers[level].step(&mut out);
            if !out.is_empty() {
                self.feed(level + 1, &out)?;
            }
            match step {
                Ok(Step::Went) if !self.stopped => {}
                Ok(step) => return Ok(step),
                Err(why) => return self.damaged(level, &why).map(|()| Step::Starved),
            }
        }
    }

    /// A layer cannot be undone any further: an error, or after the first whole span a warning.
    fn damaged(&mut self, level: usize, why: &str) -> Result<(), Unreadable> {
        self.stopped = true;
        let _ = self.run();
        let name = self.layers[level].name();
        let at = self.blocks.offset_of(self.blocks.bytes.len());
        let why = format!("the {name} data is damaged: {why}");
        if self.builder.is_empty() {
            return Err(Unreadable { format: name.to_owned(), at, why });
        }
        self.builder.warn(format!("{why} (byte {at}); what was read before is shown"));
        Ok(())
    }

    fn plain(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        if !matches!(self.state, State::Unknown) {
            return self.take(chunk);
        }
        self.head.extend_from_slice(chunk);
        let Some(looks) = sniff(&self.head) else {
            let noise = droppable(&self.head);
            self.head.drain(..noise);
            self.blocks.skip(noise);
            return Ok(());
        };
        let head = std::mem::take(&mut self.head);
        self.begin(looks, &head)
    }

    fn begin(&mut self, looks: Looks, head: &[u8]) -> Result<(), Unreadable> {
        self.state = match looks {
            Looks::Json => State::Json(Box::default()),
            Looks::Text => State::Json(Box::new(JsonStream::within_text())),
            Looks::Protobuf(delimited) => {
                self.builder.decode_with(otlp_proto::decode);
                State::Protobuf(Box::new(ProtoStream::new(delimited)))
            }
            Looks::Layer => {
                let layer = Layer::detect(head).filter(|_| self.layers.len() < MOST_LAYERS);
                self.layers.push(layer.ok_or_else(|| refuse(Refused::Archive, 0))?);
                return self.feed(self.layers.len() - 1, head);
            }
            Looks::Refused(refused) => return Err(refuse(refused, 0)),
        };
        self.take(head)
    }

    fn take(&mut self, mut chunk: &[u8]) -> Result<(), Unreadable> {
        while !chunk.is_empty() {
            chunk = self.blocks.fill(chunk, &mut self.builder);
            self.builder.keep_at_most(self.keep_at_most.unwrap_or(KEEP_AT_MOST));
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

    /// The bytes at `at` of the current blocks cannot be read: an error, or after the first whole span a warning.
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
            && let Some((Refused::JaegerModel, at)) = json.refused
        {
            return refuse(Refused::JaegerModel, at);
        }
        let spans = self.builder.len();
        let mut why = why.to_owned();
        // A list of Zipkin or Go spans that is broken further on is still better named.
        if let State::Json(json) = &self.state
            && let Some((refused, _)) = json.refused
            && self.builder.is_empty()
        {
            why = format!("{why}; besides, {}", refused.advice());
        }
        if spans > 0 {
            why = format!("{why} (after {spans} whole spans)");
        }
        Unreadable { format: self.format_name(), at, why }
    }
}

fn refuse(refused: Refused, at: u64) -> Unreadable {
    Unreadable { format: refused.name().to_owned(), at, why: refused.advice().to_owned() }
}
