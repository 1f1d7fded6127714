//! What the errors of services mean to a client.
//!
//! Must not know routes. A service's error belongs here and nowhere else.

use serde_json::json;

use crate::core::engine::Rejection;
use crate::http::error::HttpError;
use crate::platform::store::StoreError;
use crate::services::execution::Refusal;
use crate::services::identity::IdentityError;
use crate::services::instances::{ListError, StartError};
use crate::services::search::FindError;

/// After how many seconds a client tries again when the database was busy.
const BUSY_RETRY_S: u64 = 2;

impl From<StoreError> for HttpError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => Self::unavailable(BUSY_RETRY_S, error.to_string()),
            StoreError::Conflict(_) => {
                Self::conflict("conflict", "it was changed at the same time, try again")
                    .with_cause(error.to_string())
            }
            StoreError::Driver(_) | StoreError::Corrupt(_) | StoreError::Unusable(_) => {
                Self::internal(error.to_string())
            }
        }
    }
}

impl From<IdentityError> for HttpError {
    fn from(error: IdentityError) -> Self {
        let message = error.to_string();
        match error {
            IdentityError::Store(error) => error.into(),
            IdentityError::WrongCredentials => {
                Self { code: "wrong_credentials", ..Self::unauthorized(message) }
            }
            IdentityError::TokenRefused => {
                Self { code: "token_refused", ..Self::unauthorized(message) }
            }
            IdentityError::Throttled { retry_after_s } => {
                Self { message, ..Self::too_many(retry_after_s) }
            }
            IdentityError::Overloaded => Self::unavailable(BUSY_RETRY_S, message),
            IdentityError::NotFound { what } => Self::not_found(what),
            IdentityError::Changed { expected_rev, found_rev } => {
                Self::conflict("revision_conflict", message)
                    .with_details(json!({ "expected_rev": expected_rev, "found_rev": found_rev }))
            }
            IdentityError::Taken { field, .. } => {
                Self::conflict("taken", message).with_details(json!({ "field": field }))
            }
            IdentityError::LastAdministrator => Self::conflict("last_administrator", message),
            IdentityError::SetupDone => Self::conflict("setup_done", message),
            IdentityError::Invalid { field, .. } => Self::unprocessable("invalid_value", message)
                .with_details(json!({ "field": field })),
            IdentityError::Hashing(cause) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::Rejected(rejection) => rejection.into(),
            Refusal::NotFound { .. } | Refusal::NoProcess(_) => {
                Self { message, ..Self::not_found("thing") }
            }
            Refusal::LeaseEnded(_) => Self::conflict("lease_ended", message),
            Refusal::Changed { expected, found, .. } => {
                Self::conflict("revision_conflict", message)
                    .with_details(json!({ "expected_rev": expected, "found_rev": found }))
            }
            Refusal::DuplicateMessage(_) => Self::conflict("duplicate_message", message),
            Refusal::Busy | Refusal::Stopping => Self::unavailable(BUSY_RETRY_S, message),
            Refusal::Failed(cause) => Self::internal(cause),
        }
    }
}

impl From<Rejection> for HttpError {
    fn from(rejection: Rejection) -> Self {
        let message = rejection.to_string();
        match rejection {
            Rejection::NotFound { .. } => Self { message, ..Self::not_found("thing") },
            Rejection::AlreadyCreated { .. }
            | Rejection::NotActive { .. }
            | Rejection::JobNotAvailable { .. }
            | Rejection::NotCalled { .. } => Self::conflict("wrong_state", message),
            Rejection::WrongDefinition { .. }
            | Rejection::NoStartEvent { .. }
            | Rejection::NoRetries { .. }
            | Rejection::PriorityOutOfRange { .. } => Self::unprocessable("invalid_value", message),
        }
    }
}

impl From<ListError> for HttpError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Filter(message) => Self::bad_request("invalid_query", message),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<StartError> for HttpError {
    fn from(error: StartError) -> Self {
        let message = error.to_string();
        match error {
            StartError::Invalid(problems) => {
                let located = problems
                    .iter()
                    .map(|problem| json!({ "path": problem.path, "message": problem.message }));
                let located: Vec<_> = located.collect();
                Self::unprocessable("invalid_variables", message)
                    .with_details(json!({ "problems": located }))
            }
            StartError::Refused(refusal) => refusal.into(),
        }
    }
}

impl From<FindError> for HttpError {
    fn from(error: FindError) -> Self {
        match error {
            FindError::Store(error) => error.into(),
            FindError::Index(error) => Self::internal(error.to_string()),
            FindError::Stopping => Self::unavailable(BUSY_RETRY_S, error.to_string()),
        }
    }
}
