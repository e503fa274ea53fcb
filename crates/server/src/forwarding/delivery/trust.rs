//! Whom a target's certificate may be from: what the system trusts, and the certificates of the target's settings.

use super::DeliveryError;
use crate::config::forward::Forward;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::sync::Arc;

/// The roots for a target.
pub fn roots(settings: &Forward) -> Result<RootCertStore, DeliveryError> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in &system.errors {
        tracing::warn!("some certificates that the system trusts cannot be read: {error}");
    }
    roots.add_parsable_certificates(system.certs);
    if let Some(file) = &settings.ca {
        let failed = |why: String| DeliveryError::Certificates { file: file.display().to_string(), why };
        let mut found = 0;
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(error.to_string()))? {
            let certificate = certificate.map_err(|error| failed(error.to_string()))?;
            roots.add(certificate).map_err(|error| failed(error.to_string()))?;
            found += 1;
        }
        if found == 0 {
            return Err(failed("there is none".to_owned()));
        }
    }
    Ok(roots)
}

/// TLS for HTTP/1.1, with ring.
pub fn client(roots: RootCertStore) -> Result<ClientConfig, DeliveryError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| DeliveryError::Certificates { file: "TLS".to_owned(), why: error.to_string() })?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
