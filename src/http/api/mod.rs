//! The API for programs, one file per resource: a typed request in, a service call, data out.
//!
//! Must not know SQL or the engine.

pub mod audit;
pub mod auth;
pub mod groups;
pub mod roles;
pub mod system;
pub mod tokens;
pub mod users;
