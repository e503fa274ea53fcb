//! Which services start here, where they listen, and where the others are.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use super::error::DemoError;
use super::settings::Settings;
use crate::runtime::listen;
use crate::runtime::peers::{CLASSIFIER, NAMES, Peers, READING_TIME, place};

/// Where the services of this process listen. Displays as `gateway=http://… order=http://…`.
#[derive(Clone, Debug)]
pub struct Addresses(Vec<(&'static str, SocketAddr)>);

impl Addresses {
    /// Names and addresses, in the order of [`NAMES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, SocketAddr)> + '_ {
        self.0.iter().copied()
    }

    /// The address of a service; `None` where it does not run here.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<SocketAddr> {
        self.iter().find(|(known, _)| *known == name).map(|(_, address)| address)
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

/// The names of the services to start, in the order of their ports.
pub(super) fn chosen(settings: &Settings) -> Result<Vec<&'static str>, DemoError> {
    if let Some(unknown) = settings.only.iter().find(|name| place(name).is_none()) {
        return Err(DemoError::UnknownService(unknown.clone()));
    }
    let is_chosen = |name: &&str| settings.only.is_empty() || settings.only.iter().any(|only| only == name);
    Ok(NAMES.into_iter().filter(is_chosen).collect())
}

fn port_of(settings: &Settings, name: &str) -> Result<u16, DemoError> {
    let offset = place(name).and_then(|place| u16::try_from(place).ok()).unwrap_or(0);
    match settings.base_port {
        0 => Ok(0),
        base => base.checked_add(offset).ok_or(DemoError::BasePort(base)),
    }
}

pub(super) async fn bind(
    settings: &Settings,
    chosen: &[&'static str],
) -> Result<(Vec<TcpListener>, Addresses), DemoError> {
    let mut listeners = Vec::new();
    let mut addresses = Vec::new();
    for service in chosen.iter().copied() {
        let port = port_of(settings, service)?;
        let (listener, address) = listen::bind(settings.host, port)
            .await
            .map_err(|cause| DemoError::Listen { service, host: settings.host, port, cause })?;
        listeners.push(listener);
        addresses.push((service, address));
    }
    Ok((listeners, Addresses(addresses)))
}

/// Where each service is called: at the URL that is given for it, else here, else at its port on the host.
pub(super) fn peers(settings: &Settings, addresses: &Addresses) -> Result<Peers, DemoError> {
    if let Some((unknown, _)) = settings.peers.iter().find(|(name, _)| place(name).is_none()) {
        return Err(DemoError::UnknownService(unknown.clone()));
    }
    let mut urls: [String; 15] = Default::default();
    for (name, url) in NAMES.into_iter().zip(&mut urls) {
        let given = settings.peers.iter().find(|(known, _)| known == name).map(|(_, url)| url.clone());
        *url = match (given, addresses.of(name)) {
            (Some(given), _) => given,
            (None, Some(address)) => format!("http://{}", reachable(address)),
            (None, None) => {
                let address = SocketAddr::new(settings.host, port_of(settings, name)?);
                format!("http://{}", reachable(address))
            }
        };
    }
    Ok(Peers::new(urls)
        .with(CLASSIFIER, settings.python_url.as_ref())
        .with(READING_TIME, settings.node_url.as_ref()))
}

/// A service that listens on all addresses is called at the loopback address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    address
}
