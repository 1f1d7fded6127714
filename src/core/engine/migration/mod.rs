//! Migration: an instance goes on in another version of its process, as in Camunda 8.
//!
//! [`propose_migration`] says which element of the new version each element becomes;
//! [`check_migration`] gives every reason why an instance can't go on that way. Jobs, user tasks,
//! called instances and the waits of mapped events are kept as they are; waits of events that are
//! not mapped end, and those of new events begin. Must not know how versions are deployed.
//!
//! **Invariant:** everything the instance holds that names an element or a sequence flow names one
//! of the new version afterwards, of the same kind and in the same scope.

mod check;
mod history;
mod perform;
mod proposal;

pub use check::{MigrationProblem, MigrationReason, check_migration};
pub use history::named_anew;
pub(crate) use perform::migrate;
pub use proposal::{Proposal, propose_migration};
