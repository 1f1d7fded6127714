//! The one error of the HTTP layer: what the client can do next, in one type.
//!
//! Services keep their own errors and know nothing of status codes; the translation stands in
//! `error_from`. Must not write to the log: the detail is logged once, where errors are presented.
//!
//! **Invariant:** `cause` never reaches a client.

use std::ops::Deref;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;

/// What a request ended in when it did not succeed; boxed, as errors travel through every result.
#[derive(Debug, Clone)]
pub struct HttpError(Box<Fault>);

/// What an [`HttpError`] says.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The HTTP status.
    pub status: StatusCode,
    /// The reason as a stable word programs can act on, such as `not_found`.
    pub code: &'static str,
    /// What went wrong and what was expected, for people.
    pub message: String,
    /// Facts about the error, such as a line and a column.
    pub details: Option<Json>,
    /// After how many seconds another try can help.
    pub retry_after_s: Option<u64>,
    /// Where a page sends the visitor instead of showing the error.
    pub redirect: Option<String>,
    /// What the log says about it.
    pub cause: Option<String>,
}

impl HttpError {
    /// An error with a status, a code and a message.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let fault = Fault {
            status,
            code,
            message,
            details: None,
            retry_after_s: None,
            redirect: None,
            cause: None,
        };
        Self(Box::new(fault))
    }

    /// 400: the request can't be understood.
    #[must_use]
    pub fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// 401: nobody is signed in, or the credential is not valid.
    #[must_use]
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// 403: signed in, but not allowed.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: there is no such thing; `what` names it, such as `user` or `process instance`.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    /// 409: it does not fit the present state.
    #[must_use]
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 422: understood, but a value is not acceptable.
    #[must_use]
    pub fn unprocessable(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message)
    }

    /// 429: too many requests; another try helps after so many seconds.
    #[must_use]
    pub fn too_many(retry_after_s: u64) -> Self {
        let message = format!("too many requests, try again in {retry_after_s} s");
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message);
        error.with_retry_after(retry_after_s)
    }

    /// 503: busy or stopping; another try helps after so many seconds.
    #[must_use]
    pub fn unavailable(retry_after_s: u64, cause: impl Into<String>) -> Self {
        let message = "the server is busy, try again shortly";
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message);
        error.with_retry_after(retry_after_s).with_cause(cause)
    }

    /// 500: our fault; the cause goes to the log under the request id.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        let message = "an internal error occurred, the request id refers to its log entry";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message).with_cause(cause)
    }

    /// Says the reason by another word.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.0.code = code;
        self
    }

    /// Says it in other words.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Adds facts about the error.
    #[must_use]
    pub fn with_details(mut self, details: Json) -> Self {
        self.0.details = Some(details);
        self
    }

    /// Adds what the log says.
    #[must_use]
    pub fn with_cause(mut self, cause: impl Into<String>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Sends visitors of pages there instead.
    #[must_use]
    pub fn with_redirect(mut self, location: impl Into<String>) -> Self {
        self.0.redirect = Some(location.into());
        self
    }

    fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }
}

impl Deref for HttpError {
    type Target = Fault;

    fn deref(&self) -> &Fault {
        &self.0
    }
}

/// The error on its way out: the presenting layer turns it into JSON or a page.
#[derive(Clone)]
pub(crate) struct Raised(pub(crate) Arc<HttpError>);

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(Raised(Arc::new(self)));
        response
    }
}
