//! CSRF tokens: proof that a form came from one of our own pages.
//!
//! A token is derived from the secret in the visitor's cookie, which other sites can't read, so
//! nothing is stored. Must not know sessions beyond that secret.
//!
//! **Invariant:** a form's hidden field `csrf` stands before its other fields, so that the check
//! needs only the beginning of an upload.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use crate::http::error::HttpError;
use crate::http::extract::{content_type, too_large};

/// The header that scripts send the token in.
pub const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// The form field that carries the token.
const FIELD: &str = "csrf";
/// How much of an upload is looked at for the token.
const PEEK_BYTES_MAX: usize = 16 * 1024;

/// The token for the secret in the visitor's cookie.
#[must_use]
pub fn token_for(secret: &str) -> String {
    let digest = Sha256::new().chain_update("flowstead csrf\0").chain_update(secret).finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// Lets a request pass that carries the expected token in its header or its form.
///
/// # Errors
/// 403 when the token is missing or another one; 413 for a form above the limit.
pub(crate) async fn check(
    request: Request,
    expected: &str,
    limit_bytes: usize,
) -> Result<Request, HttpError> {
    if let Some(found) = header_token(request.headers()) {
        return pass_if(is_same(found, expected), request);
    }
    match content_type(request.headers()).as_deref() {
        Some("application/x-www-form-urlencoded") => {
            check_form(request, expected, limit_bytes).await
        }
        Some("multipart/form-data") => check_multipart(request, expected).await,
        _ => Err(refusal()),
    }
}

async fn check_form(
    request: Request,
    expected: &str,
    limit_bytes: usize,
) -> Result<Request, HttpError> {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, limit_bytes).await.map_err(|_| too_large())?;
    let mut fields = form_urlencoded::parse(&bytes);
    let matches = fields.any(|(name, value)| name == FIELD && is_same(&value, expected));
    pass_if(matches, Request::from_parts(parts, Body::from(bytes)))
}

async fn check_multipart(request: Request, expected: &str) -> Result<Request, HttpError> {
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let mut seen: Vec<Bytes> = Vec::new();
    let mut start = Vec::new();
    let mut matches = false;
    while !matches && start.len() < PEEK_BYTES_MAX {
        let Some(chunk) = rest.try_next().await.map_err(|_| refusal())? else { break };
        start.extend_from_slice(&chunk[..chunk.len().min(PEEK_BYTES_MAX)]);
        seen.push(chunk);
        matches = multipart_token(&start).is_some_and(|found| is_same(found, expected));
    }
    let body = stream::iter(seen.into_iter().map(Ok)).chain(rest);
    pass_if(matches, Request::from_parts(parts, Body::from_stream(body)))
}

/// The value of the field `csrf`, once its end was received.
fn multipart_token(start: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
    };
    let (_, after_name) = text.split_once("name=\"csrf\"")?;
    let (_, value) = after_name.split_once("\r\n\r\n")?;
    value.split_once("\r\n").map(|(value, _)| value)
}

fn header_token(headers: &HeaderMap) -> Option<&str> {
    headers.get(CSRF_HEADER)?.to_str().ok()
}

/// Compares digests: the time it takes says nothing about where the texts differ.
fn is_same(found: &str, expected: &str) -> bool {
    Sha256::digest(found) == Sha256::digest(expected)
}

fn pass_if(matches: bool, request: Request) -> Result<Request, HttpError> {
    if matches { Ok(request) } else { Err(refusal()) }
}

fn refusal() -> HttpError {
    let message = "the form has expired or came from elsewhere, load the page again";
    HttpError::new(axum::http::StatusCode::FORBIDDEN, "csrf_refused", message)
}
