//! Turns every error on its way out into the envelope, or into a page for people.
//!
//! Errors travel as an extension of the response until here, where the request is known. This is
//! the boundary where the detail is logged, once. Must not know any resource.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use crate::http::app::App;
use crate::http::envelope::JSON;
use crate::http::error::{HttpError, Raised};
use crate::http::error_page;
use crate::http::frame::{Asked, Frame};
use crate::http::observe::RequestFacts;

/// The layer that presents errors.
pub(crate) async fn present(State(app): State<App>, request: Request, next: Next) -> Response {
    let facts = RequestFacts::of(request.extensions());
    let is_head = request.method() == Method::HEAD;
    let asked = wants_page(&request).then(|| Asked::of(&request, facts.clone()));
    let response = next.run(request).await;
    let Some(error) = raised(&response) else { return response };
    log(&error, &facts);
    let kept = response.headers().clone();
    let mut presented = match (&error.redirect, &asked) {
        (Some(location), Some(_)) => Redirect::to(location).into_response(),
        _ if is_head => error.status.into_response(),
        (_, Some(asked)) => as_page(&app, &error, asked).await,
        _ => as_json(&error, &facts.request_id),
    };
    keep_headers(&mut presented, &kept, &error);
    presented
}

/// Who is turned away because there is too much to do gets a page that costs nothing.
async fn as_page(app: &App, error: &HttpError, asked: &Asked) -> Response {
    let is_busy = error.retry_after_s.is_some();
    let frame = if is_busy { None } else { Frame::around_error(app, asked).await };
    error_page::render(error, asked, frame.as_ref())
}

/// The error of a response: ours, or one a library made, in our words.
fn raised(response: &Response) -> Option<Arc<HttpError>> {
    if let Some(Raised(error)) = response.extensions().get::<Raised>() {
        return Some(Arc::clone(error));
    }
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_plain = content_type.is_none_or(|it| it.as_bytes().starts_with(b"text/plain"));
    (is_error && is_plain).then(|| {
        let reason = status.canonical_reason().unwrap_or("error").to_ascii_lowercase();
        Arc::new(HttpError::new(status, "refused", reason))
    })
}

fn as_json(error: &HttpError, request_id: &str) -> Response {
    let body = json!({
        "status": "error",
        "error": {
            "code": error.code,
            "message": error.message,
            "details": error.details,
            "request_id": request_id,
        }
    });
    (error.status, [JSON], body.to_string()).into_response()
}

fn keep_headers(presented: &mut Response, kept: &HeaderMap, error: &HttpError) {
    let headers = presented.headers_mut();
    for name in [header::ALLOW, header::SET_COOKIE] {
        for value in kept.get_all(&name) {
            headers.append(name.clone(), value.clone());
        }
    }
    if let Some(seconds) = error.retry_after_s {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if error.status == StatusCode::UNAUTHORIZED && error.redirect.is_none() {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
}

fn log(error: &HttpError, facts: &RequestFacts) {
    let cause = error.cause.as_deref().unwrap_or_default();
    let (status, code, request_id) = (error.status.as_u16(), error.code, &*facts.request_id);
    if error.status.is_server_error() {
        tracing::error!(request_id, status, code, cause, "request failed");
    } else if !cause.is_empty() {
        tracing::info!(request_id, status, code, cause, "request refused");
    }
}

/// Programs get JSON; people, whose browsers ask for HTML, get pages.
fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let is_api = path.starts_with("/api/") || path.starts_with("/v2/");
    let accept =
        request.headers().get(header::ACCEPT).and_then(|it| it.to_str().ok()).unwrap_or_default();
    !is_api && accept.contains("text/html")
}
