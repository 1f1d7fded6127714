//! Columns from the fields of a process's forms, where no JSON Schema was deployed.
//!
//! Must not know how forms are read.

use super::column::{ColumnType, DataSchema};
use crate::core::forms::{FieldShape, Form, ValueType};

impl DataSchema {
    /// One column for each variable that the forms fill, in their order; at most
    /// [`super::COLUMNS_MAX`], fields beyond stay variables only.
    ///
    /// A variable of several forms gets the type they share: a whole number and another number
    /// make numbers, any other difference makes JSON. A variable that one form fills whole and
    /// another in parts is one JSON column.
    #[must_use]
    pub fn from_forms(forms: &[&Form]) -> Self {
        let shapes: Vec<_> = forms.iter().flat_map(|form| form.shapes()).collect();
        let mut merged: Vec<(FieldShape, ColumnType, bool)> = Vec::new();
        for shape in shapes {
            let (column_type, is_indexed) = column_of(shape.value_type);
            let is_inside =
                |other: &[String]| shape.path.starts_with(other) || other.starts_with(&shape.path);
            match merged.iter_mut().find(|(known, ..)| is_inside(&known.path)) {
                Some((known, known_type, known_index)) => {
                    let is_same = known.path == shape.path;
                    let shorter = known.path.len().min(shape.path.len());
                    known.path.truncate(shorter);
                    *known_type =
                        if is_same { shared(*known_type, column_type) } else { ColumnType::Json };
                    *known_index &= is_indexed && *known_type != ColumnType::Json;
                }
                None => merged.push((shape, column_type, is_indexed)),
            }
        }
        let mut schema = Self::default();
        for (shape, column_type, is_indexed) in merged {
            schema.push(&shape.path.join("."), shape.label, (column_type, is_indexed));
        }
        schema
    }
}

fn column_of(value_type: ValueType) -> (ColumnType, bool) {
    match value_type {
        ValueType::Text => (ColumnType::Text, true),
        // Long texts are found by full-text search; an index of them would only grow.
        ValueType::LongText => (ColumnType::Text, false),
        ValueType::Integer => (ColumnType::Integer, true),
        ValueType::Decimal => (ColumnType::Real, true),
        ValueType::Boolean => (ColumnType::Boolean, true),
        ValueType::Date => (ColumnType::Date, true),
        ValueType::DateTime => (ColumnType::DateTime, true),
        ValueType::Json => (ColumnType::Json, false),
    }
}

fn shared(one: ColumnType, other: ColumnType) -> ColumnType {
    use ColumnType::{Integer, Json, Real};
    match (one, other) {
        _ if one == other => one,
        (Integer, Real) | (Real, Integer) => Real,
        _ => Json,
    }
}
