//! What the errors of services mean to a client.
//!
//! Must not know routes. A service's error belongs here and nowhere else.

use serde_json::json;

use crate::http::error::HttpError;
use crate::platform::store::StoreError;
use crate::services::identity::IdentityError;

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
                Self::unauthorized(message).with_code("wrong_credentials")
            }
            IdentityError::TokenRefused => Self::unauthorized(message).with_code("token_refused"),
            IdentityError::Throttled { retry_after_s } => {
                Self::too_many(retry_after_s).with_message(message)
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
