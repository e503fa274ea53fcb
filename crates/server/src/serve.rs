//! Connections: how many there may be, how long they may take, how they end when the server stops.

use hyper_util::server::graceful::{GracefulConnection, GracefulShutdown};
use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Sleep;
use tokio_rustls::TlsAcceptor;

/// How long requests may take to finish when the server stops.
const STOP_TIME: Duration = Duration::from_secs(4);
/// Connections of one port at most.
const MAX_CONNECTIONS: usize = 2048;

/// What is spoken over: a client's stream, with TLS or without.
pub trait Connected: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connected for T {}

/// Serves the connections of a port until told to stop, then at most 4 seconds longer. A client that reads nothing
/// for `time` loses its connection, and so does one that takes longer than that to agree on TLS.
pub async fn serve<C>(
    listener: TcpListener,
    time: Duration,
    tls: Option<TlsAcceptor>,
    connect: impl Fn(Box<dyn Connected>) -> C + Clone + Send + 'static,
    mut stopped: watch::Receiver<bool>,
) where
    C: GracefulConnection + Send + 'static,
    C::Error: Send,
{
    let (connections, graceful) = (Connections::default(), GracefulShutdown::new());
    let most = most_connections();
    let mut tasks = JoinSet::new();
    loop {
        while tasks.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // An error means that the sender is gone, which is as good a reason to stop.
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        if tasks.len() >= most {
            connections.close_idlest();
        }
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Mostly too many open files: a connection less, and time for it to end.
                tracing::warn!("a connection cannot be accepted: {error}");
                connections.close_idlest();
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Without it small answers wait for the peer's acknowledgement; failing to set it only costs time.
        let _ = stream.set_nodelay(true);
        let activity = Arc::new(Activity::default());
        let registered = connections.register(activity.clone());
        let stream = Stream { stream, activity: activity.clone(), time, stalled: None };
        let (tls, connect, watcher) = (tls.clone(), connect.clone(), graceful.watcher());
        tasks.spawn(async move {
            let _registered = registered;
            let served = async move {
                if let Some(stream) = secured(stream, tls, time).await {
                    // Clients that break off or say what is not HTTP are no event.
                    let _ = watcher.watch(connect(stream)).await;
                }
            };
            tokio::select! {
                () = served => {}
                () = activity.close.notified() => {}
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIME, graceful.shutdown()).await.is_err() {
        tracing::info!("{} connections did not finish in time and are closed", tasks.len());
    }
}

/// The stream after TLS was agreed on, if there is TLS; `None` where that failed or took too long.
async fn secured(stream: Stream, tls: Option<TlsAcceptor>, time: Duration) -> Option<Box<dyn Connected>> {
    let Some(tls) = tls else { return Some(Box::new(stream)) };
    let agreed = tokio::time::timeout(time, tls.accept(stream)).await.ok()?;
    Some(Box::new(agreed.ok()?))
}

/// A quarter of the files that the process may open, 2048 at most.
fn most_connections() -> usize {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        let files = limit.current.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        (files / 4).clamp(16, MAX_CONNECTIONS)
    }
    #[cfg(not(unix))]
    MAX_CONNECTIONS
}

/// When something last came from or went to a client, in milliseconds since the process began.
#[derive(Default)]
struct Activity {
    last: AtomicU64,
    close: Notify,
}

impl Activity {
    fn happened(&self) {
        static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        let now = BEGAN.get_or_init(Instant::now).elapsed().as_millis() as u64;
        self.last.store(now, Ordering::Relaxed);
    }
}

/// The connections of a port.
#[derive(Clone, Default)]
struct Connections(Arc<Mutex<ById>>);

#[derive(Default)]
struct ById {
    next: u64,
    open: HashMap<u64, Arc<Activity>>,
}

struct Registered {
    connections: Connections,
    id: u64,
}

impl Connections {
    fn register(&self, activity: Arc<Activity>) -> Registered {
        activity.happened();
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.next += 1;
        let id = inner.next;
        inner.open.insert(id, activity);
        Registered { connections: self.clone(), id }
    }

    /// Ends the connection that has been quiet for the longest time.
    fn close_idlest(&self) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idlest =
            inner.open.iter().min_by_key(|(id, activity)| (activity.last.load(Ordering::Relaxed), **id));
        let Some(id) = idlest.map(|(id, _)| *id) else { return };
        if let Some(activity) = inner.open.remove(&id) {
            activity.close.notify_one();
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.connections.0.lock().unwrap_or_else(PoisonError::into_inner).open.remove(&self.id);
    }
}

/// A client's stream; writing to it fails when the client reads nothing for too long.
struct Stream {
    stream: TcpStream,
    activity: Arc<Activity>,
    time: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    fn written<T>(&mut self, context: &mut Context<'_>, result: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.stalled = None;
            self.activity.happened();
            return result;
        }
        let time = self.time;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        if result.is_ready() {
            self.activity.happened();
        }
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(context, result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(context, buffers);
        self.written(context, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idlest_connection_is_the_one_that_is_closed() {
        let connections = Connections::default();
        let all: Vec<_> = (0..3).map(|_| Arc::new(Activity::default())).collect();
        let registered: Vec<_> = all.iter().map(|one| connections.register(one.clone())).collect();
        for (activity, last) in all.iter().zip([7, 5, 6]) {
            activity.last.store(last, Ordering::Relaxed);
        }
        connections.close_idlest();
        let left =
            connections.0.lock().unwrap().open.keys().copied().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(left, [registered[0].id, registered[2].id].into());
        drop(registered);
        assert!(connections.0.lock().unwrap().open.is_empty());
    }
}
