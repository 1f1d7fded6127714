//! `ETag`s for answers of the API: a client that has the answer already is told so.
//!
//! Must not know what the answer says.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::http::error::HttpError;

/// Answers of the API are built in memory and pages of lists are bounded, so this is never reached.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Marks a JSON answer with its `ETag`, or answers 304 when the client named the same.
pub(crate) async fn mark(asked: Option<HeaderValue>, response: Response) -> Response {
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    // What brings an ETag of its own is a file that may be too large to be held in memory.
    let is_marked = response.headers().contains_key(header::ETAG);
    if response.status() != StatusCode::OK || !is_json || is_marked {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = match to_bytes(body, ANSWER_BYTES_MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return HttpError::internal(error.to_string()).into_response(),
    };
    let etag = etag_of(&bytes);
    let is_known = asked.is_some_and(|asked| names(&asked, &etag));
    if let Ok(value) = HeaderValue::try_from(&etag) {
        parts.headers.insert(header::ETAG, value);
    }
    if is_known {
        let mut answer = StatusCode::NOT_MODIFIED.into_response();
        *answer.headers_mut() = without_body(parts.headers);
        return answer;
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Weak, as compression changes the bytes and not the meaning.
fn etag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..16]))
}

/// Whether `If-None-Match` names the `ETag`; weakly compared (RFC 9110, 13.1.2).
fn names(asked: &HeaderValue, etag: &str) -> bool {
    let strong = |it: &str| it.trim().trim_start_matches("W/").to_owned();
    let asked = asked.to_str().unwrap_or_default();
    asked.trim() == "*" || asked.split(',').any(|it| strong(it) == strong(etag))
}

fn without_body(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(header::CONTENT_TYPE);
    headers.remove(header::CONTENT_LENGTH);
    headers
}
