//! Messages from outside.
//!
//! Must not know who waits for them.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key};
use crate::http::error::HttpError;
use crate::http::extract::Body;
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::execution::{PublishMessage, Receipt, Work};

/// A message is kept for a year at most.
const TIME_TO_LIVE_MS_MAX: i64 = 365 * 24 * 3_600_000;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/messages", publish)
            .needs(Permission::MessagesPublish)
            .takes::<MessageBody>()
            .answers::<PublishedView>()
            .about("Messages", "Publish a message to those who wait for it, now or later"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewMessage")]
struct MessageBody {
    /// Its name, as in the model.
    name: String,
    /// Compared with the correlation keys of those who wait; empty only starts processes.
    #[serde(default)]
    correlation_key: String,
    /// A message with the same name, correlation key and id is refused while this one is kept.
    message_id: Option<String>,
    /// How long it is kept for those who begin to wait later, in milliseconds; 0 is not at all.
    #[serde(default)]
    time_to_live_ms: i64,
    /// Its content.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PublishedMessage")]
struct PublishedView {
    key: Key,
    /// Instances that it reached or started.
    instance_keys: Vec<Key>,
}

async fn publish(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<MessageBody>,
) -> ApiResult<PublishedView> {
    if body.name.is_empty() {
        return Err(HttpError::unprocessable("invalid_value", "name: expected a name"));
    }
    if !(0..=TIME_TO_LIVE_MS_MAX).contains(&body.time_to_live_ms) {
        let message = format!(
            "time_to_live_ms: expected 0 to {TIME_TO_LIVE_MS_MAX}, found {}",
            body.time_to_live_ms
        );
        return Err(HttpError::unprocessable("invalid_value", message));
    }
    let message = PublishMessage {
        name: body.name,
        correlation_key: body.correlation_key,
        message_id: body.message_id,
        time_to_live_ms: body.time_to_live_ms,
        variables: body.variables,
    };
    match app.execution.submit(Work::Publish(message), signed_in.origin()).await? {
        Receipt::Message { key, instance_keys } => {
            let instance_keys = instance_keys.into_iter().map(Key).collect();
            Ok(Answer::ok(PublishedView { key: Key(key), instance_keys }))
        }
        other => Err(HttpError::internal(format!("a message was answered by {other:?}"))),
    }
}
