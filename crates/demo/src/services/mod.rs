//! The services, one a file, and what they read from requests.

pub(crate) mod auth;
pub(crate) mod cache;
mod fault_paths;
mod fields;
pub(crate) mod gateway;
mod gen_ai;
pub(crate) mod inventory;
pub(crate) mod llm;
pub(crate) mod notification;
pub(crate) mod orchestrator;
pub(crate) mod order;
mod order_form;
pub(crate) mod order_store;
pub(crate) mod payment;
pub(crate) mod rag;
pub(crate) mod search;
pub(crate) mod stock;
pub(crate) mod timed;
pub(crate) mod user;
pub(crate) mod vector;
