//! `ETag` and `If-None-Match`: an answer of the query APIs that a client has already is not sent again.
//!
//! The tag is of the answer's bytes, so that it is right whatever they come from. Answers that are streamed have none:
//! their bytes are not known when their heads are sent.

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use sha2::{Digest, Sha256};

/// Tags a whole answer with 200, and answers 304 where the request names the tag.
pub async fn tag(request: Request, next: Next) -> Response<Body> {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    let is_whole = response.body().size_hint().exact().is_some();
    if !is_read || !is_whole || response.status() != StatusCode::OK {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // It is whole, so that this neither waits nor fails.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    let digest = Sha256::digest(&bytes);
    // Weak: the same answer may be sent compressed or not.
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{digits}\"");
    if let Ok(value) = HeaderValue::from_str(&tag) {
        head.headers.insert(header::ETAG, value);
        // Kept, and asked for again each time.
        head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    }
    if known.is_some_and(|known| names(known.to_str().unwrap_or_default(), &tag)) {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

/// Whether a list of tags has one, whether weak or not.
fn names(list: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|one| bare(one) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_tag_is_found_in_a_list() {
        assert!(names("W/\"a\"", "W/\"a\"") && names("\"b\", \"a\"", "W/\"a\"") && names("*", "W/\"a\""));
        assert!(!names("", "W/\"a\"") && !names("W/\"b\"", "W/\"a\"") && !names("a", "W/\"a\""));
    }
}
