//! Where services keep things and what computes texts: SQL, cache, queue, text generation.

pub(crate) mod cache_store;
pub(crate) mod database;
pub(crate) mod generator;
pub(crate) mod queue;
mod redis_server;
pub(crate) mod sql_value;

pub(crate) use spandrel_simulation::{embedding, retrieval};
