//! The request that a job's inputs describe.
//!
//! Must not know what is done with the response.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value as Json};

use crate::platform::outbound::OutboundRequest;
use crate::services::connectors::Trouble;
use crate::services::connectors::inputs::{Inputs, as_text};

/// As in Camunda, when the model says nothing.
const TIMEOUT_MS: u64 = 20_000;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Reads the request.
///
/// The time for connecting and the time for reading are one limit here, their sum.
pub(super) fn read(inputs: &Inputs<'_>, job_key: i64) -> Result<OutboundRequest, Trouble> {
    let method = method(inputs)?;
    let url = inputs.required_text("url", "an address such as https://example.com")?;
    let mut headers = inputs.pairs("headers")?;
    let mut query = inputs.pairs("queryParameters")?;
    authenticate(inputs, &mut headers, &mut query)?;
    let has = |headers: &[(String, String)], wanted: &str| {
        headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let mut body = Bytes::new();
    if let Some(value) = inputs.find("body") {
        let given = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let (bytes, content_type) = encode(value, given.map(|(_, it)| it.as_str()))?;
        body = bytes;
        if !has(&headers, "content-type") {
            headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        }
    }
    if !has(&headers, "idempotency-key") {
        headers.push(("Idempotency-Key".to_owned(), job_key.to_string()));
    }
    let connecting = inputs.seconds("connectionTimeoutInSeconds")?.unwrap_or(TIMEOUT_MS);
    let reading = inputs.seconds("readTimeoutInSeconds")?.unwrap_or(TIMEOUT_MS);
    let timeout_ms = Some(connecting + reading);
    Ok(OutboundRequest { method, url, headers, query, body, timeout_ms })
}

fn method(inputs: &Inputs<'_>) -> Result<String, Trouble> {
    let method = inputs.text("method")?.map_or("GET".to_owned(), |it| it.to_ascii_uppercase());
    if METHODS.contains(&method.as_str()) {
        return Ok(method);
    }
    let expected = METHODS.join(", ");
    let found = method.escape_debug();
    Err(Trouble::lasting(format!("method: expected one of {expected}, found \"{found}\"")))
}

/// The body's bytes, and their content type unless the model names one.
fn encode(body: &Json, content_type: Option<&str>) -> Result<(Bytes, &'static str), Trouble> {
    let is_form =
        content_type.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded"));
    match body {
        Json::String(text) => Ok((text.clone().into(), "text/plain; charset=utf-8")),
        Json::Object(_) if is_form => {
            let fields = Map::from_iter([("body".to_owned(), body.clone())]);
            let fields = Inputs(&fields).pairs("body")?;
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields);
            Ok((form.finish().into(), "application/x-www-form-urlencoded"))
        }
        other => Ok((other.to_string().into(), "application/json")),
    }
}

fn authenticate(
    inputs: &Inputs<'_>,
    headers: &mut Vec<(String, String)>,
    query: &mut Vec<(String, String)>,
) -> Result<(), Trouble> {
    let Some(given) = inputs.context("authentication")? else { return Ok(()) };
    let text = |name: &str| {
        let path = format!("authentication.{name}");
        let missing = || Trouble::lasting(format!("{path}: expected a text, found nothing"));
        given.get(name).ok_or_else(missing).and_then(|value| as_text(&path, value))
    };
    let mut authorize = |value: String| headers.push(("Authorization".to_owned(), value));
    match text("type")?.as_str() {
        "noAuth" => {}
        "basic" => {
            let pair = format!("{}:{}", text("username")?, text("password")?);
            authorize(format!("Basic {}", STANDARD.encode(pair)));
        }
        "bearer" => authorize(format!("Bearer {}", text("token")?)),
        "apiKey" => {
            let pair = (text("name")?, text("value")?);
            match given.get("apiKeyLocation").and_then(Json::as_str) {
                None | Some("headers") => headers.push(pair),
                Some("query") => query.push(pair),
                Some(other) => {
                    return Err(Trouble::lasting(format!(
                        "authentication.apiKeyLocation: expected headers or query, found \"{}\"",
                        other.escape_debug()
                    )));
                }
            }
        }
        other => {
            return Err(Trouble::lasting(format!(
                "authentication.type: expected noAuth, basic, bearer or apiKey, found \"{}\"",
                other.escape_debug()
            )));
        }
    }
    Ok(())
}
