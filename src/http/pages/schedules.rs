//! What starts by itself: timer start events and when they are next due.
//! Must not know how a rule is evaluated.

use super::layout::{Layout, Section};
use super::parts::{Chip, EmptyState, Link, Stamp};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::parts::Tone;
use crate::core::access::Permission;
use crate::core::model::ProcessDefinition;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::Path;
use crate::http::frame::{Frame, Page, go_with_success};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::Definitions;
use crate::services::instances::element_name;
use crate::services::{operations, processes};

/// All timer starts of the deployed processes.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/schedules.html")]
pub struct SchedulesPage {
    pub layout: Layout,
    pub rows: Vec<ScheduleRow>,
    pub empty: EmptyState,
}

/// A timer start event.
#[derive(Clone, Debug)]
pub struct ScheduleRow {
    pub key: String,
    pub process: Link,
    pub version: String,
    pub element: String,
    /// The cycle, date or cron rule as it stands in the model.
    pub rule: String,
    /// `None` when it won't fire again.
    pub next_due: Option<Stamp>,
    pub last_fired: Option<Stamp>,
    pub state: Chip,
    /// Where the button leads and what it says; `None` shows none.
    pub action: Option<Link>,
}

impl SchedulesPage {
    #[must_use]
    pub fn sample() -> Self {
        Self { rows: ScheduleRow::samples(), ..Self::sample_empty() }
    }

    /// No process starts by itself.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Schedules", Section::Schedules, "/schedules")
                .with_topics("schedules"),
            rows: Vec::new(),
            empty: empty(),
        }
    }
}

impl ScheduleRow {
    /// A cycle that runs and a date that has passed.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |name: &str, id: &str, rule: &str, next: Option<i64>, state| Self {
            key: "1".into(),
            process: Link::new(name, format!("/processes/{id}")),
            version: "1".into(),
            element: "Every morning".into(),
            rule: rule.into(),
            next_due: next.map(Stamp::sample),
            last_fired: Some(Stamp::sample(510)),
            state,
            action: next.map(|_| Link::new("Pause", "/schedules/1/pause")),
        };
        vec![
            row("Daily report", "daily-report", "0 0 6 * * *", Some(-930), Chip::active()),
            row("Month end", "month-end", "R3/2026-08-01T00:00Z/P1M", None, Chip::completed()),
        ]
    }
}

impl ScheduleRow {
    /// A row of a schedule, with the button to pause it for those who may.
    #[must_use]
    pub fn of(
        schedule: processes::ScheduleRow,
        (graph, version): (&ProcessDefinition, i64),
        may_operate: bool,
        now_ms: i64,
    ) -> Self {
        let key = schedule.key;
        let state = match (schedule.is_paused, schedule.due_at) {
            (true, _) => Chip::new(Tone::Warn, "clock", "Paused"),
            (false, Some(_)) => Chip::active(),
            (false, None) => Chip::completed(),
        };
        let action = if schedule.is_paused {
            Some(Link::new("Resume", format!("/schedules/{key}/resume")))
        } else {
            schedule.due_at.map(|_| Link::new("Pause", format!("/schedules/{key}/pause")))
        };
        Self {
            key: key.to_string(),
            process: Link::new(
                schedule.process_name,
                format!("/processes/{}", schedule.process_id),
            ),
            version: version.to_string(),
            element: element_name(graph, &schedule.element_id),
            rule: schedule.rule,
            next_due: schedule
                .due_at
                .filter(|_| !schedule.is_paused)
                .map(|at| Stamp::at(at, now_ms)),
            last_fired: schedule.last_fired_at.map(|at| Stamp::at(at, now_ms)),
            state,
            action: action.filter(|_| may_operate),
        }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/schedules", show).needs(Permission::SchedulesRead),
        Route::post("/schedules/{key}/pause", pause).needs(Permission::SchedulesOperate),
        Route::post("/schedules/{key}/resume", resume).needs(Permission::SchedulesOperate),
    ]
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
) -> Result<Page<SchedulesPage>, HttpError> {
    let may_operate = signed_in.principal.may(Permission::SchedulesOperate);
    let (definitions, now_ms) = (app.execution.definitions().clone(), app.clock.now_ms());
    let read = move |sql: &mut dyn Sql| rows(sql, &definitions, may_operate, now_ms);
    let rows = app.execution.database().read(read).await?;
    let layout = frame.layout("Schedules", Section::Schedules).with_topics("schedules");
    Ok(Page(SchedulesPage { layout, rows, empty: empty() }))
}

fn empty() -> EmptyState {
    EmptyState::new(
        "clock",
        "Nothing is scheduled",
        "A process whose start event has a timer appears here as soon as it is deployed.",
    )
    .with_action("Deploy a process", "/processes")
}

fn rows(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    may_operate: bool,
    now_ms: i64,
) -> Result<Vec<ScheduleRow>, StoreError> {
    let schedules = processes::list_schedules(sql)?;
    schedules
        .into_iter()
        .map(|schedule| {
            let deployed = definitions.load(sql, schedule.definition_key)?;
            let of = (&*deployed.graph, deployed.version);
            Ok(ScheduleRow::of(schedule, of, may_operate, now_ms))
        })
        .collect()
}

async fn pause(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    set_paused(&app, &signed_in, key, true, "The schedule is paused.").await
}

async fn resume(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    set_paused(&app, &signed_in, key, false, "The schedule goes on.").await
}

async fn set_paused(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
    is_paused: bool,
    message: &str,
) -> Result<Response, HttpError> {
    let origin = signed_in.origin();
    if operations::set_schedule_paused(&app.execution, key.0, is_paused, origin).await? {
        Ok(go_with_success("/schedules", message))
    } else {
        Err(HttpError::not_found("schedule"))
    }
}
