//! The whole shop: opens the five services in an order in which each finds the others, and closes them without losing
//! a request or a span.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::listen::{self, Door};
use crate::service::Service;
use crate::telemetry::{Destination, Telemetry};
use crate::traffic::{self, Traffic};
use crate::{gateway, inventory, notification, order, payment, queue};

/// The names of the services in the order of their ports.
const NAMES: [&str; 5] = ["gateway", "order", "payment", "inventory", "notification"];

/// How to open a shop.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that all services listen on.
    pub host: IpAddr,
    /// The port of the gateway; the other services take the next four. 0 takes any free port for each.
    pub base_port: u16,
    /// Where spans go. One default destination follows the environment.
    pub destinations: Vec<Destination>,
    /// The seed of all latencies, choices and traffic.
    pub seed: u64,
    /// Orders that the shop makes for itself, per minute; 0 makes none.
    pub traffic_per_minute: f64,
}

/// Why a shop cannot open.
#[derive(Debug, thiserror::Error)]
pub enum ShopError {
    /// A port is taken or not allowed.
    #[error("{service} cannot listen on {host}:{port} (another port: --base-port)")]
    Listen {
        /// The service that wanted it.
        service: &'static str,
        /// The address.
        host: IpAddr,
        /// The port.
        port: u16,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The last of the five ports would be above 65535.
    #[error("base port {0} leaves no room for five ports below 65536")]
    BasePort(u16),
    /// The spans have nowhere to go.
    #[error("cannot send spans")]
    Export(#[from] opentelemetry_otlp::ExporterBuildError),
    /// The HTTP client cannot start.
    #[error("cannot start the HTTP client")]
    Client(#[from] reqwest::Error),
}

/// Where the services listen. Displays as `gateway=http://… order=http://…`.
#[derive(Clone, Copy, Debug)]
pub struct Addresses {
    all: [SocketAddr; 5],
}

impl Addresses {
    /// Names and addresses: gateway, order, payment, inventory, notification.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> {
        NAMES.into_iter().zip(self.all)
    }

    /// The one door for customers.
    #[must_use]
    pub fn gateway(&self) -> SocketAddr {
        self.all[0]
    }
}

impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, address)) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{name}=http://{address}")?;
        }
        Ok(())
    }
}

/// A shop that is open. Dropping it leaves requests and spans behind; [`Shop::close`] does not.
pub struct Shop {
    addresses: Addresses,
    traffic: Option<Traffic>,
    doors: Vec<(&'static str, Door)>,
    consumer: JoinHandle<()>,
    telemetry: Vec<(&'static str, Telemetry)>,
}

impl Shop {
    /// Opens all five services; when it returns, they answer.
    ///
    /// # Errors
    /// See [`ShopError`].
    pub async fn open(settings: &Settings) -> Result<Self, ShopError> {
        let mut listeners = Vec::new();
        let mut all = [SocketAddr::new(settings.host, 0); 5];
        for ((offset, name), place) in (0..).zip(NAMES).zip(&mut all) {
            let port = match settings.base_port {
                0 => 0,
                base => base.checked_add(offset).ok_or(ShopError::BasePort(base))?,
            };
            let (listener, address) = listen::bind(settings.host, port)
                .await
                .map_err(|cause| ShopError::Listen { service: name, host: settings.host, port, cause })?;
            listeners.push(listener);
            *place = address;
        }
        let mut telemetry = Vec::new();
        let mut service = |index: usize| -> Result<Arc<Service>, ShopError> {
            let name = NAMES[index];
            let own = Telemetry::open(name, &settings.destinations)?;
            let seed = settings.seed.wrapping_add(index as u64);
            let service = Service::new(name, &own, seed)?;
            telemetry.push((name, own));
            Ok(Arc::new(service))
        };
        let (publisher, consumer) = queue::open();
        let [_, order_at, payment_at, inventory_at, _] = all;
        let gateway = gateway::routes(&service(0)?, order_at, inventory_at);
        let order = order::routes(&service(1)?, payment_at, inventory_at, publisher);
        let payment = payment::routes(&service(2)?);
        let inventory = inventory::routes(&service(3)?);
        let (notification, consume) = notification::open(&service(4)?, consumer);
        let routes = [gateway, order, payment, inventory, notification];
        let doors = NAMES
            .into_iter()
            .zip(listeners)
            .zip(routes)
            .map(|((name, listener), routes)| (name, listen::serve(name, listener, routes)))
            .collect();
        let traffic = traffic::start(all[0], settings.traffic_per_minute, settings.seed)?;
        Ok(Self { addresses: Addresses { all }, traffic, doors, consumer: tokio::spawn(consume), telemetry })
    }

    /// Where the services listen.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Stops making traffic, answers what is under way, consumes what is queued, sends what was traced. Gives the
    /// names of the services whose spans could not all be sent, with the reason.
    pub async fn close(self) -> Vec<(&'static str, String)> {
        if let Some(traffic) = self.traffic {
            traffic.stop().await;
        }
        // In the order of the calls: whoever is closed is asked by nobody any more.
        for (name, door) in self.doors {
            door.close(name).await;
        }
        // With the order service its publisher is gone, so the consumer ends when the queue is empty.
        if let Err(error) = self.consumer.await {
            tracing::error!("the notification consumer failed: {error}");
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
        lost
    }
}
