//! Extractors whose refusals say where the input is wrong and what was expected.
//!
//! Handlers use these instead of axum's own, so that every refusal comes in our envelope. Must not
//! know any resource.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::http::error::HttpError;

/// A JSON body. Types that stand here refuse unknown fields.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        expect_content_type(request.headers(), is_json, "application/json")?;
        let bytes = Bytes::from_request(request, state).await.map_err(|it| unreadable(&it))?;
        parse_body(&bytes).map(Self)
    }
}

/// A JSON body, or `None` when the body is empty.
#[derive(Debug)]
pub struct OptionalBody<T>(pub Option<T>);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for OptionalBody<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        let headers = request.headers().clone();
        let bytes = Bytes::from_request(request, state).await.map_err(|it| unreadable(&it))?;
        if bytes.is_empty() {
            return Ok(Self(None));
        }
        expect_content_type(&headers, is_json, "application/json")?;
        parse_body(&bytes).map(|it| Self(Some(it)))
    }
}

/// The fields of a submitted HTML form.
#[derive(Debug)]
pub struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        expect_content_type(request.headers(), is_form, "application/x-www-form-urlencoded")?;
        let bytes = Bytes::from_request(request, state).await.map_err(|it| unreadable(&it))?;
        let fields = form_urlencoded::parse(&bytes);
        refuse_nul(fields)?;
        let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(fields));
        parsed.map(Self).map_err(|error| {
            let message = located(&error.path().to_string(), &error.inner().to_string());
            HttpError::unprocessable("invalid_form", message)
        })
    }
}

/// The fields of a submitted HTML form whose names may repeat, such as checkboxes.
#[derive(Debug, Default)]
pub struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of a field; empty when there is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value)
    }

    /// All values of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<String> {
        let named = self.0.iter().filter(|(it, _)| it == name);
        named.map(|(_, value)| value.clone()).collect()
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = HttpError;

    async fn from_request(request: Request, state: &S) -> Result<Self, HttpError> {
        expect_content_type(request.headers(), is_form, "application/x-www-form-urlencoded")?;
        let bytes = Bytes::from_request(request, state).await.map_err(|it| unreadable(&it))?;
        let fields = form_urlencoded::parse(&bytes);
        refuse_nul(fields)?;
        Ok(Self(fields.into_owned().collect()))
    }
}

/// The query of the address, whose names may repeat.
#[derive(Debug, Default)]
pub struct QueryFields(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for QueryFields {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        let query = parts.uri.query().unwrap_or_default();
        let fields = form_urlencoded::parse(query.as_bytes());
        refuse_nul(fields)?;
        Ok(Self(fields.into_owned().collect()))
    }
}

/// The query of the address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, HttpError> {
        parse_query(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

/// The parameters in the path of the address.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, HttpError> {
        if parts.uri.path().contains("%00") {
            return Err(nul());
        }
        let extracted = axum::extract::Path::from_request_parts(parts, state).await;
        extracted.map(|it| Self(it.0)).map_err(|rejection| {
            let text = rejection.body_text();
            let reason = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
            HttpError::bad_request("invalid_path", reason)
        })
    }
}

/// Reads the query of an address and says which parameter is wrong.
///
/// # Errors
/// 400 `invalid_query`.
pub fn parse_query<T: DeserializeOwned>(query: &[u8]) -> Result<T, HttpError> {
    let fields = form_urlencoded::parse(query);
    refuse_nul(fields)?;
    let parsed = serde_path_to_error::deserialize(serde_urlencoded::Deserializer::new(fields));
    parsed.map_err(|error| {
        let message = located(&error.path().to_string(), &error.inner().to_string());
        HttpError::bad_request("invalid_query", message)
    })
}

/// Reads a body, which is a JSON object.
///
/// # Errors
/// As for [`parse_json`].
pub fn parse_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpError> {
    if bytes.trim_ascii_start().starts_with(b"[") {
        // Serde would take the items as the fields in their order.
        let message = "invalid type: sequence, expected an object";
        return Err(HttpError::unprocessable("invalid_body", message));
    }
    parse_json(bytes)
}

/// Reads JSON and says where it is wrong: path, line, column, what was expected.
///
/// # Errors
/// 400 `malformed_json` for what is not JSON, 422 `invalid_body` for JSON of another shape.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, HttpError> {
    if bytes.is_empty() {
        return Err(HttpError::bad_request("malformed_json", "expected a JSON body, found none"));
    }
    if holds_escaped_nul(bytes) {
        return Err(nul());
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value: T = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| located_json(&error.path().to_string(), error.inner()))?;
    deserializer.end().map_err(|error| located_json(".", &error))?;
    Ok(value)
}

fn located_json(path: &str, error: &serde_json::Error) -> HttpError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let suffix = format!(" at line {line} column {column}");
    let reason = text.strip_suffix(&suffix).unwrap_or(&text);
    let reason = in_words(reason);
    let message = format!("{} (line {line} column {column})", located(path, &reason));
    let details = json!({ "path": path, "line": line, "column": column });
    let refusal = if error.is_data() {
        HttpError::unprocessable("invalid_body", message)
    } else {
        HttpError::bad_request("malformed_json", message)
    };
    refusal.with_details(details)
}

/// Rust's names for what was expected, in the words of JSON.
fn in_words(reason: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("a sequence", "a list"),
        ("a map", "an object"),
        ("a boolean", "true or false"),
        ("i64", "a whole number"),
        ("u32", "a whole number"),
        ("f64", "a number"),
    ];
    let Some((found, expected)) = reason.rsplit_once(", expected ") else {
        return reason.to_owned();
    };
    let expected = match WORDS.iter().find(|(ours, _)| *ours == expected) {
        Some((_, word)) => word,
        None if expected.starts_with("struct ") => "an object",
        None => expected,
    };
    format!("{found}, expected {expected}")
}

/// Databases refuse the character U+0000 in text, so nothing that holds it gets further than here.
fn nul() -> HttpError {
    HttpError::bad_request("invalid_text", "text must not hold the character U+0000")
}

fn refuse_nul(fields: form_urlencoded::Parse<'_>) -> Result<(), HttpError> {
    let mut fields = fields;
    let is_found = fields.any(|(name, value)| name.contains('\0') || value.contains('\0'));
    if is_found { Err(nul()) } else { Ok(()) }
}

/// Whether JSON escapes U+0000; a backslash that is itself escaped begins no escape.
fn holds_escaped_nul(json: &[u8]) -> bool {
    let mut rest = json;
    while let Some(at) = rest.iter().position(|it| *it == b'\\') {
        if rest[at + 1..].starts_with(b"u0000") {
            return true;
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    false
}

fn located(path: &str, reason: &str) -> String {
    if path == "." || path == "?" { reason.to_owned() } else { format!("{path}: {reason}") }
}

/// What a body that could not be read means to the client.
pub(crate) fn unreadable(rejection: &BytesRejection) -> HttpError {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return too_large();
    }
    HttpError::bad_request("unreadable_body", "the body could not be read to its end")
        .with_cause(rejection.body_text())
}

/// 413 in our words.
pub(crate) fn too_large() -> HttpError {
    let message = "the body is larger than this address accepts";
    HttpError::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
}

/// The content type without its parameters, in lower case.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(|it| it.trim().to_ascii_lowercase())
}

fn expect_content_type(
    headers: &HeaderMap,
    accepts: fn(&str) -> bool,
    expected: &str,
) -> Result<(), HttpError> {
    let found = content_type(headers);
    if found.as_deref().is_some_and(accepts) {
        return Ok(());
    }
    let found = found.map_or("none".to_owned(), |it| format!("`{it}`"));
    let message = format!("expected the content type {expected}, found {found}");
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Err(HttpError::new(status, "unsupported_media_type", message))
}

fn is_json(content_type: &str) -> bool {
    content_type == "application/json"
        || content_type.starts_with("application/") && content_type.ends_with("+json")
}

fn is_form(content_type: &str) -> bool {
    content_type == "application/x-www-form-urlencoded"
}
