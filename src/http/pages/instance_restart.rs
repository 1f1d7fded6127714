//! Starting another instance like one that is there, and letting one rest and go on.
//! Must not know how an instance was started.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value as Json;

use super::bulk_choice::variables;
use super::instance::{inspect, process_link};
use super::instance_modify::refused;
use super::layout::{Layout, Section};
use super::parts::Link;
use crate::core::access::Permission;
use crate::core::engine::start_of;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Path};
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::instances::{Action, Inspection};

/// The form that restarts an instance.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/instance_restart.html")]
pub struct InstanceRestartPage {
    pub layout: Layout,
    pub key: String,
    pub process: Link,
    pub version: String,
    pub takes_latest: bool,
    /// The start variables as JSON, one a line.
    pub variables: String,
    /// Why it was refused; empty when it was not.
    pub error: String,
}

impl InstanceRestartPage {
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/4503599627370497/restart";
        Self {
            layout: Layout::sample("Restart", Section::Instances, path),
            key: "4503599627370497".into(),
            process: Link::new("Expense approval", "/processes/expense-approval?version=2"),
            version: "2".into(),
            takes_latest: true,
            variables: "{\n  \"amount\": 1840.5,\n  \"purpose\": \"Train and hotel\"\n}".into(),
            error: String::new(),
        }
    }

    /// The same after a slip.
    #[must_use]
    pub fn sample_refused() -> Self {
        let error = "The variables are no JSON object: expected `:` at line 2 column 12.".into();
        Self { error, ..Self::sample() }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/{key}/restart", show).needs(Permission::InstancesOperate),
        Route::post("/instances/{key}/restart", restart).needs(Permission::InstancesOperate),
        Route::post("/instances/{key}/suspend", suspend).needs(Permission::InstancesOperate),
        Route::post("/instances/{key}/resume", resume).needs(Permission::InstancesOperate),
    ]
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Page<InstanceRestartPage>, HttpError> {
    let found = inspect(&app, &signed_in, key).await?;
    let start = found.turns.first().and_then(|turn| start_of(&turn.events)).unwrap_or_default();
    let text = serde_json::to_string_pretty(&Json::Object(start.variables)).unwrap_or_default();
    Ok(Page(page(&frame, &found, true, text, String::new())))
}

fn page(
    frame: &Frame,
    found: &Inspection,
    takes_latest: bool,
    variables: String,
    error: String,
) -> InstanceRestartPage {
    let row = &found.row;
    InstanceRestartPage {
        layout: frame.layout("Restart", Section::Instances),
        key: row.key.to_string(),
        process: process_link(row),
        version: row.version.to_string(),
        takes_latest,
        variables,
        error,
    }
}

async fn restart(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    fields: Fields,
) -> Result<Response, HttpError> {
    let takes_latest = !fields.text("latest").is_empty();
    let error = match variables(fields.text("variables")) {
        Err(message) => message,
        Ok(variables) => {
            let action = Action::Restart { takes_latest, variables };
            match app.instances.perform(key.0, &action, signed_in.origin()).await {
                Ok(made) => {
                    let here = format!("/instances/{}", made.unwrap_or(key.0));
                    let message = format!("This instance was started like {key}.");
                    return Ok(go_with_success(&here, &message));
                }
                Err(error) => refused(error)?,
            }
        }
    };
    let found = inspect(&app, &signed_in, key).await?;
    let page = page(&frame, &found, takes_latest, fields.text("variables").to_owned(), error);
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

async fn suspend(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let text = "The instance rests until it is resumed.";
    told(&app, &signed_in, key, &Action::Suspend, text).await
}

async fn resume(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    told(&app, &signed_in, key, &Action::Resume, "The instance goes on.").await
}

async fn told(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
    action: &Action,
    text: &str,
) -> Result<Response, HttpError> {
    let here = format!("/instances/{key}");
    match app.instances.perform(key.0, action, signed_in.origin()).await {
        Ok(_) => Ok(go_with_success(&here, text)),
        Err(error) => Ok(go_with_refusal(&here, &refused(error)?)),
    }
}
