//! Listening: the ports of the services, and serving them until they are stopped.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long open connections may hold up a stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// One service that answers.
pub(crate) struct Listening {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// A listener on the port, or on any free one where it is 0.
pub(crate) async fn bind(host: IpAddr, port: u16) -> std::io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((host, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Serves the routes from now on.
pub(crate) fn serve(name: &'static str, listener: TcpListener, routes: Router) -> Listening {
    let (stop, mut stopped) = watch::channel(false);
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let task = tokio::spawn(async move {
        let until = async move {
            // An error means that the sender is dropped, which is a stop too.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        let served = axum::serve(listener, service).with_graceful_shutdown(until);
        if let Err(error) = served.await {
            tracing::error!("{name} stopped answering: {error}");
        }
    });
    Listening { stop, task }
}

impl Listening {
    /// Lets requests under way finish and takes no new ones.
    pub(crate) async fn close(self, name: &'static str) {
        let _ = self.stop.send(true);
        let mut task = self.task;
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            tracing::warn!("{name} still had open connections after {PATIENCE:?}: closed them");
            task.abort();
        }
    }
}
