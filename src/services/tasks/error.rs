//! Why something about a user task was not done.
//!
//! Must not know status codes.

use crate::core::forms::FieldError;
use crate::platform::store::StoreError;
use crate::services::execution::Refusal;

/// Why something about a user task was not done; nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// There is no such user task, or the principal may not know of it.
    #[error("there is no such user task")]
    NotFound,
    /// The principal may see it, but not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// It was completed or canceled before.
    #[error("the user task is not open any more")]
    Ended,
    /// Somebody else has it.
    #[error("{assignee} has claimed the user task")]
    Taken {
        /// Who has it.
        assignee: String,
        /// The revision it has.
        rev: i64,
    },
    /// It is not what the caller saw.
    #[error("the user task was changed: expected revision {expected}, it has {found}")]
    Changed {
        /// The revision the caller saw.
        expected: i64,
        /// The revision it has.
        found: i64,
    },
    /// A listener of the user task refused the change; the reason may be empty.
    #[error("the change was refused{}", reason(.0))]
    Denied(String),
    /// It changes so fast that no change got through.
    #[error("the user task is being changed by others, try again in a moment")]
    Contended,
    /// What was filled in does not fit the form.
    #[error("{} of the values do not fit the form", .0.len())]
    Invalid(Vec<FieldError>),
    /// A value is not acceptable.
    #[error("{field}: {message}")]
    Unacceptable {
        /// Which value.
        field: &'static str,
        /// What was expected.
        message: String,
    },
    /// The engine refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn reason(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

impl TaskError {
    pub(super) fn unacceptable(field: &'static str, message: impl Into<String>) -> Self {
        Self::Unacceptable { field, message: message.into() }
    }
}
