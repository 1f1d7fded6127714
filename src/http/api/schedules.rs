//! Schedules for programs: list, pause, resume.
//!
//! Must not know how a rule is evaluated.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key, instant};
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::operations;
use crate::services::processes::{self, ScheduleRow};

const TAG: &str = "Schedules";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/schedules", list)
            .needs(Permission::SchedulesRead)
            .answers_page::<ScheduleView>()
            .about(TAG, "List timer start events, the next one to fire first"),
        Route::post("/api/v1/schedules/{key}/pause", pause)
            .needs(Permission::SchedulesOperate)
            .success(204)
            .about(TAG, "Pause a schedule"),
        Route::post("/api/v1/schedules/{key}/resume", resume)
            .needs(Permission::SchedulesOperate)
            .success(204)
            .about(TAG, "Let a paused schedule go on"),
    ]
}

/// A timer start event.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Schedule")]
struct ScheduleView {
    key: Key,
    definition_key: Key,
    process_id: String,
    process_name: String,
    element_id: String,
    /// The rule as it stands in the model.
    rule: String,
    /// Null when it does not fire again.
    due_at: Option<String>,
    last_fired_at: Option<String>,
    paused: bool,
}

async fn list(State(app): State<App>) -> ApiResult<Vec<ScheduleView>> {
    let rows = app.execution.database().read(processes::list_schedules).await?;
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), None))
}

async fn pause(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    set_paused(&app, &signed_in, key, true).await
}

async fn resume(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    set_paused(&app, &signed_in, key, false).await
}

async fn set_paused(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
    is_paused: bool,
) -> Result<StatusCode, HttpError> {
    let origin = signed_in.origin();
    let found = operations::set_schedule_paused(&app.execution, key.0, is_paused, origin).await?;
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(HttpError::not_found("schedule")) }
}

impl From<ScheduleRow> for ScheduleView {
    fn from(row: ScheduleRow) -> Self {
        Self {
            key: Key(row.key),
            definition_key: Key(row.definition_key),
            process_id: row.process_id,
            process_name: row.process_name,
            element_id: row.element_id,
            rule: row.rule,
            due_at: row.due_at.map(instant),
            last_fired_at: row.last_fired_at.map(instant),
            paused: row.is_paused,
        }
    }
}
