//! Which variables of a process become columns of its data table, and what goes into them.
//!
//! Must not know SQL beyond what a safe column name is, nor where schemas are kept.
//!
//! **Invariant:** column names are lower snake case of ASCII letters, digits and single `_`, at
//! most [`COLUMN_NAME_CHARS_MAX`] long, unique in a schema, and neither reserved words of SQL nor
//! names of our own columns.

mod column;
mod evolution;
mod from_forms;
mod from_json_schema;
mod names;
mod values;

pub use column::{COLUMNS_MAX, Column, ColumnType, DataSchema};
pub use evolution::Evolution;
pub use names::COLUMN_NAME_CHARS_MAX;
pub use values::{Cell, ColumnValue};
