//! Conditions from outside: variables that start processes.
//!
//! Must not know which processes wait for conditions.

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
use crate::services::execution::{EvaluateConditions, InstanceReceipt, Receipt, Work};

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/conditions/evaluate", evaluate)
            .needs(Permission::InstancesStart)
            .takes::<ConditionsBody>()
            .answers::<StartedView>()
            .about(
                "Conditions",
                "Start an instance for each conditional start event that variables meet",
            ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EvaluateConditions")]
struct ConditionsBody {
    /// Only the latest version of this process; of all processes when left out.
    #[serde(default)]
    process_id: Option<String>,
    /// What the conditions see, and the started instances get.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedByConditions")]
struct StartedView {
    /// The instances that were started, in the order of their processes' ids.
    instances: Vec<StartedInstance>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedByCondition")]
struct StartedInstance {
    key: Key,
    process_id: String,
    version: i64,
}

impl From<InstanceReceipt> for StartedInstance {
    fn from(it: InstanceReceipt) -> Self {
        Self { key: Key(it.key), process_id: it.process_id.to_string(), version: it.version }
    }
}

async fn evaluate(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<ConditionsBody>,
) -> ApiResult<StartedView> {
    let ConditionsBody { process_id, variables } = body;
    if process_id.as_deref() == Some("") {
        return Err(HttpError::unprocessable("invalid_value", "process_id: expected an id"));
    }
    let wanted = Work::EvaluateConditions(EvaluateConditions { process_id, variables });
    match app.execution.submit(wanted, signed_in.origin()).await? {
        Receipt::Instances(started) => {
            let instances = started.into_iter().map(StartedInstance::from).collect();
            Ok(Answer::ok(StartedView { instances }))
        }
        other => Err(HttpError::internal(format!("conditions were answered by {other:?}"))),
    }
}
