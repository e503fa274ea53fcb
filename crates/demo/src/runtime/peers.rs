//! The services by name: the order of their ports, and where each is reached.

pub use spandrel_simulation::NAMES;

/// The place of a service in [`NAMES`].
pub(crate) fn place(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

/// The service of `examples/python`.
pub(crate) const CLASSIFIER: &str = "classifier";
/// The service of `examples/node`.
pub(crate) const READING_TIME: &str = "reading-time";

/// Base URLs of all services, without a slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    urls: [String; 15],
    /// Services in other languages that are running.
    others: Vec<(&'static str, String)>,
}

impl Peers {
    /// One URL for each of [`NAMES`].
    pub(crate) fn new(urls: [String; 15]) -> Self {
        Self { urls: urls.map(|url| url.trim_end_matches('/').to_owned()), others: Vec::new() }
    }

    /// The same with a service in another language, where a URL is given.
    pub(crate) fn with(mut self, name: &'static str, url: Option<&String>) -> Self {
        self.others.extend(url.map(|url| (name, url.trim_end_matches('/').to_owned())));
        self
    }

    /// The base URL of a service; empty for an unknown name.
    pub(crate) fn url(&self, name: &str) -> &str {
        let other = || self.others.iter().find(|(known, _)| *known == name).map(|(_, url)| url);
        place(name).and_then(|place| self.urls.get(place)).or_else(other).map_or("", String::as_str)
    }

    /// Whether a service can be called.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.url(name).is_empty()
    }
}
