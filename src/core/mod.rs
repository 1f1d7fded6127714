//! The pure room: what a process means. No I/O, no clock, no randomness, no async.

pub mod feel;
pub mod forms;
pub mod model;
pub mod schema;
