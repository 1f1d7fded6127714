//! What the product stands on, one module per seam; knows nothing of what is built upon it.
//!
//! Must not know `core`, `services`, `http` or `cli`.

pub mod store;

pub mod blobs;
pub mod clock;
pub mod config;
pub mod mail;
pub mod outbound;
pub mod scripts;
pub mod search;
pub mod secrets;
pub mod telemetry;
