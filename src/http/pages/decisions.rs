//! All deployed decisions, each by its latest version.
//! Must not know how a decision is made.

use super::layout::{Layout, Section};
use super::parts::{EmptyState, Pager, Stamp};
use crate::core::access::Permission;
use crate::http::api::decisions::is_found;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Query;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::services::decisions;
use askama::Template;
use axum::extract::State;
use serde::Deserialize;

/// The deployed decisions.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/decisions.html")]
pub struct DecisionsPage {
    pub layout: Layout,
    pub rows: Vec<DecisionRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A decision in the list.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    pub id: String,
    pub name: String,
    pub href: String,
    pub version: String,
    /// `Decision` or `Decision service`.
    pub kind: &'static str,
    pub model: String,
    pub deployed: Stamp,
}

impl DecisionsPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |id: &str, name: &str, version: &str, kind, minutes| DecisionRow {
            id: id.into(),
            name: name.into(),
            href: format!("/decisions/{id}"),
            version: version.into(),
            kind,
            model: "Expense rules".into(),
            deployed: Stamp::sample(minutes),
        };
        Self {
            rows: vec![
                row("approval-level", "Approval level", "3", "Decision", 180),
                row("daily-rate", "Daily rate", "1", "Decision", 9_000),
                row("expense-rules", "Expense rules", "3", "Decision service", 180),
            ],
            pager: Pager { summary: "3 decisions".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// An installation without any decision.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Decisions", Section::Decisions, "/decisions"),
            rows: Vec::new(),
            empty: empty(),
            pager: Pager::default(),
        }
    }
}

fn empty() -> EmptyState {
    let text = "Deploy a DMN model, by itself or beside the process whose tasks call it.";
    EmptyState::new("table", "No decisions yet", text).with_action("Deploy", "/processes")
}

/// The list.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/decisions", show).needs(Permission::ProcessesRead)]
}

#[derive(Deserialize)]
struct ListQuery {
    #[serde(default)]
    search: String,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    Query(query): Query<ListQuery>,
) -> Result<Page<DecisionsPage>, HttpError> {
    let now_ms = app.clock.now_ms();
    let mut found = app.execution.database().read(decisions::list_decisions).await?;
    found.retain(|row| is_found(row, &query.search));
    let summary = match found.len() {
        1 => "1 decision".to_owned(),
        count => format!("{count} decisions"),
    };
    let row = |row: decisions::DecisionRow| DecisionRow {
        href: href(&row.decision_id),
        id: row.decision_id,
        name: row.name,
        version: row.version.to_string(),
        kind: kind_words(&row.kind),
        model: row.model_name,
        deployed: Stamp::at(row.deployed_at, now_ms),
    };
    Ok(Page(DecisionsPage {
        layout: frame.layout("Decisions", Section::Decisions),
        rows: found.into_iter().map(row).collect(),
        pager: Pager { summary, ..Pager::default() },
        empty: empty(),
    }))
}

/// Where a decision is shown; ids that are names may hold any character.
pub(super) fn href(decision_id: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(decision_id.as_bytes()).collect();
    format!("/decisions/{}", id.replace('+', "%20"))
}

/// What a kind of thing is called.
pub(super) fn kind_words(kind: &str) -> &'static str {
    if kind == "decision_service" { "Decision service" } else { "Decision" }
}
