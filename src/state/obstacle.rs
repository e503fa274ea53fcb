//! Why a server gave no answer that the page may read. Browsers do not say; it is concluded from the URL and a request whose
//! answer stays opaque.

use super::settings::absolute;
use crate::io::reach;
use leptos::prelude::window;
use spandrel_trace::source::Base;
use spandrel_trace::units::{Problem, ProblemKind};
use web_sys::Url;

/// What is in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The text is no HTTP URL.
    NotUrl,
    /// The page came over HTTPS and the URL is plain HTTP: browsers block that.
    MixedContent,
    /// Nothing answers.
    Unreachable,
    /// Something answers, but does not allow this page to read it (CORS).
    Cors,
}

/// The origin of this page, which a server must allow: `https://traces.example`.
pub fn origin() -> String {
    // A window always has one.
    window().location().origin().unwrap_or_default()
}

/// Whether what was typed is no HTTP URL, and no path on this page's server.
pub fn is_not_url(typed: &str) -> bool {
    of_url(absolute(typed).as_str(), &origin()) == Some(Obstacle::NotUrl)
}

/// What is in the way of a server, after a request to it failed without an answer.
async fn obstacle(base: &Base) -> Obstacle {
    match of_url(base.as_str(), &origin()) {
        Some(obstacle) => obstacle,
        None if reach::answers(base.as_str()).await => Obstacle::Cors,
        None => Obstacle::Unreachable,
    }
}

/// Adds to a problem without an answer of the server what is in the way; other problems stay as they are.
pub async fn explained(problem: Problem, base: &Base) -> Problem {
    if problem.kind == ProblemKind::Offline { named(problem, obstacle(base).await) } else { problem }
}

fn named(mut problem: Problem, obstacle: Obstacle) -> Problem {
    let (happened, advice): (&str, &[&str]) = match obstacle {
        Obstacle::NotUrl => ("This is not an HTTP URL.", &["Write it like http://jaeger.example:16686."]),
        Obstacle::MixedContent => (
            "This page was loaded over HTTPS, so the browser blocks servers without it (mixed content).",
            &["Use an https:// URL of the server, or open Spandrel over http://."],
        ),
        Obstacle::Unreachable => (
            "Nothing answers at this URL.",
            &[
                "Check that the server runs, and its host and port.",
                "Jaeger's query port is 16686 by default.",
            ],
        ),
        Obstacle::Cors => (
            "The server answers, but doesn't allow this page to read it (CORS).",
            &[
                "Allow the origin below on the server or on a proxy in front of it.",
                "Or let Jaeger serve Spandrel itself: point its UI assets path at Spandrel's files. Then no CORS is needed.",
            ],
        ),
    };
    if obstacle == Obstacle::Cors {
        problem.kind = ProblemKind::Blocked;
    }
    problem.happened = happened.to_owned();
    problem.advice = advice.iter().map(|advice| (*advice).to_owned()).collect();
    problem
}

/// What the URL alone says; `None` where a request has to tell.
pub fn of_url(url: &str, origin: &str) -> Option<Obstacle> {
    let Ok(parsed) = Url::new(url) else { return Some(Obstacle::NotUrl) };
    let protocol = parsed.protocol();
    // Some browsers escape what no host name may contain.
    if protocol != "http:" && protocol != "https:" || parsed.hostname().contains('%') {
        return Some(Obstacle::NotUrl);
    }
    // Browsers trust this machine without HTTPS.
    let is_local = matches!(parsed.hostname().as_str(), "localhost" | "127.0.0.1" | "[::1]");
    if origin.starts_with("https:") && protocol == "http:" && !is_local {
        return Some(Obstacle::MixedContent);
    }
    // An answer of this page's own server can be read.
    (parsed.origin() == origin).then_some(Obstacle::Unreachable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn some_obstacles_are_told_from_the_url_alone() {
        let page = "https://traces.example";
        assert_eq!(of_url("http://a b", page), Some(Obstacle::NotUrl));
        assert_eq!(of_url("ftp://jaeger", page), Some(Obstacle::NotUrl));
        assert_eq!(of_url("http://jaeger:16686", page), Some(Obstacle::MixedContent));
        assert_eq!(of_url("http://localhost:16686", page), None);
        assert_eq!(of_url("https://jaeger.example", page), None);
        assert_eq!(of_url("https://traces.example/jaeger", page), Some(Obstacle::Unreachable));
        assert_eq!(of_url("http://jaeger:16686", "http://localhost:8080"), None);
    }
}
