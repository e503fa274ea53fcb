//! All services or some of them: started so that each finds the others, and stopped without losing a request or a span.

mod addresses;
mod error;
mod parts;
mod settings;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::data::database::Database;
use crate::load::activity::{self, Activity};
use crate::runtime::Service;
use crate::runtime::listen::{self, Listening};
use crate::runtime::peers::place;
use crate::runtime::telemetry::Telemetry;

use addresses::{bind, chosen, peers};
use parts::Parts;

pub use addresses::Addresses;
pub use error::DemoError;
pub use settings::Settings;

/// How long requests under way may hold up the stop of a service.
const PATIENCE: Duration = Duration::from_secs(5);

/// Services that run. Dropping it leaves requests and spans behind; [`Demo::close`] does not.
pub struct Demo {
    addresses: Addresses,
    activity: Option<Activity>,
    listening: Vec<(Arc<Service>, Listening)>,
    consumer: Option<JoinHandle<()>>,
    stop_consumer: watch::Sender<bool>,
    databases: Vec<Arc<Database>>,
    telemetry: Vec<(&'static str, Telemetry)>,
    folder: Option<PathBuf>,
    capture: Option<spandrel_evaltrack::Client>,
}

impl Demo {
    /// Starts the services; when it returns, they answer.
    ///
    /// # Errors
    /// See [`DemoError`].
    pub async fn start(settings: &Settings) -> Result<Self, DemoError> {
        let chosen = chosen(settings)?;
        let (listeners, addresses) = bind(settings, &chosen).await?;
        let peers = Arc::new(peers(settings, &addresses)?);
        let (folder, is_own) = parts::folder(settings)?;
        let (stop_consumer, stopped) = watch::channel(false);
        let mut parts = Parts::open(settings, &chosen, &folder, stopped).await?;
        let (mut all_telemetry, mut listening) = (Vec::new(), Vec::new());
        for (name, listener) in chosen.iter().copied().zip(listeners) {
            let telemetry = Telemetry::open(name, &settings.destinations)?;
            let seed = settings.seed.wrapping_add(place(name).unwrap_or(0) as u64);
            let fault = settings.fault.filter(|_| name == "gateway");
            let service = Arc::new(Service::new(name, &telemetry, Arc::clone(&peers), seed, fault)?);
            all_telemetry.push((name, telemetry));
            let routes = parts.routes(&service).await?;
            listening.push((service, listen::serve(name, listener, routes)));
        }
        let gateway = peers.url("gateway");
        let Parts { consumer, databases, capture, .. } = parts;
        Ok(Self {
            addresses,
            activity: activity::start(gateway, settings.traffic_per_minute, settings.seed)?,
            listening,
            consumer,
            stop_consumer,
            databases,
            telemetry: all_telemetry,
            folder: is_own.then_some(folder),
            capture,
        })
    }

    /// Where the services listen.
    #[must_use]
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Stops making traffic, answers what is under way, consumes what is queued, sends what was traced. Gives the
    /// names of the services whose spans could not all be sent, with the reason.
    pub async fn close(self) -> Vec<(&'static str, String)> {
        if let Some(activity) = self.activity {
            activity.stop().await;
        }
        // In the order of the calls: a service that is closed is called by none that is still open.
        for (service, listening) in self.listening {
            listening.close(service.name).await;
            service.wait_until_idle(PATIENCE).await;
        }
        let _ = self.stop_consumer.send(true);
        // With the order service its publisher is gone, so the consumer ends when the queue is empty.
        if let Some(consumer) = self.consumer
            && let Err(error) = consumer.await
        {
            tracing::error!("the notification consumer failed: {error}");
        }
        if let Some(capture) = self.capture {
            capture.close(PATIENCE).await;
        }
        for database in self.databases {
            database.close().await;
        }
        let mut closing = Vec::new();
        for (name, telemetry) in self.telemetry {
            let closed = tokio::task::spawn_blocking(move || telemetry.close());
            closing.push((name, closed));
        }
        let mut lost = Vec::new();
        for (name, closed) in closing {
            match closed.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => lost.push((name, error.to_string())),
                Err(error) => lost.push((name, error.to_string())),
            }
        }
        if let Some(folder) = self.folder
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::warn!("cannot remove {}: {error}", folder.display());
        }
        lost
    }
}
