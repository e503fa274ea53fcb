//! TLS of the server's own ports: a chain of certificates and its key, from PEM files, with ring.

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What accepts connections with TLS.
#[derive(Clone)]
pub struct Acceptors {
    /// For HTTP/1.1.
    pub http: TlsAcceptor,
    /// For gRPC.
    pub grpc: TlsAcceptor,
}

/// Why there can be no TLS.
#[derive(Debug, thiserror::Error)]
#[error("TLS needs a certificate and its key (--tls-cert, --tls-key): {file}: {why}")]
pub struct TlsError {
    file: String,
    why: String,
}

/// Loads a chain of certificates, the server's own first, and its key. Blocks.
pub fn load(certificates: &Path, key: &Path) -> Result<Acceptors, TlsError> {
    let failed = |file: &Path, why: String| TlsError { file: file.display().to_string(), why };
    let of_certificates = |error: rustls::pki_types::pem::Error| failed(certificates, error.to_string());
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificates)
        .map_err(of_certificates)?
        .collect::<Result<_, _>>()
        .map_err(of_certificates)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(certificates, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|error| failed(certificates, error.to_string()))?;
    let speaking = |protocol: &[u8]| {
        let mut config = config.clone();
        config.alpn_protocols = vec![protocol.to_vec()];
        TlsAcceptor::from(Arc::new(config))
    };
    Ok(Acceptors { http: speaking(b"http/1.1"), grpc: speaking(b"h2") })
}
