//! What a new version of a data schema adds to a table that already exists.
//!
//! Must not know SQL.
//!
//! **Invariant:** a column that exists is never renamed, retyped or removed.

use super::column::{Column, DataSchema};
use super::names::unique_name;

/// A new version's schema, fitted to the columns that exist.
#[derive(Debug, Clone, PartialEq)]
pub struct Evolution {
    /// The new version with the names its columns have in the table.
    pub schema: DataSchema,
    /// Columns to be added.
    pub added: Vec<Column>,
    /// Existing columns to be indexed now.
    pub newly_indexed: Vec<Column>,
}

impl DataSchema {
    /// Fits this version to a table: `existing` are all its business columns, of every version.
    ///
    /// The same variable with the same type keeps its column. A changed type gets a new column
    /// whose name ends in `_2` (`_3` the next time), so that old values stay what they were.
    #[must_use]
    pub fn evolve(&self, existing: &[Column]) -> Evolution {
        let mut schema = Self { columns: Vec::new(), json_schema: self.json_schema.clone() };
        let (mut added, mut newly_indexed) = (Vec::new(), Vec::new());
        for wanted in &self.columns {
            let kept = existing
                .iter()
                .find(|known| known.name == wanted.name && known.column_type == wanted.column_type);
            let column = if let Some(known) = kept {
                let column = Column { column_name: known.column_name.clone(), ..wanted.clone() };
                if wanted.is_indexed && !known.is_indexed {
                    newly_indexed.push(column.clone());
                }
                column
            } else {
                let column_name = new_name(wanted, existing, &added);
                let column = Column { column_name, ..wanted.clone() };
                added.push(column.clone());
                column
            };
            schema.columns.push(column);
        }
        Evolution { schema, added, newly_indexed }
    }
}

/// The names of all existing columns are taken, whether this version keeps them or not.
fn new_name(wanted: &Column, existing: &[Column], added: &[Column]) -> String {
    let is_taken = |name: &str| {
        let mut known = existing.iter().chain(added);
        known.any(|column| column.column_name == name)
    };
    unique_name(&wanted.name, is_taken)
}
