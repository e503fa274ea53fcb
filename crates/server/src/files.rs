//! The built viewer: `index.html` for every page, and its files, compressed where a compressed copy lies beside them.
//!
//! Files of a directory are read for each request and not cached, however their paths are spelled; with the feature
//! `embedded-viewer` they are part of the binary. Only the page is cached, since its content security policy contains
//! the hash of every inline script.

use crate::jaeger::text;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
use tower::ServiceExt;
use tower_http::services::ServeDir;

const NO_VIEWER: &str =
    "The viewer is not here: start the server with --viewer DIR, where DIR holds index.html.\n";
const PAGE: &str = "index.html";
const HTML: &str = "text/html; charset=utf-8";

/// The page as it is sent.
struct Page {
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
    etag: String,
    policy: String,
    stamp: Option<(SystemTime, u64)>,
}

/// Where the viewer's files are. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Viewer {
    directory: Option<PathBuf>,
    facts: Arc<[(&'static str, String)]>,
    page: Arc<Mutex<Option<Arc<Page>>>>,
}

impl Viewer {
    /// Files of a directory; without one those in the binary, if any.
    pub fn new(directory: Option<PathBuf>) -> Self {
        Viewer { directory, facts: Arc::default(), page: Arc::default() }
    }

    /// Writes facts of this server into the page, which holds the name of each with `DEFAULT_` before it in its place.
    #[must_use]
    pub fn with_facts(self, facts: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Viewer { facts: facts.into_iter().collect(), ..self }
    }

    /// Answers a GET or HEAD for a path below the prefix (with its first slash, not decoded).
    pub async fn answer(&self, path: &str, method: &Method, headers: &HeaderMap) -> Response<Body> {
        if !matches!(path, "" | "/" | "/index.html")
            && let Some(found) = self.file(path, method, headers).await
        {
            return found;
        }
        // A missing file is a missing file; a missing page is for the viewer to name.
        if path.starts_with("/static/") {
            return text(StatusCode::NOT_FOUND, "404 page not found\n");
        }
        let viewer = self.clone();
        let page = tokio::task::spawn_blocking(move || viewer.page()).await;
        match page.ok().flatten() {
            Some(page) => respond(&page, headers),
            None => text(StatusCode::NOT_FOUND, NO_VIEWER),
        }
    }

    async fn file(&self, path: &str, method: &Method, headers: &HeaderMap) -> Option<Response<Body>> {
        let mut response = match &self.directory {
            Some(directory) => from_directory(directory, path, method, headers).await?,
            None => from_binary(path, headers)?,
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching(path)));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
            && let Ok(policy) = HeaderValue::from_str(&policy(""))
        {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        Some(response)
    }

    /// The page, read again when its file has changed. Blocks.
    fn page(&self) -> Option<Arc<Page>> {
        let stamp = match &self.directory {
            Some(directory) => {
                let meta = std::fs::metadata(directory.join(PAGE)).ok()?;
                Some((meta.modified().ok()?, meta.len()))
            }
            None => None,
        };
        let mut kept = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = kept.as_ref().filter(|page| page.stamp == stamp) {
            return Some(page.clone());
        }
        let read = |name: &str| match &self.directory {
            Some(directory) => std::fs::read(directory.join(name)).ok().map(Bytes::from),
            None => embedded(name),
        };
        let (mut plain, mut gzip, mut brotli) = (read(PAGE)?, read("index.html.gz"), read("index.html.br"));
        let page = String::from_utf8_lossy(&plain);
        let replaced = self.facts.iter().fold(page.to_string(), |page, (name, value)| {
            page.replace(&format!("= DEFAULT_{name};"), &format!("= {value};"))
        });
        if replaced != page {
            // The compressed copies are of the page without facts.
            (plain, gzip, brotli) = (Bytes::from(replaced), None, None);
        }
        let etag = format!("\"{}\"", hex(&Sha256::digest(&plain)[..16]));
        let policy = policy(&String::from_utf8_lossy(&plain));
        let page = Arc::new(Page { plain, gzip, brotli, etag, policy, stamp });
        *kept = Some(page.clone());
        Some(page)
    }
}

/// A file of a directory; `None` where there is none. Paths that lead out of the directory are none.
async fn from_directory(
    directory: &Path,
    path: &str,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Response<Body>> {
    let mut wanted = Request::new(Body::empty());
    *wanted.method_mut() = method.clone();
    *wanted.uri_mut() = path.parse::<Uri>().ok()?;
    *wanted.headers_mut() = headers.clone();
    let files = ServeDir::new(directory)
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip();
    let response = match files.oneshot(wanted).await {
        Ok(response) => response.map(Body::new),
        Err(never) => match never {},
    };
    let found = !matches!(response.status(), StatusCode::NOT_FOUND | StatusCode::TEMPORARY_REDIRECT);
    found.then_some(response)
}

/// A file embedded in the binary; `None` where there is none.
fn from_binary(path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let path = percent_encoding::percent_decode_str(path.trim_start_matches('/')).decode_utf8().ok()?;
    let plain = embedded(&path)?;
    let (gzip, brotli) = (embedded(&format!("{path}.gz")), embedded(&format!("{path}.br")));
    let mut response = encoded(&plain, gzip.as_ref(), brotli.as_ref(), headers);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(&path)));
    Some(response)
}

#[cfg(feature = "embedded-viewer")]
fn embedded(path: &str) -> Option<Bytes> {
    static DIST: include_dir::Dir = include_dir::include_dir!("$SPANDREL_DIST_AT_BUILD");
    DIST.get_file(path).map(|file| Bytes::from_static(file.contents()))
}

#[cfg(not(feature = "embedded-viewer"))]
fn embedded(_: &str) -> Option<Bytes> {
    None
}

fn respond(page: &Page, headers: &HeaderMap) -> Response<Body> {
    let put = |response: &mut Response<Body>, name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    let known = value(headers, header::IF_NONE_MATCH);
    let known = known
        .split(',')
        .any(|tag| matches!(tag.trim().trim_start_matches("W/"), tag if tag == page.etag || tag == "*"));
    let mut response = if known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let mut response = encoded(&page.plain, page.gzip.as_ref(), page.brotli.as_ref(), headers);
        put(&mut response, header::CONTENT_TYPE, HTML);
        response
    };
    put(&mut response, header::ETAG, &page.etag);
    put(&mut response, header::CACHE_CONTROL, "no-cache");
    put(&mut response, header::CONTENT_SECURITY_POLICY, &page.policy);
    put(&mut response, header::REFERRER_POLICY, "same-origin");
    response
}

/// The best of what is there that is accepted.
fn encoded(
    plain: &Bytes,
    gzip: Option<&Bytes>,
    brotli: Option<&Bytes>,
    headers: &HeaderMap,
) -> Response<Body> {
    let accepted = value(headers, header::ACCEPT_ENCODING);
    let (body, encoding) = match (brotli, gzip) {
        (Some(brotli), _) if accepts(accepted, "br") => (brotli, Some("br")),
        (_, Some(gzip)) if accepts(accepted, "gzip") => (gzip, Some("gzip")),
        _ => (plain, None),
    };
    let mut response = Response::new(Body::from(body.clone()));
    let headers = response.headers_mut();
    if gzip.is_some() || brotli.is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn value(headers: &HeaderMap, name: header::HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A folder below `static/` is named by the hash of what it holds, so its files never change; all else is asked for
/// anew each time (and mostly answered with 304).
fn caching(path: &str) -> &'static str {
    let hashed = path
        .strip_prefix("/static/")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(folder, _)| folder.len() == 16 && folder.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if hashed { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// Whether an `Accept-Encoding` admits an encoding; `;q=0` refuses it.
fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|item| {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        name.trim().eq_ignore_ascii_case(encoding) && weight.is_ok_and(|weight| weight > 0.0)
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => HTML,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "map" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

/// The policy for a page: only what it brings along runs. Other backends may be asked for traces.
fn policy(html: &str) -> String {
    let mut scripts = String::new();
    for script in inline_scripts(html) {
        scripts.push_str(&format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))));
    }
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{scripts}; style-src 'self'; \
         connect-src 'self' http: https:; img-src 'self' data:; font-src 'self'; worker-src 'self'; \
         manifest-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
}

/// Contents of `<script>` elements without `src`, exactly as they stand between the tags.
fn inline_scripts(html: &str) -> Vec<&str> {
    let lower = html.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = lower[at..].find("<script") {
        let tag = at + open;
        let Some(close) = lower[tag..].find('>') else { break };
        let start = tag + close + 1;
        let Some(length) = lower[start..].find("</script") else { break };
        let attributes = &lower[tag + "<script".len()..start - 1];
        let has_source = attributes.split_whitespace().any(|word| word.starts_with("src="));
        if !has_source && !attributes.contains("text/plain") {
            found.push(&html[start..start + length]);
        }
        at = start + length;
    }
    found
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_inline_scripts_are_hashed() {
        let html = "<script src=\"a.js\"></script><SCRIPT type=module>let a = 1;</SCRIPT>\
                    <script type=\"text/plain\">no</script><script>b()</script>";
        assert_eq!(inline_scripts(html), ["let a = 1;", "b()"]);
        assert!(
            policy("<script>alert(1)</script>")
                .contains("'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='")
        );
    }

    #[test]
    fn encodings_and_caching_are_read_from_what_is_said() {
        assert!(accepts("gzip, deflate, br", "br") && accepts("GZIP;q=0.5", "gzip"));
        assert!(!accepts("br;q=0, gzip", "br") && !accepts("", "gzip"));
        assert!(caching("/static/0123456789abcdef/app.js").contains("immutable"));
        assert_eq!(caching("/static/app.js"), "no-cache");
        assert_eq!(caching("/favicon.svg"), "no-cache");
    }
}
