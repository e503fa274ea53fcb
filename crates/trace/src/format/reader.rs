//! The one door for bytes: any format that is read, any chunk size, compressed or not.

use super::blocks::Blocks;
use super::gzip::Gunzip;
use super::json::Stop;
use super::json_stream::JsonStream;
use super::proto_stream::ProtoStream;
use super::refused::Refused;
use super::sniff::{Looks, looks, sniff};
use super::{Format, Progress, Unreadable, otlp_proto};
use crate::build::TraceBuilder;
use crate::model::{Opened, Outside};

/// What is more than this many kept bytes is interned while reading, or memory would not do for a source of any size.
/// The rest waits: interning while reading doubles the time to the first picture.
const KEEP_AT_MOST: usize = 1 << 30;
/// Compressed bytes taken at a time: what they become has to be held.
const COMPRESSED_AT_ONCE: usize = 16 << 10;

/// Reads traces from bytes as they arrive.
#[derive(Debug, Default)]
pub struct Reader {
    bytes: u64,
    /// First bytes, until it is known what they are.
    head: Vec<u8>,
    gzip: Option<Gunzip>,
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

    /// Keeps complete blocks of the source outside.
    pub fn keep_outside(&mut self, outside: Outside) {
        self.blocks.outside = Some(outside);
    }

    /// Takes the next bytes, however few or many.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Progress, Unreadable> {
        self.bytes += chunk.len() as u64;
        if self.gzip.is_some() {
            self.inflate(chunk)?;
        } else if self.bytes == chunk.len() as u64 && matches!(chunk, [0x1f, ..])
            || self.head.first() == Some(&0x1f)
        {
            // Perhaps gzip: its second byte decides.
            self.head.extend_from_slice(chunk);
            if self.head.len() >= 2 {
                let head = std::mem::take(&mut self.head);
                if head[1] == 0x8b {
                    self.gzip = Some(Gunzip::default());
                    self.inflate(&head)?;
                } else {
                    self.plain(&head)?;
                }
            }
        } else {
            self.plain(chunk)?;
        }
        Ok(Progress { bytes: self.bytes, spans: self.builder.len() as u64 })
    }

    /// Says that there are no more bytes.
    pub fn finish(mut self) -> Result<Opened, Unreadable> {
        let mut torn = None;
        if self.gzip.take().is_some_and(|gzip| !gzip.is_complete()) {
            torn = Some("the gzip data ends too early".to_owned());
        }
        if matches!(self.state, State::Unknown) {
            let head = std::mem::take(&mut self.head);
            self.begin(looks(&head), &head)?;
        }
        // What was incomplete is tried once more, for the last time.
        let stop = self.run();
        let end = self.blocks.offset_of(self.blocks.bytes.len());
        if let Stop::Bad(why, at) = stop {
            return Err(self.unreadable(why, at));
        }
        let complete = match &self.state {
            State::Json(json) => {
                let rest = &self.blocks.bytes[self.blocks.at..];
                json.is_complete()
                    && rest.iter().all(|byte| byte.is_ascii_whitespace() || matches!(byte, 0 | 0x1e))
            }
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

    /// What it comes to: traces, an empty answer, or something that is no trace.
    fn conclude(mut self) -> Result<Opened, Unreadable> {
        if let State::Json(json) = &mut self.state {
            let complaints = std::mem::take(&mut json.complaints);
            let nothing = self.builder.has_no_trace();
            if nothing && let Some((complaint, at)) = complaints.first() {
                let why = format!("the backend says: {complaint}");
                return Err(Unreadable { format: "error answer".to_owned(), at: *at, why });
            }
            for (complaint, _) in complaints {
                self.builder.warn(format!("the backend says: {complaint}"));
            }
            match json.refused {
                Some((refused, at)) if nothing => return Err(refuse(refused, at)),
                None if nothing && !json.known_shape() => return Err(refuse(Refused::OtherJson, 0)),
                Some((refused, at)) if refused == Refused::OtherSignal => {
                    self.builder.warn(format!("{} at byte {at}: left out", refused.name()));
                }
                _ => {}
            }
        }
        Ok(self.builder.finish())
    }

    fn inflate(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        for part in chunk.chunks(COMPRESSED_AT_ONCE) {
            let Some(gzip) = &mut self.gzip else { return Ok(()) };
            let mut bytes = Vec::new();
            let result = gzip.push(part, &mut bytes);
            self.plain(&bytes)?;
            if let Err(why) = result {
                // What is wrong with the contents so far comes first, however the bytes came.
                if let Stop::Bad(why, at) = self.run() {
                    return Err(self.unreadable(why, at));
                }
                let at = self.blocks.offset_of(self.blocks.bytes.len());
                let why = format!("the gzip data is damaged: {why}");
                return Err(Unreadable { format: "gzip".to_owned(), at, why });
            }
        }
        Ok(())
    }

    fn plain(&mut self, chunk: &[u8]) -> Result<(), Unreadable> {
        if !matches!(self.state, State::Unknown) {
            return self.take(chunk);
        }
        self.head.extend_from_slice(chunk);
        let Some(looks) = sniff(&self.head) else { return Ok(()) };
        let head = std::mem::take(&mut self.head);
        self.begin(looks, &head)
    }

    fn begin(&mut self, looks: Looks, head: &[u8]) -> Result<(), Unreadable> {
        self.state = match looks {
            Looks::Json => State::Json(Box::default()),
            Looks::Protobuf(delimited) => {
                self.builder.decode_with(otlp_proto::decode);
                State::Protobuf(Box::new(ProtoStream::new(delimited)))
            }
            Looks::Gzip => return Err(refuse(Refused::Archive, 0)),
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
                    Stop::Bad(why, at) => return Err(self.unreadable(why, at)),
                }
            }
        }
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

    fn unreadable(&self, why: &str, at: usize) -> Unreadable {
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
        Unreadable { format: self.format_name(), at: self.blocks.offset_of(at), why }
    }
}

fn refuse(refused: Refused, at: u64) -> Unreadable {
    Unreadable { format: refused.name().to_owned(), at, why: refused.advice().to_owned() }
}
