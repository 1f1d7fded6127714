//! What the errors of services mean to a client.
//!
//! Must not know routes. A service's error belongs here and nowhere else.

use axum::http::StatusCode;
use serde_json::{Value as Json, json};

use crate::core::engine::{MigrationProblem, Rejection};
use crate::core::forms::FieldError;
use crate::http::error::HttpError;
use crate::platform::blobs::BlobError;
use crate::platform::store::StoreError;
use crate::services::bulk::BulkError;
use crate::services::execution::Refusal;
use crate::services::files::FilesError;
use crate::services::identity::IdentityError;
use crate::services::instances::{ListError, StartError};
use crate::services::processes::{EXAMPLES, ExampleError};
use crate::services::search::FindError;
use crate::services::tasks::TaskError;

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

impl From<ExampleError> for HttpError {
    fn from(error: ExampleError) -> Self {
        match error {
            ExampleError::Unknown(_) => {
                let names: Vec<&str> = EXAMPLES.iter().map(|example| example.id).collect();
                let message = format!("{error}, expected one of {}", names.join(", "));
                Self::unprocessable("invalid_value", message)
            }
            ExampleError::Deploy(error) => error.into(),
            ExampleError::Identity(error) => error.into(),
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

impl From<TaskError> for HttpError {
    fn from(error: TaskError) -> Self {
        let message = error.to_string();
        match error {
            TaskError::NotFound => Self::not_found("user task"),
            TaskError::Forbidden(_) => Self::forbidden(message),
            TaskError::Ended => Self::conflict("user_task_ended", message),
            TaskError::Taken { assignee, rev } => Self::conflict("user_task_taken", message)
                .with_details(json!({ "assignee": assignee, "found_rev": rev })),
            TaskError::Changed { expected, found } => Self::conflict("revision_conflict", message)
                .with_details(json!({ "expected_rev": expected, "found_rev": found })),
            TaskError::Denied(_) => Self::conflict("user_task_denied", message),
            TaskError::Contended => Self::conflict("conflict", message),
            TaskError::Invalid(errors) => invalid_fields(&errors),
            TaskError::Unacceptable { field, .. } => Self::unprocessable("invalid_value", message)
                .with_details(json!({ "field": field })),
            TaskError::Refused(refusal) => refusal.into(),
            TaskError::Store(error) => error.into(),
        }
    }
}

fn invalid_fields(errors: &[FieldError]) -> HttpError {
    let first = errors.first().map(|it| format!("{}: {}", it.key, it.message));
    let message = match errors.len() {
        0 | 1 => first.unwrap_or_default(),
        more => format!("{}, and {} more", first.unwrap_or_default(), more - 1),
    };
    HttpError::unprocessable("invalid_form", message).with_details(json!({ "fields": errors }))
}

impl From<FilesError> for HttpError {
    fn from(error: FilesError) -> Self {
        let message = error.to_string();
        match error {
            FilesError::NotFound => Self::not_found("file"),
            FilesError::Forbidden(_) => Self::forbidden(message),
            FilesError::Missing { .. } => Self::internal(message),
            FilesError::Blob(error) => error.into(),
            FilesError::Store(error) => error.into(),
        }
    }
}

impl From<BlobError> for HttpError {
    fn from(error: BlobError) -> Self {
        let message = error.to_string();
        match error {
            BlobError::TooLarge { limit } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "file_too_large", message)
                    .with_details(json!({ "limit": limit }))
            }
            BlobError::BrokenOff(_) => Self::bad_request("unreadable_body", message),
            BlobError::Storage(_) => Self::internal(message),
        }
    }
}

impl From<Refusal> for HttpError {
    fn from(refusal: Refusal) -> Self {
        let message = refusal.to_string();
        match refusal {
            Refusal::NotFound { kind, .. } => Self::not_found(kind),
            Refusal::NoProcess(_) => Self::not_found("process"),
            Refusal::Rejected(rejection) => rejected(&rejection, message),
            Refusal::CannotRewind { .. } => Self::conflict("cannot_rewind", message),
            Refusal::LeaseEnded(_) => Self::conflict("lease_ended", message),
            Refusal::Changed { expected, found, .. } => {
                Self::conflict("revision_conflict", message)
                    .with_details(json!({ "expected_rev": expected, "found_rev": found }))
            }
            Refusal::DuplicateMessage(_) => Self::conflict("duplicate_message", message),
            Refusal::Busy | Refusal::Stopping => Self::unavailable(BUSY_RETRY_S, message),
            Refusal::Failed(_) => Self::internal(message),
        }
    }
}

fn rejected(rejection: &Rejection, message: String) -> HttpError {
    match rejection {
        Rejection::NotFound { target, .. } => HttpError::not_found(&target.to_string()),
        Rejection::NoRetries { .. }
        | Rejection::NoJob { .. }
        | Rejection::PriorityOutOfRange { .. }
        | Rejection::ResultNotFitting { .. }
        | Rejection::CannotBegin { .. } => HttpError::unprocessable("invalid_value", message),
        Rejection::UserTaskBusy { .. } => HttpError::conflict("user_task_busy", message),
        Rejection::CannotModify { instruction, .. } => {
            HttpError::conflict("cannot_modify", message)
                .with_details(json!({ "instruction": instruction }))
        }
        Rejection::CannotMigrate { problems } => {
            let problem = |it: &MigrationProblem| {
                let key = it.element_instance_key.map(|key| key.to_string());
                let (id, why) = (&*it.element_id, it.reason.to_string());
                json!({ "element_id": id, "element_instance_key": key, "message": why })
            };
            let problems: Vec<Json> = problems.iter().map(problem).collect();
            HttpError::conflict("cannot_migrate", message)
                .with_details(json!({ "problems": problems }))
        }
        Rejection::NoStartEvent { .. } => HttpError::unprocessable("no_start_event", message),
        _ => HttpError::conflict("not_possible_now", message),
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
                    .map(|it| json!({ "path": it.path, "message": it.message }))
                    .collect::<Vec<_>>();
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

impl From<BulkError> for HttpError {
    fn from(error: BulkError) -> Self {
        let message = error.to_string();
        match error {
            BulkError::Nothing | BulkError::TooMany => {
                Self::unprocessable("invalid_selection", message)
            }
            BulkError::NotFound(_) => Self::not_found("operation"),
            BulkError::NotNow(_) => Self::conflict("not_possible_now", message),
            BulkError::List(error) => error.into(),
            BulkError::Store(error) => error.into(),
        }
    }
}
