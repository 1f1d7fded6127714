//! `Idempotency-Key`: a POST that is sent again gets the first answer again.
//!
//! The key counts per user and route, for a day. Must not know what the request does.
//!
//! **Invariant:** while a request is being answered, no second one with the same key runs.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::too_large;
use crate::http::route::{BodyLimit, Route, SMALL_BODY_BYTES, Surface};
use crate::http::session::Visitor;
use crate::services::identity::{IdempotencyKey, KeptAnswer, Reservation};

/// The header that carries the key.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Set on an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_LENGTH_MAX: usize = 255;
/// Larger answers are not kept: a POST answers with what it made, which is small.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// Runs the request once for each key; without a key it simply runs.
pub(crate) async fn run(
    app: &App,
    route: &Route,
    user_key: Option<i64>,
    request: Request,
    next: Next,
) -> Response {
    let key = request.headers().get(IDEMPOTENCY_KEY).cloned();
    let applies = route.method == Method::POST && route.surface == Surface::Api;
    let (Some(key), Some(user_key), true) = (key, user_key, applies) else {
        return next.run(request).await;
    };
    let outcome = run_keyed(app, route, user_key, &key, request, next).await;
    outcome.unwrap_or_else(IntoResponse::into_response)
}

async fn run_keyed(
    app: &App,
    route: &Route,
    user_key: i64,
    key: &HeaderValue,
    request: Request,
    next: Next,
) -> Result<Response, HttpError> {
    let key = checked_key(route, user_key, key)?;
    let (mut parts, body) = request.into_parts();
    let bytes = to_bytes(body, SMALL_BODY_BYTES).await.map_err(|_| too_large())?;
    let uri = parts.uri.to_string();
    let request_hash = Sha256::new().chain_update(uri).chain_update([0]).chain_update(&bytes);
    let request_hash: [u8; 32] = request_hash.finalize().into();
    if let Some(visitor) = parts.extensions.get_mut::<Visitor>() {
        visitor.once = Some(digest(&key, request_hash));
    }
    match app.identity.reserve_answer(key.clone(), request_hash).await? {
        Reservation::Answered(answer) => return Ok(replay(answer)),
        Reservation::Running => {
            let message = "a request with this Idempotency-Key is still being answered";
            return Err(HttpError::conflict("idempotency_running", message));
        }
        Reservation::OtherRequest => {
            let message = "this Idempotency-Key was used with another request";
            return Err(HttpError::unprocessable("idempotency_mismatch", message));
        }
        Reservation::Reserved => {}
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    keep(app, key, response).await
}

/// Names the request for the engine, which keeps what it did in the transaction that did it: after
/// a crash between that and [`keep`] the request is answered again, and done once.
fn digest(key: &IdempotencyKey, request_hash: [u8; 32]) -> [u8; 32] {
    let digest = Sha256::new().chain_update(key.user_key.to_be_bytes()).chain_update(request_hash);
    digest.chain_update(&key.route).chain_update([0]).chain_update(&key.key).finalize().into()
}

fn checked_key(
    route: &Route,
    user_key: i64,
    key: &HeaderValue,
) -> Result<IdempotencyKey, HttpError> {
    if route.body_limit == BodyLimit::Configured {
        let message = "Idempotency-Key is not supported where files are uploaded";
        return Err(HttpError::bad_request("idempotency_unsupported", message));
    }
    let text = key.to_str().ok().filter(|it| (1..=KEY_LENGTH_MAX).contains(&it.len()));
    let text = text.ok_or_else(|| {
        let message = format!("Idempotency-Key: expected 1 to {KEY_LENGTH_MAX} ASCII characters");
        HttpError::bad_request("invalid_idempotency_key", message)
    })?;
    Ok(IdempotencyKey { user_key, route: route.path.to_owned(), key: text.to_owned() })
}

/// Keeps an answer that is final; one that another try may change is forgotten.
async fn keep(app: &App, key: IdempotencyKey, response: Response) -> Result<Response, HttpError> {
    let status = response.status();
    let is_final = status.is_success() || status.is_redirection();
    if !is_final {
        app.identity.forget_answer(key).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, ANSWER_BYTES_MAX).await else {
        app.identity.forget_answer(key).await?;
        return Err(HttpError::internal("an answer to a keyed request was too large to keep"));
    };
    let text = |name| {
        let value: Option<&HeaderValue> = parts.headers.get(name);
        value.and_then(|it| it.to_str().ok()).map(ToOwned::to_owned)
    };
    let answer = KeptAnswer {
        status: status.as_u16(),
        content_type: text(header::CONTENT_TYPE),
        location: text(header::LOCATION),
        body: bytes.to_vec(),
    };
    app.identity.keep_answer(key, answer).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn replay(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(answer.body)).into_response();
    let headers = response.headers_mut();
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    let texts = [(header::CONTENT_TYPE, answer.content_type), (header::LOCATION, answer.location)];
    for (name, text) in texts {
        if let Some(Ok(value)) = text.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
    response
}
