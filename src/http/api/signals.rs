//! Signals from outside.
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
use crate::services::execution::{BroadcastSignal, Receipt, Work};

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/signals", broadcast)
            .needs(Permission::MessagesPublish)
            .takes::<SignalBody>()
            .answers::<BroadcastView>()
            .about(
                "Signals",
                "Broadcast a signal to everybody who waits for it or is started by it",
            ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewSignal")]
struct SignalBody {
    /// Its name, as in the model.
    name: String,
    /// Its content.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BroadcastSignal")]
struct BroadcastView {
    key: Key,
    /// Instances that it reached or started at once; where very many wait, the others follow.
    instance_keys: Vec<Key>,
}

async fn broadcast(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<SignalBody>,
) -> ApiResult<BroadcastView> {
    if body.name.is_empty() {
        return Err(HttpError::unprocessable("invalid_value", "name: expected a name"));
    }
    let signal = BroadcastSignal { name: body.name, variables: body.variables };
    match app.execution.submit(Work::Broadcast(signal), signed_in.origin()).await? {
        Receipt::Signal { key, instance_keys } => {
            let instance_keys = instance_keys.into_iter().map(Key).collect();
            Ok(Answer::ok(BroadcastView { key: Key(key), instance_keys }))
        }
        other => Err(HttpError::internal(format!("a signal was answered by {other:?}"))),
    }
}
