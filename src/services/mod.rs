//! What the product does, a folder per capability, each with its rules and its own SQL.
//!
//! Must not know HTTP, pages or the command line.

pub mod audit;

pub mod bulk;
pub mod connectors;
pub mod decisions;
pub mod execution;
pub mod files;
pub mod identity;
pub mod incidents;
pub mod instances;
pub mod jobs;
pub mod operations;
pub mod processes;
pub mod search;
pub mod tasks;
