//! Audit events: what people, programs and the engine did, written in the transaction that did it.
//!
//! Each database holds the events of its own changes in the same table. Must not know HTTP, nor
//! the search index, which follows the events by their keys.
//!
//! **Invariant:** an event's key is taken inside the transaction that writes it, so on SQLite keys
//! rise in the order of commits. On PostgreSQL transactions overlap: whoever follows the keys reads
//! the last seconds again.

mod event;
mod rows;

pub use event::{Actor, ActorKind, AuditEvent, Change, Origin, Subject};
pub use rows::{
    count_after, largest_key, list_after, list_before, list_by_keys, load, record, record_all,
};
