//! The pure room: what a process means. No I/O, no clock, no randomness, no async.

pub mod model;

pub mod feel;

pub mod xml;

pub mod bpmn;
pub mod dmn;
pub mod forms;
pub mod schema;

pub mod engine;
pub mod scenario;
pub mod world;

pub mod access;
