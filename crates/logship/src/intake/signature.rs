//! AWS Signature Version 4, by the crate of the AWS SDK.

use crate::builder::AwsCredentials;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningError, SigningSettings};
use aws_sigv4::sign::v4;
use std::time::SystemTime;

/// Why a request cannot be signed.
#[derive(Debug, thiserror::Error)]
#[error("the request cannot be signed: {0}")]
pub struct SigningFailed(String);

impl From<SigningError> for SigningFailed {
    fn from(error: SigningError) -> Self {
        SigningFailed(error.to_string())
    }
}

/// Signs a request. Returns the headers to add: `x-amz-date`, `authorization`, and `x-amz-security-token` where the
/// credentials have a session. All given headers are signed; `host` has to be among them.
///
/// # Errors
/// When the URL or a header cannot be written.
#[allow(clippy::too_many_arguments, reason = "a signature is of all of these")]
pub fn sign(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    credentials: &AwsCredentials,
    region: &str,
    service: &str,
    time: SystemTime,
) -> Result<Vec<(String, String)>, SigningFailed> {
    let identity = Credentials::new(
        &credentials.access_key_id,
        &credentials.secret_access_key,
        credentials.session_token.clone(),
        None,
        "logship",
    )
    .into();
    let params = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service)
        .time(time)
        .settings(SigningSettings::default())
        .build()
        .map_err(|why| SigningFailed(why.to_string()))?;
    let request = SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body))?;
    let (instructions, _) = aws_sigv4::http_request::sign(request, &params.into())?.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
