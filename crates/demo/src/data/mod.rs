//! Where services keep things and what computes texts: SQL, cache, queue, embeddings, text generation.

pub(crate) mod cache_store;
pub(crate) mod corpus;
pub(crate) mod database;
pub(crate) mod embedding;
pub(crate) mod generator;
pub(crate) mod queue;
mod redis_server;
pub(crate) mod sql_value;
