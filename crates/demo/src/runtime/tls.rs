//! TLS of HTTP clients and exporters.

/// Installs the provider of TLS, once for the process: `reqwest` and the exporters have none of their own.
pub(crate) fn install_tls() {
    // Fails where it was done before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
