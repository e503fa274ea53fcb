//! Big answers leave while they are written: a writer that fills chunks, and a body that hands them on. A reader that
//! goes away ends the writing; a failure in the middle breaks the connection, so that nobody takes half for all.

use axum::body::{Body, Bytes, HttpBody};
use http_body::Frame;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Stored bytes above which an answer is streamed; below it is whole, so that a failure can still be a status.
pub const WORTH_STREAMING: usize = 2 << 20;
const CHUNK: usize = 128 << 10;
/// Chunks that may wait for a slow reader.
const AHEAD: usize = 4;

/// Collects what is written and sends it on in chunks. Blocks when the reader is slow.
pub struct Chunks {
    buffer: Vec<u8>,
    sender: mpsc::Sender<io::Result<Bytes>>,
}

impl Write for Chunks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.buffer, Vec::with_capacity(CHUNK + CHUNK / 8));
        self.sender.blocking_send(Ok(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

/// A body that `write` fills on a thread of its own that may block. Call within the runtime.
pub fn body(write: impl FnOnce(Chunks) -> io::Result<Chunks> + Send + 'static) -> Body {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let chunks = Chunks { buffer: Vec::with_capacity(CHUNK), sender: sender.clone() };
    tokio::task::spawn_blocking(move || {
        if let Err(error) = write(chunks).and_then(|mut chunks| chunks.flush()) {
            // Nobody may be there to hear it, which is the commonest reason for it.
            let _ = sender.blocking_send(Err(error));
        }
    });
    Body::new(Received(receiver))
}

struct Received(mpsc::Receiver<io::Result<Bytes>>);

impl HttpBody for Received {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
