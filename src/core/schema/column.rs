//! The columns of a process's data table.
//!
//! Must not know where a schema came from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::names::unique_name;

/// Columns of one schema: below what SQLite and PostgreSQL allow, room left for later versions.
pub const COLUMNS_MAX: usize = 200;

/// The business data of a process: its columns and, where one was deployed, its JSON Schema.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DataSchema {
    /// The columns, in the order of the source.
    pub columns: Vec<Column>,
    /// The JSON Schema as it was deployed, for validating variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<Value>,
}

/// One variable, or a value inside one, as a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// The variable and the path inside it, with dots.
    pub name: String,
    /// What people call it: a title or a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The name in SQL, safe without quotes on SQLite and PostgreSQL.
    pub column_name: String,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether it is searched by.
    pub is_indexed: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// A whole number of 64 bits.
    Integer,
    /// A double.
    Real,
    /// A text.
    Text,
    /// 0 or 1.
    Boolean,
    /// A day as text, `2026-01-31`.
    Date,
    /// A point in time, milliseconds since 1970 in UTC.
    DateTime,
    /// JSON as text: lists, objects, and what has no single type.
    Json,
}

impl DataSchema {
    /// Adds a column unless the limit is reached, with a name of its own.
    pub(super) fn push(&mut self, name: &str, title: Option<String>, kind: (ColumnType, bool)) {
        if self.columns.len() >= COLUMNS_MAX {
            return;
        }
        let is_taken = |candidate: &str| self.columns.iter().any(|c| c.column_name == candidate);
        let column_name = unique_name(name, is_taken);
        let (column_type, is_indexed) = kind;
        self.columns.push(Column {
            name: name.to_owned(),
            title,
            column_name,
            column_type,
            is_indexed,
        });
    }
}
