//! The story: a small shop of five services that takes orders and tells what happened in real spans.
//!
//! Each service (gateway, order, payment, inventory, notification) listens on a port of its own, has a tracer provider
//! and a resource of its own, and talks to the others over HTTP with W3C trace context. It sends OTLP like any
//! stranger: nothing here knows the viewer or the server.

mod context;
mod gateway;
mod inventory;
mod listen;
mod notification;
mod order;
mod order_form;
mod pace;
mod payment;
mod queue;
mod refusal;
mod service;
mod shop;
mod stock;
pub mod telemetry;
mod traffic;

pub use shop::{Addresses, Settings, Shop, ShopError};
