//! Everything that is stuck, with retry one by one or many at once.
//! Must not know how an incident is resolved.

use super::instance::IncidentRow;
use super::layout::{Layout, Section};
use super::parts::{Choice, EmptyState, Pager};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::numbers::capped;
use super::parts::{Link, Stamp};
use super::words::sentence;
use crate::core::access::{Permission, Principal};
use crate::core::engine::IncidentKind;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Path, Query};
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success, own_path};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::incidents::{
    self, IncidentFilter, IncidentRow as Found, find_kind, incident_words,
};
use crate::services::processes;

/// Rows of a page.
const ROWS: u32 = 50;
/// The service counts up to one more.
const COUNT_MAX: i64 = 10_000;
/// Kinds by their names in tables, in the order of the filter.
const KINDS: [&str; 17] = [
    "job_no_retries",
    "unhandled_error",
    "condition",
    "no_matching_flow",
    "io_mapping",
    "script",
    "job_definition",
    "user_task",
    "timer",
    "message",
    "signal",
    "escalation",
    "called_element",
    "multi_instance",
    "ad_hoc",
    "deadlock",
    "step_limit",
];

/// All open incidents this person may see.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/incidents.html")]
pub struct IncidentsPage {
    pub layout: Layout,
    pub processes: Vec<Choice>,
    pub kinds: Vec<Choice>,
    pub search: String,
    pub rows: Vec<IncidentRow>,
    /// How many match the filter, on all pages; the bulk retry takes them all.
    pub total: String,
    pub empty: EmptyState,
    pub pager: Pager,
}

impl IncidentsPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            rows: IncidentRow::samples(),
            total: "2".into(),
            pager: Pager { summary: "2 incidents".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// Nothing is stuck.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Incidents", Section::Incidents, "/incidents")
                .with_topics("incidents"),
            processes: vec![Choice::new("", "All processes", true)],
            kinds: vec![Choice::new("", "All kinds", true)],
            search: String::new(),
            rows: Vec::new(),
            total: "0".into(),
            empty: nothing_stuck(),
            pager: Pager::default(),
        }
    }
}

/// What the list says when there is no incident.
pub(super) fn nothing_stuck() -> EmptyState {
    EmptyState::new(
        "check",
        "Nothing is stuck",
        "When a process can't go on by itself, it appears here with what to do.",
    )
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/incidents", show).needs(Permission::InstancesRead),
        Route::post("/incidents/resolve", resolve_many).needs(Permission::InstancesOperate),
        Route::post("/incidents/{key}/resolve", resolve).needs(Permission::InstancesOperate),
    ]
}

/// The filter as the form sends it: what is not set is empty.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    process: String,
    kind: String,
    search: String,
    after: String,
}

impl Wanted {
    fn href(&self, after: &str) -> String {
        let fields = [
            ("process", self.process.as_str()),
            ("kind", &self.kind),
            ("search", &self.search),
            ("after", after),
        ];
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(fields.into_iter().filter(|(_, value)| !value.is_empty()));
        let query = query.finish();
        if query.is_empty() { "/incidents".into() } else { format!("/incidents?{query}") }
    }

    fn filter(&self) -> IncidentFilter {
        let text = |value: &str| Some(value.trim().to_owned()).filter(|it| !it.is_empty());
        IncidentFilter {
            process_id: text(&self.process),
            kind: find_kind(&self.kind),
            instance_key: None,
            search: text(&self.search),
        }
    }
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Page<IncidentsPage>, HttpError> {
    let before = wanted.after.parse().ok();
    let mut found = incidents::list(&app.execution, wanted.filter(), before, ROWS + 1).await?;
    let total = capped(incidents::count(&app.execution, wanted.filter()).await?, COUNT_MAX);
    let has_more = found.len() > ROWS as usize;
    found.truncate(ROWS as usize);
    let next_href = found.last().filter(|_| has_more).map(|it| wanted.href(&it.key.to_string()));
    let first_href = (!wanted.after.is_empty()).then(|| wanted.href(""));
    let summary = format!("{} of {total} incidents", found.len());
    let now_ms = app.clock.now_ms();
    let rows = found.into_iter().map(|it| incident_row(it, &signed_in.principal, now_ms));
    let rows: Vec<IncidentRow> = rows.collect();
    Ok(Page(IncidentsPage {
        layout: frame.layout("Incidents", Section::Incidents).with_topics("incidents"),
        processes: process_choices(&app, &wanted.process).await?,
        kinds: kind_choices(&wanted.kind),
        empty: empty(&wanted),
        search: wanted.search,
        rows,
        total,
        pager: Pager { summary, first_href, next_href },
    }))
}

fn empty(wanted: &Wanted) -> EmptyState {
    if wanted.href("") == "/incidents" {
        return nothing_stuck();
    }
    EmptyState::new("search", "No incidents found", "Nothing that is stuck matches this filter.")
        .with_action("Clear the filters", "/incidents")
}

async fn process_choices(app: &App, chosen: &str) -> Result<Vec<Choice>, HttpError> {
    let rows = app.execution.database().read(processes::list_names).await?;
    let mut choices = vec![Choice::new("", "All processes", chosen.is_empty())];
    choices.extend(rows.into_iter().map(|row| {
        let is_chosen = row.process_id == chosen;
        Choice::new(row.process_id, row.name, is_chosen)
    }));
    Ok(choices)
}

fn kind_choices(chosen: &str) -> Vec<Choice> {
    let words =
        |name: &str| find_kind(name).map_or("", |kind: IncidentKind| incident_words(kind).0);
    let kinds = KINDS.into_iter().map(|name| Choice::new(name, words(name), name == chosen));
    [Choice::new("", "All kinds", chosen.is_empty())].into_iter().chain(kinds).collect()
}

/// A row of an incident, with the button to retry for those who may.
pub(super) fn incident_row(found: Found, principal: &Principal, now_ms: i64) -> IncidentRow {
    let (kind, hint) = found.words();
    IncidentRow {
        key: found.key.to_string(),
        kind: kind.into(),
        element: found.element_name,
        message: found.message,
        hint: hint.into(),
        instance: Link::new(
            found.instance_key.to_string(),
            format!("/instances/{}", found.instance_key),
        ),
        process: found.process_name,
        at: Stamp::at(found.created_at, now_ms),
        can_retry: principal.may(Permission::InstancesOperate),
    }
}

async fn resolve(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    fields: Fields,
) -> Result<Response, HttpError> {
    let next = next(&fields);
    match incidents::resolve(&app.execution, key.0, None, signed_in.origin()).await {
        Ok(()) => Ok(go_with_success(next, "The step is tried again.")),
        Err(refusal) => Ok(go_with_refusal(next, &refused(refusal)?)),
    }
}

/// What the page says about a refusal; failures of ours are errors.
fn refused(refusal: crate::services::execution::Refusal) -> Result<String, HttpError> {
    let message = refusal.to_string();
    let error = HttpError::from(refusal);
    if error.status.is_server_error() { Err(error) } else { Ok(sentence(&message)) }
}

fn next(fields: &Fields) -> &str {
    match own_path(fields.text("next")) {
        "/" => "/incidents",
        next => next,
    }
}

async fn resolve_many(
    State(app): State<App>,
    signed_in: SignedIn,
    fields: Fields,
) -> Result<Response, HttpError> {
    let next = next(&fields);
    let origin = signed_in.origin();
    let (done, refused) = if fields.text("scope") == "all" {
        let query = next.split_once('?').map_or("", |(_, query)| query);
        let wanted: Wanted = serde_urlencoded::from_str(query).unwrap_or_default();
        incidents::resolve_matching(&app.execution, wanted.filter(), &origin).await?
    } else {
        let chosen = fields.all("incident");
        let keys: Vec<i64> = chosen.iter().filter_map(|key| key.parse().ok()).collect();
        if keys.is_empty() {
            return Ok(go_with_refusal(next, "Choose at least one incident first."));
        }
        let outcomes = incidents::resolve_each(&app.execution, keys, None, &origin).await;
        let refused = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count();
        (outcomes.len() - refused, refused)
    };
    Ok(match refused {
        0 => go_with_success(next, &format!("{done} tried again.")),
        _ => go_with_refusal(next, &format!("{done} tried again, {refused} could not be.")),
    })
}
