//! The API for programs, one file per resource: a typed request in, a service call, data out.
//!
//! Must not know SQL or the engine.

pub mod audit;
pub mod auth;
pub mod bulk_operations;
pub mod conditions;
pub mod decisions;
pub mod deployments;
pub mod files;
pub mod forms;
pub mod groups;
pub mod history;
pub mod incidents;
pub mod instance_changes;
pub mod instances;
mod job_results;
pub mod jobs;
pub mod messages;
pub mod processes;
pub mod roles;
pub mod schedules;
pub mod search;
pub mod signals;
pub mod system;
pub mod talk;
pub mod tasks;
pub mod tokens;
pub mod users;
