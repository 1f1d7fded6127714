//! Rust values to and from [`Value`], and columns of a [`Row`] read by position and type.
//!
//! Knows nothing of statements and databases.

use std::sync::Arc;

use super::sql::{Row, StoreError, Value};

impl Value {
    /// A list of integers for `… IN (SELECT value FROM json_each(?1))`.
    #[must_use]
    pub fn integers(items: impl IntoIterator<Item = i64>) -> Self {
        let items: Vec<i64> = items.into_iter().collect();
        Self::from(serde_json::Value::from(items).to_string())
    }

    /// A list of texts for `… IN (SELECT value FROM json_each(?1))`.
    #[must_use]
    pub fn texts<T: Into<String>>(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<String> = items.into_iter().map(Into::into).collect();
        Self::from(serde_json::Value::from(items).to_string())
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a floating point number",
            Self::Text(_) => "text",
            Self::Blob(_) => "bytes",
        }
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.as_str().into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Arc<str>> for Value {
    fn from(value: Arc<str>) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value.into())
    }
}

impl From<Arc<[u8]>> for Value {
    fn from(value: Arc<[u8]>) -> Self {
        Self::Blob(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Columns count from 0; a column of another type, or none at all, is `Corrupt`.
impl Row {
    /// The integer in a column.
    ///
    /// # Errors
    /// `Corrupt` when the column is NULL, of another type or missing.
    pub fn integer(&self, column: usize) -> Result<i64, StoreError> {
        match self.value(column)? {
            Value::Integer(value) => Ok(*value),
            other => Err(mismatch(column, "an integer", other)),
        }
    }

    /// The integer in a column, or `None` for NULL.
    ///
    /// # Errors
    /// `Corrupt` when the column is of another type or missing.
    pub fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.unless_null(column, Self::integer)
    }

    /// The boolean in a column, stored as 0 or 1.
    ///
    /// # Errors
    /// `Corrupt` when the column holds anything else.
    pub fn boolean(&self, column: usize) -> Result<bool, StoreError> {
        match self.value(column)? {
            Value::Integer(0) => Ok(false),
            Value::Integer(1) => Ok(true),
            other => Err(mismatch(column, "0 or 1", other)),
        }
    }

    /// The floating point number in a column.
    ///
    /// # Errors
    /// `Corrupt` when the column is NULL, of another type or missing.
    pub fn real(&self, column: usize) -> Result<f64, StoreError> {
        match self.value(column)? {
            Value::Real(value) => Ok(*value),
            other => Err(mismatch(column, "a floating point number", other)),
        }
    }

    /// The floating point number in a column, or `None` for NULL.
    ///
    /// # Errors
    /// `Corrupt` when the column is of another type or missing.
    pub fn optional_real(&self, column: usize) -> Result<Option<f64>, StoreError> {
        self.unless_null(column, Self::real)
    }

    /// The text in a column.
    ///
    /// # Errors
    /// `Corrupt` when the column is NULL, of another type or missing.
    pub fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.value(column)? {
            Value::Text(value) => Ok(value),
            other => Err(mismatch(column, "text", other)),
        }
    }

    /// The text in a column, or `None` for NULL.
    ///
    /// # Errors
    /// `Corrupt` when the column is of another type or missing.
    pub fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.unless_null(column, Self::text)
    }

    /// The bytes in a column.
    ///
    /// # Errors
    /// `Corrupt` when the column is NULL, of another type or missing.
    pub fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        match self.value(column)? {
            Value::Blob(value) => Ok(value),
            other => Err(mismatch(column, "bytes", other)),
        }
    }

    /// The bytes in a column, or `None` for NULL.
    ///
    /// # Errors
    /// `Corrupt` when the column is of another type or missing.
    pub fn optional_blob(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        self.unless_null(column, Self::blob)
    }

    fn value(&self, column: usize) -> Result<&Value, StoreError> {
        self.0.get(column).ok_or_else(|| {
            StoreError::Corrupt(format!("column {column}: the row has {} columns", self.0.len()))
        })
    }

    fn unless_null<'r, T>(
        &'r self,
        column: usize,
        read: impl FnOnce(&'r Self, usize) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            _ => read(self, column).map(Some),
        }
    }
}

fn mismatch(column: usize, expected: &str, found: &Value) -> StoreError {
    StoreError::Corrupt(format!("column {column}: expected {expected}, found {}", found.kind()))
}
