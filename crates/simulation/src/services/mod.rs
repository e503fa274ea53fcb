//! The services, each as the real one works: the same spans in the same order, with the same attributes.

mod auth;
mod body;
mod call;
mod database;
mod fault_paths;
pub(crate) mod gateway;
mod inventory;
mod notification;
mod order;
mod payment;
mod question;
mod timed;
mod user;

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

/// The port of a service, as the demo has it where nothing else is asked for.
fn port(name: &str) -> i64 {
    let place = NAMES.iter().position(|known| *known == name);
    8000 + place.map_or(0, crate::recorder::int)
}
