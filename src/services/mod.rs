//! What the product does, one folder per capability, each with its rules and its own SQL.
//!
//! Must not know `http` or `cli`.

pub mod audit;
pub mod identity;
