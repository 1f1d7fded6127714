//! The pure room: what a process means. No I/O, no clock, no randomness, no async.

pub mod access;
pub mod feel;
pub mod model;
