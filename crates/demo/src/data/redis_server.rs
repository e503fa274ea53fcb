//! The connection to a Redis server, where one is given.

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};

/// How long Redis may take to answer; longer than the wait for the next message.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Connects, and again whenever the connection breaks.
///
/// # Errors
/// Where the URL is wrong or the server cannot be reached.
pub(crate) async fn connect(url: &str) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_response_timeout(Some(TIMEOUT))
        .set_connection_timeout(Some(TIMEOUT));
    ConnectionManager::new_with_config(redis::Client::open(url)?, config).await
}

/// Host and port of a Redis URL, for spans.
pub(crate) fn host_and_port(url: &str) -> (String, i64) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) => (host.to_owned(), port.parse().unwrap_or(6379)),
        None => (authority.to_owned(), 6379),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_without_its_password() {
        assert_eq!(host_and_port("redis://:secret@cache:6380/0"), ("cache".into(), 6380));
        assert_eq!(host_and_port("redis://127.0.0.1"), ("127.0.0.1".into(), 6379));
    }
}
