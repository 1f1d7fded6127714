//! What is wrong with a model, located so that a person can mend it.
//!
//! Must not know how problems are shown.

use serde::Serialize;

/// Whether a problem stops a deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The model can't be deployed.
    Error,
    /// The model can be deployed, but is likely not what its author meant.
    Warning,
}

/// One problem of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Whether it stops a deployment.
    pub severity: Severity,
    /// Line in the source, from 1.
    pub line: u32,
    /// Column in the source, in characters, from 1.
    pub column: u32,
    /// The element it belongs to, where there is one.
    pub element_id: Option<String>,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What would be right, where that can be said.
    pub expected: Option<String>,
}
