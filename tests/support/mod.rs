//! What several areas of the tests stand on: real servers, and a running engine.

pub(crate) mod engine;
pub(crate) mod models;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod smtp;
