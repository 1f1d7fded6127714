//! What a response means: a value for expressions, or trouble in words for people.
//!
//! Must not know how it was asked for.

use serde_json::{Map, Value as Json, json};

use crate::platform::outbound::{OutboundRequest, OutboundResponse};
use crate::services::connectors::Trouble;

/// How much of an error's body is shown; the rest is found in the other system.
const SHOWN_CHARS: usize = 300;

/// The response as expressions see it: `{status, headers, body}`. Header names are in lower case.
pub(super) fn value(response: &OutboundResponse) -> Json {
    let mut headers = Map::new();
    for (name, value) in &response.headers {
        match headers.get_mut(name) {
            // As HTTP joins the values of a name that comes twice.
            Some(Json::String(known)) => known.extend([", ", value.as_str()]),
            _ => {
                headers.insert(name.clone(), value.clone().into());
            }
        }
    }
    json!({ "status": response.status, "headers": headers, "body": body(response) })
}

/// JSON where it is JSON, else text; nothing is null.
fn body(response: &OutboundResponse) -> Json {
    if response.body.is_empty() {
        return Json::Null;
    }
    serde_json::from_slice(&response.body)
        .unwrap_or_else(|_| String::from_utf8_lossy(&response.body).into_owned().into())
}

/// Why a response is no success; another try helps against the other system's own troubles only.
pub(super) fn trouble(request: &OutboundRequest, response: &OutboundResponse) -> Option<Trouble> {
    let status = response.status;
    if status < 400 {
        return None;
    }
    let text = String::from_utf8_lossy(&response.body);
    let shown: String = text.trim().chars().take(SHOWN_CHARS).collect();
    let reason = if shown.is_empty() { String::new() } else { format!(": {shown}") };
    let message = about(request, &format!("answered {status}{reason}"));
    Some(Trouble { message, is_retryable: status >= 500 || matches!(status, 408 | 429) })
}

/// What happened to a request. Query and user of the address may be secrets and are left out.
pub(super) fn about(request: &OutboundRequest, what: &str) -> String {
    let address = request.url.split(['?', '#']).next().unwrap_or_default();
    let shown = match address.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => address.to_owned(),
    };
    format!("{} {shown}: {what}", request.method)
}
