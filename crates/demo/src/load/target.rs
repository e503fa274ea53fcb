//! Where requests may go: to this computer, unless another one is allowed.

use std::net::IpAddr;

/// Why requests are not sent to an address.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is no HTTP address.
    #[error("`{0}` is no address like http://127.0.0.1:8000")]
    NotHttp(String),
    /// It is another computer.
    #[error("`{0}` is not this computer: --allow-remote sends requests there all the same")]
    Remote(String),
}

/// The base URL without a slash at its end.
///
/// # Errors
/// Where it is not HTTP, or not on this computer and `allow_remote` is not set.
pub fn target(url: &str, allow_remote: bool) -> Result<String, TargetError> {
    let parsed = reqwest::Url::parse(url).ok();
    let parsed = parsed.filter(|url| ["http", "https"].contains(&url.scheme()));
    let Some(host) = parsed.as_ref().and_then(|url| url.host_str()) else {
        return Err(TargetError::NotHttp(url.to_owned()));
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_here = host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_here && !allow_remote {
        return Err(TargetError::Remote(url.to_owned()));
    }
    Ok(url.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_computer_is_a_target_unless_told() {
        for here in ["http://127.0.0.1:8000/", "http://localhost:8000", "http://[::1]:8000"] {
            assert!(target(here, false).is_ok(), "{here}");
        }
        let remote = "http://192.0.2.1:8000";
        assert!(matches!(target(remote, false), Err(TargetError::Remote(_))));
        assert_eq!(target(remote, true).unwrap(), remote);
        assert!(matches!(target("ftp://localhost", true), Err(TargetError::NotHttp(_))));
        assert!(matches!(target("localhost:8000", true), Err(TargetError::NotHttp(_))));
    }
}
