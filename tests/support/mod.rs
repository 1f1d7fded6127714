//! What several areas of the tests stand on: real servers.

pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod smtp;
