//! Operations on many instances, newest first.
//! Must not know how they are carried out.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::layout::{Layout, Section};
use super::names::Names;
use super::parts::{Chip, EmptyState, Pager, Stamp, Tone};
use super::words::capitalised;
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Query;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::services::bulk::{Operation, OperationState};

/// Rows of a page.
const ROWS: u32 = 50;

/// The list of operations.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/bulk_operations.html")]
pub struct BulkOperationsPage {
    pub layout: Layout,
    pub rows: Vec<OperationRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// An operation in the list.
#[derive(Clone, Debug)]
pub struct OperationRow {
    pub key: String,
    /// What is done, in a word.
    pub action: String,
    pub state: Chip,
    /// For example `2 of 3 done, 1 refused`.
    pub progress: String,
    pub by: String,
    pub at: Stamp,
}

impl BulkOperationsPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: &str, action: &str, state, progress: &str| OperationRow {
            key: key.into(),
            action: action.into(),
            state: state_chip(state),
            progress: progress.into(),
            by: "Operator".into(),
            at: Stamp::sample(12),
        };
        Self {
            rows: vec![
                row("4503599627371001", "Migrate", OperationState::Ready, "3 tried, 1 unfit"),
                row("4503599627370998", "Suspend", OperationState::Running, "50 of 248 done"),
                row("4503599627370990", "Retry", OperationState::Done, "4 of 4 done"),
            ],
            pager: Pager { summary: "3 operations".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// Nothing was done to many instances yet.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Operations", Section::Instances, "/instances/operations")
                .with_topics("operations"),
            rows: Vec::new(),
            empty: empty(),
            pager: Pager::default(),
        }
    }
}

fn empty() -> EmptyState {
    let text = "Choose instances in their list and what to do to them; it is tried first.";
    EmptyState::new("instances", "No operations yet", text).with_action("Instances", "/instances")
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/instances/operations", show).needs(Permission::InstancesOperate)]
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    after: String,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Query(wanted): Query<Wanted>,
) -> Result<Page<BulkOperationsPage>, HttpError> {
    let mut found = app.bulk.list(wanted.after.parse().ok(), ROWS + 1).await?;
    let has_more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next = found.last().filter(|_| has_more);
    let next_href = next.map(|last| format!("/instances/operations?after={}", last.key));
    let first_href = (!wanted.after.is_empty()).then(|| "/instances/operations".to_owned());
    let now_ms = app.clock.now_ms();
    let names = Names::load(&app, found.iter().map(|it| &*it.actor.id)).await?;
    let summary = match found.len() {
        1 => "1 operation".to_owned(),
        count => format!("{count} operations"),
    };
    Ok(Page(BulkOperationsPage {
        layout: frame.layout("Operations", Section::Instances).with_topics("operations"),
        rows: found.into_iter().map(|it| row(&it, &names, now_ms)).collect(),
        empty: empty(),
        pager: Pager { summary, first_href, next_href },
    }))
}

fn row(operation: &Operation, names: &Names, now_ms: i64) -> OperationRow {
    OperationRow {
        key: operation.key.to_string(),
        action: capitalised(&operation.action.name().replace('_', " ")),
        state: state_chip(operation.state),
        progress: progress(operation),
        by: names.of(&operation.actor.id),
        at: Stamp::at(operation.created_at, now_ms),
    }
}

/// How far an operation is, in words.
pub(super) fn progress(operation: &Operation) -> String {
    let it = operation.progress;
    let count = |count: i64, what: &str| {
        if count == 0 { String::new() } else { format!(", {count} {what}") }
    };
    match operation.state {
        OperationState::Checking => format!("{} of {} tried", it.checked, it.total),
        OperationState::Ready => format!("{} tried{}", it.total, count(it.unfit, "unfit")),
        _ => format!("{} of {} done{}", it.done, it.total, count(it.refused, "refused")),
    }
}

/// The state of an operation in a word.
pub(super) fn state_chip(state: OperationState) -> Chip {
    match state {
        OperationState::Checking => Chip::new(Tone::Info, "clock", "Being tried"),
        OperationState::Ready => Chip::new(Tone::Warn, "clock", "Ready to start"),
        OperationState::Running => Chip::new(Tone::Info, "play", "Running"),
        OperationState::Paused => Chip::new(Tone::Warn, "pause", "Paused"),
        OperationState::Done => Chip::new(Tone::Good, "check", "Done"),
        OperationState::Canceled => Chip::new(Tone::Neutral, "stop", "Canceled"),
    }
}
