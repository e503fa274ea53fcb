//! The services by name: the order of their ports, and where each is reached.

/// The services in the order of their ports.
pub const NAMES: [&str; 15] = [
    "gateway",
    "auth",
    "user",
    "order",
    "payment",
    "inventory",
    "notification",
    "orchestrator",
    "search",
    "vector",
    "rag",
    "llm",
    "cache",
    "service1",
    "service2",
];

/// The place of a service in [`NAMES`].
pub(crate) fn place(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name)
}

/// Base URLs of all services, without a slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct Peers([String; 15]);

impl Peers {
    /// One URL for each of [`NAMES`].
    pub(crate) fn new(urls: [String; 15]) -> Self {
        Self(urls.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// The base URL of a service; empty for an unknown name.
    pub(crate) fn url(&self, name: &str) -> &str {
        place(name).and_then(|place| self.0.get(place)).map_or("", String::as_str)
    }
}
