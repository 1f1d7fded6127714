//! Deployed forms for programs.
//!
//! Must not know what forms are used for.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value as Json;

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult};
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::route::Route;
use crate::platform::store::Sql;
use crate::services::processes;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/forms/{id}", show)
            .needs(Permission::ProcessesRead)
            .answers::<DeployedFormView>()
            .about("Forms", "Show the latest version of a deployed form"),
    ]
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeployedForm")]
struct DeployedFormView {
    /// The id, as models name it.
    form_id: String,
    version: i64,
    /// The form in form-js's JSON schema, as it was deployed.
    schema: Json,
}

async fn show(State(app): State<App>, Path(form_id): Path<String>) -> ApiResult<DeployedFormView> {
    let asked = form_id.clone();
    let read = move |sql: &mut dyn Sql| processes::find_form_source(sql, &asked);
    let found = app.execution.database().read(read).await?;
    let (version, text) = found.ok_or_else(|| HttpError::not_found("form"))?;
    let schema = serde_json::from_str(&text);
    let schema = schema.map_err(|error| HttpError::internal(error.to_string()))?;
    Ok(Answer::ok(DeployedFormView { form_id, version, schema }))
}
