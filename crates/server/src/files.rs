//! The built viewer: `index.html` for every page, what lies below `static/` as files, compressed, rightly cached.
//!
//! From a directory files are read again when they change (development); with the feature `embedded-viewer` they
//! come with the binary. The content security policy carries the hash of every inline script, so it is computed from
//! the page that is served.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

const NO_VIEWER: &str =
    "The viewer is not here: start the server with --viewer DIR, where DIR holds index.html.\n";
/// Compressing less than this saves nothing.
const WORTH_COMPRESSING: usize = 1024;

/// A file as it is sent.
struct Asset {
    plain: Vec<u8>,
    gzip: Option<Vec<u8>>,
    brotli: Option<Vec<u8>>,
    etag: String,
    content_type: &'static str,
    policy: Option<String>,
    stamp: Option<(SystemTime, u64)>,
}

/// Where the viewer's files are.
#[derive(Clone)]
pub struct Viewer {
    directory: Option<PathBuf>,
    cache: Arc<Mutex<HashMap<String, Arc<Asset>>>>,
}

impl Viewer {
    /// Files of a directory; without one those in the binary, if any.
    pub fn new(directory: Option<PathBuf>) -> Self {
        Viewer { directory, cache: Arc::default() }
    }

    /// Answers a GET for a path below the prefix (decoded, without its first slash). Blocks.
    pub fn answer(&self, path: &str, headers: &HeaderMap) -> Response<Body> {
        let wanted = if path.is_empty() { "index.html" } else { path };
        match self.find(wanted) {
            Some(asset) => respond(&asset, wanted, headers),
            // A missing file is a missing file; a missing page is for the viewer to name.
            None if wanted.starts_with("static/") => plain(StatusCode::NOT_FOUND, "404 page not found\n"),
            None => match self.find("index.html") {
                Some(asset) => respond(&asset, "index.html", headers),
                None => plain(StatusCode::NOT_FOUND, NO_VIEWER),
            },
        }
    }

    fn find(&self, path: &str) -> Option<Arc<Asset>> {
        let stamp = match &self.directory {
            Some(directory) => {
                let meta =
                    std::fs::metadata(inside(directory, path)?).ok().filter(std::fs::Metadata::is_file)?;
                Some((meta.modified().ok()?, meta.len()))
            }
            None => None,
        };
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(asset) = cached.filter(|asset| asset.stamp == stamp) {
            return Some(asset);
        }
        let asset = Arc::new(self.load(path, stamp)?);
        self.cache.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), asset.clone());
        Some(asset)
    }

    fn load(&self, path: &str, stamp: Option<(SystemTime, u64)>) -> Option<Asset> {
        let plain = self.read(path)?;
        let content_type = content_type(path);
        let packable = plain.len() >= WORTH_COMPRESSING && is_packable(content_type);
        let gzip = if packable { self.read(&format!("{path}.gz")).or_else(|| gzip(&plain)) } else { None };
        let brotli = if packable { self.read(&format!("{path}.br")) } else { None };
        let etag = format!("\"{}\"", hex(&Sha256::digest(&plain)[..16]));
        let policy = (content_type == HTML).then(|| policy(&String::from_utf8_lossy(&plain)));
        Some(Asset { plain, gzip, brotli, etag, content_type, policy, stamp })
    }

    fn read(&self, path: &str) -> Option<Vec<u8>> {
        match &self.directory {
            Some(directory) => {
                let mut bytes = Vec::new();
                std::fs::File::open(inside(directory, path)?).ok()?.read_to_end(&mut bytes).ok()?;
                Some(bytes)
            }
            None => embedded(path),
        }
    }
}

#[cfg(feature = "embedded-viewer")]
fn embedded(path: &str) -> Option<Vec<u8>> {
    static DIST: include_dir::Dir = include_dir::include_dir!("$SPANDREL_DIST_AT_BUILD");
    DIST.get_file(path).map(|file| file.contents().to_vec())
}

#[cfg(not(feature = "embedded-viewer"))]
fn embedded(_: &str) -> Option<Vec<u8>> {
    None
}

/// The file of a path, if the path stays inside.
fn inside(directory: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path);
    let tame = !path.contains(['\\', '\0'])
        && relative.components().all(|part| matches!(part, Component::Normal(_)));
    tame.then(|| directory.join(relative))
}

fn respond(asset: &Asset, path: &str, headers: &HeaderMap) -> Response<Body> {
    let text = |name: header::HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let mut response = Response::new(Body::empty());
    let put = |response: &mut Response<Body>, name: header::HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(&mut response, header::ETAG, &asset.etag);
    put(&mut response, header::CACHE_CONTROL, caching(path));
    put(&mut response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if asset.gzip.is_some() || asset.brotli.is_some() {
        put(&mut response, header::VARY, "accept-encoding");
    }
    if let Some(policy) = &asset.policy {
        put(&mut response, header::CONTENT_SECURITY_POLICY, policy);
        put(&mut response, header::REFERRER_POLICY, "same-origin");
    }
    let known = text(header::IF_NONE_MATCH);
    if known.split(',').any(|tag| tag.trim().trim_start_matches("W/") == asset.etag || tag.trim() == "*") {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    put(&mut response, header::CONTENT_TYPE, asset.content_type);
    let accepted = text(header::ACCEPT_ENCODING);
    let body = match (&asset.brotli, &asset.gzip) {
        (Some(brotli), _) if accepts(accepted, "br") => {
            put(&mut response, header::CONTENT_ENCODING, "br");
            brotli
        }
        (_, Some(gzip)) if accepts(accepted, "gzip") => {
            put(&mut response, header::CONTENT_ENCODING, "gzip");
            gzip
        }
        _ => &asset.plain,
    };
    *response.body_mut() = Body::from(body.clone());
    response
}

/// A folder below `static/` is named by the hash of what it holds, so its files never change; all else is asked for
/// anew each time (and mostly answered with 304).
fn caching(path: &str) -> &'static str {
    let hashed = path
        .strip_prefix("static/")
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

fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().filter(|packed| packed.len() < plain.len())
}

const HTML: &str = "text/html; charset=utf-8";

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

fn is_packable(content_type: &str) -> bool {
    !matches!(content_type, "image/png" | "image/x-icon" | "font/woff2" | "application/octet-stream")
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

fn plain(status: StatusCode, body: &'static str) -> Response<Body> {
    crate::jaeger::text(status, body)
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
    fn paths_stay_inside() {
        let root = Path::new("/srv/dist");
        assert!(inside(root, "static/a.js").is_some());
        for path in ["../secret", "static/../../secret", "/etc/passwd", "a\\..\\b"] {
            assert_eq!(inside(root, path), None, "{path}");
        }
    }

    #[test]
    fn encodings_and_caching_are_read_from_what_is_said() {
        assert!(accepts("gzip, deflate, br", "br") && accepts("GZIP;q=0.5", "gzip"));
        assert!(!accepts("br;q=0, gzip", "br") && !accepts("", "gzip"));
        assert!(caching("static/0123456789abcdef/app.js").contains("immutable"));
        assert_eq!(caching("static/app.js"), "no-cache");
        assert_eq!(caching("index.html"), "no-cache");
    }
}
