//! The body of an answer while it is written on a thread that may block: small ones are sent whole, so that a failure
//! can still be a status; larger ones are streamed. A failure in the middle of a stream breaks the connection, so
//! that no part is taken for the whole.

use super::failure::Failure;
use super::indent::Indent;
use super::memory::{AnswerMemory, Reserved};
use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// Bytes above which an answer is streamed.
pub const WORTH_STREAMING: usize = 256 << 10;
const CHUNK: usize = 64 << 10;
/// Memory that a stream is counted with beside the trace it is written from: its chunks, the connection's buffers.
const STREAM_BYTES: usize = 1 << 20;

/// Shared by a query and the connection that it answers: whether the query is cancelled.
#[derive(Default)]
pub struct Cancel(AtomicBool);

/// Cancels the query when dropped.
pub struct CancelOnDrop(pub Arc<Cancel>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// The time limit and the cancellation of one query.
#[derive(Clone)]
pub struct Watch {
    cancel: Arc<Cancel>,
    end: Instant,
}

impl Watch {
    /// A query that may run until `end`.
    pub fn new(cancel: Arc<Cancel>, end: Instant) -> Self {
        Watch { cancel, end }
    }

    /// An error when the query is to stop. Long loops call this in each turn.
    pub fn check(&self) -> Result<(), Failure> {
        if self.cancel.0.load(Ordering::Relaxed) {
            Err(Failure::Cancelled)
        } else if Instant::now() > self.end {
            Err(Failure::TimeLimit)
        } else {
            Ok(())
        }
    }
}

/// An answer as far as it is known when its head is sent.
pub enum Answer {
    /// All of it.
    Whole(Bytes),
    /// Chunks; an empty one is the end.
    Stream(mpsc::Receiver<io::Result<Bytes>>),
}

impl Answer {
    /// The body; a query whose body is dropped is cancelled.
    pub fn into_body(self, cancel: CancelOnDrop) -> Body {
        match self {
            Answer::Whole(bytes) => Body::from(bytes),
            Answer::Stream(receiver) => Body::new(Received { receiver, whole: false, _cancel: cancel }),
        }
    }
}

/// Takes the answer, or why there is none.
pub type Head = oneshot::Sender<Result<Answer, Failure>>;

/// A permit to run, given up while the reader is slow.
pub struct Slot {
    /// Where permits come from.
    pub slots: Arc<Semaphore>,
    /// The permit.
    pub permit: Option<OwnedSemaphorePermit>,
}

/// Collects what is written. Blocks while the reader is slow.
pub struct Output {
    buffer: Vec<u8>,
    indent: Option<Indent>,
    head: Option<Head>,
    stream: Option<Stream>,
    /// Bytes of the trace that is being written.
    weight: usize,
    slot: Slot,
    memory: AnswerMemory,
    watch: Watch,
}

struct Stream {
    sender: mpsc::Sender<io::Result<Bytes>>,
    reserved: Option<Reserved>,
}

impl Output {
    /// An output whose body goes to `head`.
    pub fn new(head: Head, slot: Slot, memory: AnswerMemory, watch: Watch) -> Self {
        let (buffer, head) = (Vec::new(), Some(head));
        Output { buffer, indent: None, head, stream: None, weight: 0, slot, memory, watch }
    }

    /// Indents the JSON that is written.
    pub fn indent(&mut self) {
        self.indent = Some(Indent::default());
    }

    /// The query's time limit and cancellation.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// Counts the memory of the trace that is written from now on; waits for it where the answer is streamed.
    pub fn weigh(&mut self, bytes: usize) -> Result<(), Failure> {
        self.watch.check()?;
        self.weight = bytes;
        if let Some(stream) = &mut self.stream {
            // Given back first: two answers that both wait for more would wait for each other.
            let reader = stream.reserved.take().map(|reserved| reserved.reader.clone());
            let reserved = self.memory.reserve(bytes + STREAM_BYTES, reader);
            stream.reserved = Some(reserved.ok_or(Failure::Busy)?);
        }
        Ok(())
    }

    fn begin_stream(&mut self) -> io::Result<()> {
        let Some(head) = self.head.take() else { return Ok(()) };
        let Some(reserved) = self.memory.reserve(self.weight + STREAM_BYTES, None) else {
            // The reader sees a status, for nothing was sent yet.
            let _ = head.send(Err(Failure::Busy));
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let (sender, receiver) = mpsc::channel(1);
        self.stream = Some(Stream { sender, reserved: Some(reserved) });
        head.send(Ok(Answer::Stream(receiver))).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn send_chunk(&mut self) -> io::Result<()> {
        self.begin_stream()?;
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK + CHUNK / 8));
        self.deliver(chunk.into())
    }

    /// Hands a chunk to the reader; waits while it is slow, without keeping others from running.
    fn deliver(&mut self, chunk: Bytes) -> io::Result<()> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let Some(stream) = &self.stream else { return Err(gone()) };
        let length = chunk.len();
        match stream.sender.try_send(Ok(chunk)) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(gone()),
            Err(mpsc::error::TrySendError::Full(chunk)) => {
                let began = Instant::now();
                self.slot.permit = None;
                let runtime = Handle::current();
                let sent = runtime.block_on(async {
                    let cut = async {
                        match &stream.reserved {
                            Some(reserved) => reserved.reader.cut().await,
                            None => std::future::pending().await,
                        }
                    };
                    tokio::select! {
                        sent = stream.sender.send(chunk) => sent.is_ok(),
                        () = cut => false,
                    }
                });
                if !sent {
                    return Err(gone());
                }
                if length > 0 {
                    self.slot.permit = runtime.block_on(self.slot.slots.clone().acquire_owned()).ok();
                }
                // Time spent waiting for the reader is not the query's.
                self.watch.end += began.elapsed();
            }
        }
        if let Some(reserved) = &stream.reserved {
            reserved.reader.took(length);
        }
        Ok(())
    }

    /// Sends what is left, or the failure.
    pub fn finish(mut self, result: Result<(), Failure>) {
        if let Some(head) = self.head.take() {
            let answer = result.map(|()| Answer::Whole(std::mem::take(&mut self.buffer).into()));
            // A client that is gone needs no answer.
            let _ = head.send(answer);
            return;
        }
        let rest = if self.buffer.is_empty() { Ok(()) } else { self.send_chunk().map_err(Failure::from) };
        if result.and(rest).is_ok() {
            // An empty chunk is the end; without it the connection is broken, as after a failure.
            let _ = self.deliver(Bytes::new());
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.indent {
            Some(indent) => indent.append(bytes, &mut self.buffer),
            None => self.buffer.extend_from_slice(bytes),
        }
        let most = if self.head.is_some() { WORTH_STREAMING } else { CHUNK };
        if self.buffer.len() >= most {
            self.send_chunk()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Received {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    whole: bool,
    _cancel: CancelOnDrop,
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.whole {
            return Poll::Ready(None);
        }
        self.receiver.poll_recv(context).map(|received| match received {
            Some(Ok(chunk)) if chunk.is_empty() => {
                self.whole = true;
                None
            }
            Some(chunk) => Some(chunk.map(Frame::data)),
            None => Some(Err(io::Error::other("the answer broke off"))),
        })
    }
}
