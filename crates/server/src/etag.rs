//! `ETag` and `If-None-Match`: an answer of the query APIs that a client has already is not sent again.
//!
//! The tag is of the answer's bytes, so that it is right whatever they come from. The bytes of an answer that is streamed are
//! not known when its head is sent: that of a trace has a tag of what it is made of (see [`Source`]), others have none.

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::response::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};

/// Whose data is answered: tenants may have traces of the same id in the same place, which are not the same.
#[derive(Clone)]
pub struct Owner(pub Arc<str>);

/// Tags a whole answer with 200, and answers 304 where the request names the tag.
pub async fn tag(State(owner): State<Owner>, request: Request, next: Next) -> Response<Body> {
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    if !is_read || response.status() != StatusCode::OK {
        return response;
    }
    let is_whole = response.body().size_hint().exact().is_some();
    let (mut head, body) = response.into_parts();
    if !is_whole {
        let Some(tag) = head.extensions.get::<Source>().and_then(|source| source.tag(&owner, &head.headers))
        else {
            return Response::from_parts(head, body);
        };
        let is_known = mark(&mut head, &tag, known.as_ref());
        // Without its body the query stops.
        return Response::from_parts(head, if is_known { Body::empty() } else { body });
    }
    // It is whole, so that this neither waits nor fails.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    let digest = Sha256::digest(&bytes);
    // Weak: the same answer may be sent compressed or not.
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("W/\"{digits}\"");
    let is_known = mark(&mut head, &tag, known.as_ref());
    Response::from_parts(head, if is_known { Body::empty() } else { Body::from(bytes) })
}

/// Sets the `ETag` of a response. If the request's `If-None-Match` names it, also turns the response's head into a 304's and
/// returns `true`.
fn mark(head: &mut Parts, tag: &str, known: Option<&HeaderValue>) -> bool {
    if let Ok(value) = HeaderValue::from_str(tag) {
        head.headers.insert(header::ETAG, value);
        // Kept, and asked for again each time.
        head.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    }
    let is_known = known.is_some_and(|known| names(known.to_str().unwrap_or_default(), tag));
    if is_known {
        head.status = StatusCode::NOT_MODIFIED;
        head.headers.remove(header::CONTENT_TYPE);
    }
    is_known
}

/// Identity of the stored data that a response is made of, set by the query once it is known. While the server runs, responses
/// of one owner, URL and media type with equal identities have equal bytes. An extension of the response; clones share one value.
#[derive(Clone, Default)]
pub struct Source(Arc<OnceLock<u128>>);

impl Source {
    /// Sets the identity. Later calls are ignored.
    pub fn is(&self, state: u128) {
        let _ = self.0.set(state);
    }

    fn tag(&self, Owner(owner): &Owner, headers: &HeaderMap) -> Option<String> {
        // One address answers in several types.
        let media = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
        let kind = crc32fast::hash(&[owner.as_bytes(), b" ", media].concat());
        Some(format!("W/\"{:032x}-{kind:08x}\"", self.0.get()?))
    }
}

/// Whether a list of tags has one, whether weak or not.
fn names(list: &str, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|one| bare(one) == bare(tag))
}

#[cfg(test)]
mod tests {
    use super::{Owner, Source, names};
    use axum::http::HeaderMap;

    #[test]
    fn tenants_whose_traces_lie_in_the_same_place_have_tags_of_their_own() {
        let source = Source::default();
        source.is(7);
        let tag = |owner: &str| source.tag(&Owner(owner.into()), &HeaderMap::new()).unwrap();
        assert_eq!(tag("a"), tag("a"));
        assert_ne!(tag("a"), tag("b"));
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        assert!(names("W/\"a\"", "W/\"a\"") && names("\"b\", \"a\"", "W/\"a\"") && names("*", "W/\"a\""));
        assert!(!names("", "W/\"a\"") && !names("W/\"b\"", "W/\"a\"") && !names("a", "W/\"a\""));
    }
}
