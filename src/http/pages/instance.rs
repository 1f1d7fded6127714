//! One process instance: where it is, where it went, what it knows, what holds it up.
//! Must not know the journal; timeline rows come in words already.

use super::layout::{Layout, Section};
use super::parts::{Chip, Diagram, EmptyState, Fact, Link, Pager, Stamp, Tab, Tone};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::incidents::{incident_row, nothing_stuck};
use super::instance_variables::{self, ScopeRows, VariableForm};
use super::instances::state_chip;
use super::names::KnownNames;
use super::timeline_rows::TimelineRow;
use super::waiting_rows::WaitingRow;
use super::words::sentence;
use crate::core::access::{Permission, Principal};
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::incidents::{self, IncidentFilter};
use crate::services::instances::{
    Inspection, InstanceJob, InstanceRow, Naming, element_name, elements_by_key,
};

/// Entries of the timeline on a page.
const ENTRIES: usize = 100;
const INCIDENTS_MAX: u32 = 200;

/// A process instance with one of its tabs open.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/instance.html")]
pub struct InstancePage {
    pub layout: Layout,
    pub key: String,
    pub process: Link,
    pub version: String,
    pub state: Chip,
    pub facts: Vec<Fact>,
    pub started: Stamp,
    pub ended: Option<Stamp>,
    pub can_cancel: bool,
    /// What else can be done to it; empty for those who may not.
    pub changes: Vec<Link>,
    /// Where the button that lets it rest or go on leads, and what it says.
    pub rest: Option<Link>,
    /// Open incidents; above zero shows a banner that leads to their tab.
    pub incident_count: usize,
    pub diagram: Diagram,
    pub tabs: Vec<Tab>,
    pub tab: InstanceTab,
}

/// What the open tab lists.
#[derive(Clone, Debug)]
pub enum InstanceTab {
    Timeline { rows: Vec<TimelineRow>, pager: Pager },
    Waiting { rows: Vec<WaitingRow>, empty: EmptyState },
    Variables { scopes: Vec<ScopeRows>, form: Option<VariableForm> },
    Jobs { rows: Vec<JobRow>, empty: EmptyState },
    Incidents { rows: Vec<IncidentRow>, empty: EmptyState },
    Called { rows: Vec<CalledRow>, empty: EmptyState },
}

/// A job of the instance.
#[derive(Clone, Debug)]
pub struct JobRow {
    pub key: String,
    pub kind: String,
    pub element: String,
    pub state: Chip,
    pub retries: String,
    pub worker: String,
    pub due: Option<Stamp>,
    /// The last error; empty shows none.
    pub error: String,
}

/// What holds the instance up, and the way to go on.
#[derive(Clone, Debug)]
pub struct IncidentRow {
    pub key: String,
    pub kind: String,
    pub element: String,
    pub message: String,
    /// What a person can do about it.
    pub hint: String,
    pub instance: Link,
    pub process: String,
    pub at: Stamp,
    pub can_retry: bool,
}

/// An instance that this one called, or that called it.
#[derive(Clone, Debug)]
pub struct CalledRow {
    pub instance: Link,
    pub process: String,
    pub element: String,
    pub state: Chip,
    pub started: Stamp,
}

impl InstancePage {
    /// An instance that is stuck, on its timeline.
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/4503599627370497";
        Self {
            layout: Layout::sample("Expense approval", Section::Instances, path)
                .with_topics("instance-4503599627370497"),
            key: "4503599627370497".into(),
            process: Link::new("Expense approval", "/processes/expense-approval?version=2"),
            version: "Version 2".into(),
            state: Chip::incident(),
            facts: vec![
                Fact::text("Started by", "Requester"),
                Fact::text("Business key", "EXP-2026-118"),
                Fact::link("Called from", "Month end", "/instances/4503599627370401"),
            ],
            started: Stamp::sample(1500),
            ended: None,
            can_cancel: true,
            changes: changes("4503599627370497", true),
            rest: Some(Link::new("Suspend", "/instances/4503599627370497/suspend")),
            incident_count: 1,
            diagram: Diagram::sample_with_states(),
            tabs: sample_tabs("timeline"),
            tab: InstanceTab::Timeline { rows: TimelineRow::samples(), pager: Pager::default() },
        }
    }

    /// The same instance with another tab open: one page for each.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let none = |title: &str| EmptyState::new("check", title, "Nothing to do here.");
        let page = |id, tab| Self { tabs: sample_tabs(id), tab, ..Self::sample() };
        vec![
            Self::sample(),
            page(
                "waiting",
                InstanceTab::Waiting {
                    rows: WaitingRow::samples(),
                    empty: none("Waits for nothing"),
                },
            ),
            page(
                "variables",
                InstanceTab::Variables {
                    scopes: ScopeRows::samples(),
                    form: Some(VariableForm::sample()),
                },
            ),
            page("jobs", InstanceTab::Jobs { rows: sample_jobs(), empty: none("No jobs") }),
            page(
                "incidents",
                InstanceTab::Incidents {
                    rows: IncidentRow::samples(),
                    empty: none("No incidents"),
                },
            ),
            page(
                "called",
                InstanceTab::Called { rows: sample_called(), empty: none("No called instances") },
            ),
            page(
                "called",
                InstanceTab::Called { rows: Vec::new(), empty: none("No called instances") },
            ),
        ]
    }
}

fn sample_tabs(current: &str) -> Vec<Tab> {
    [
        ("timeline", "Timeline", ""),
        ("waiting", "Waits for", "3"),
        ("variables", "Variables", "6"),
        ("jobs", "Jobs", "2"),
        ("incidents", "Incidents", "1"),
        ("called", "Called instances", ""),
    ]
    .map(|(id, label, count)| Tab::new(id, label, format!("?tab={id}"), count, id == current))
    .into()
}

fn sample_called() -> Vec<CalledRow> {
    vec![CalledRow {
        instance: Link::new("4503599627370620", "/instances/4503599627370620"),
        process: "Pay out by transfer".into(),
        element: "Pay out".into(),
        state: Chip::active(),
        started: Stamp::sample(42),
    }]
}

fn sample_jobs() -> Vec<JobRow> {
    let job = |key: &str, kind: &str, element: &str, state, error: &str| JobRow {
        key: key.into(),
        kind: kind.into(),
        element: element.into(),
        state,
        retries: "0 of 3".into(),
        worker: "in-process".into(),
        due: Some(Stamp::sample(40)),
        error: error.into(),
    };
    let failed = Chip::new(Tone::Bad, "alert", "Failed");
    let error = "no route to host: payments.example.org";
    vec![
        job("4503599627370601", "io.camunda:http-json:1", "Pay out", failed, error),
        job("4503599627370602", "io.camunda:email:1", "Tell requester", Chip::completed(), ""),
    ]
}

impl IncidentRow {
    /// Two incidents of different kinds.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let row = |key: &str, kind: &str, element: &str, message: &str, hint: &str| Self {
            key: key.into(),
            kind: kind.into(),
            element: element.into(),
            message: message.into(),
            hint: hint.into(),
            instance: Link::new("4503599627370497", "/instances/4503599627370497"),
            process: "Expense approval".into(),
            at: Stamp::sample(40),
            can_retry: true,
        };
        vec![
            row(
                "4503599627370610",
                "Job without retries",
                "Pay out",
                "no route to host: payments.example.org",
                "Check the connection, then retry: the job gets its retries back.",
            ),
            row(
                "4503599627370611",
                "Condition",
                "Amount above limit?",
                "no outgoing sequence flow is true and none is the default",
                "Change the variable amount, or deploy a version with a default flow.",
            ),
        ]
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/{key}", show),
        Route::post("/instances/{key}/cancel", cancel).needs(Permission::InstancesOperate),
        Route::post("/instances/{key}/variables", instance_variables::set)
            .needs(Permission::InstancesOperate),
    ]
}

/// Which part of the page is looked at.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    tab: String,
    /// Entries of the timeline to pass over.
    offset: usize,
    /// A variable to change and the scope that holds it.
    pub(super) name: String,
    pub(super) scope: Option<Key>,
}

impl Wanted {
    /// The variables, with the form for this scope.
    pub(super) fn variables(scope: Key) -> Self {
        Self { tab: "variables".to_owned(), scope: Some(scope), ..Self::default() }
    }
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(wanted): Query<Wanted>,
) -> Result<Page<InstancePage>, HttpError> {
    Ok(Page(load(&app, frame, &signed_in, key, &wanted, None).await?))
}

/// An instance that the person may see.
///
/// # Errors
/// 404 when there is none; those of the database.
pub(super) async fn inspect(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
) -> Result<Inspection, HttpError> {
    let found = app.instances.inspect(&signed_in.principal, key.0).await?;
    found.ok_or_else(|| HttpError::not_found("process instance"))
}

/// Leads to the version of the process that an instance runs.
pub(super) fn process_link(row: &InstanceRow) -> Link {
    let href = format!("/processes/{}?version={}", row.process_id, row.version);
    Link::new(row.process_name.as_str(), href)
}

/// The page of an instance, perhaps with the form for variables as it was refused.
///
/// # Errors
/// 404 when there is no such instance for the person; those of the database.
pub(super) async fn load(
    app: &App,
    frame: Frame,
    signed_in: &SignedIn,
    key: Key,
    wanted: &Wanted,
    sent: Option<VariableForm>,
) -> Result<InstancePage, HttpError> {
    let principal = &*signed_in.principal;
    let found = inspect(app, signed_in, key).await?;
    let filter = IncidentFilter { instance_key: Some(key.0), ..IncidentFilter::default() };
    let stuck = incidents::list(&app.execution, filter, None, INCIDENTS_MAX).await?;
    let now_ms = app.clock.now_ms();
    let view = View {
        principal,
        known: KnownNames::load(app, found.people(), found.groups()).await?,
        wanted,
        now_ms,
        stuck: stuck.into_iter().map(|it| incident_row(it, principal, now_ms)).collect(),
        sent,
    };
    let name = found.row.process_name.clone();
    let mut layout = frame.layout(name, Section::Instances);
    if view.sent.is_some() {
        // Live parts ask for this address again, and the form's own does not answer that.
        layout.path = format!("/instances/{key}?tab=variables");
    }
    if can_follow(principal) {
        layout = layout.with_topics(format!("instance-{key}"));
    }
    Ok(page(layout, &found, view))
}

fn can_follow(principal: &Principal) -> bool {
    principal.may(Permission::InstancesRead) || principal.may(Permission::InstancesStart)
}

async fn cancel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let here = format!("/instances/{key}");
    match app.instances.cancel(key.0, signed_in.origin()).await {
        Ok(()) => Ok(go_with_success(&here, "The instance was cancelled.")),
        Err(refusal) => {
            let message = refusal.to_string();
            let error = HttpError::from(refusal);
            if error.status.is_server_error() || error.status == 404 {
                return Err(error);
            }
            Ok(go_with_refusal(&here, &sentence(&message)))
        }
    }
}

/// Who looks at which part of an instance, and what is known beside it.
struct View<'a> {
    principal: &'a Principal,
    known: KnownNames,
    wanted: &'a Wanted,
    now_ms: i64,
    stuck: Vec<IncidentRow>,
    /// The form for variables as it was refused.
    sent: Option<VariableForm>,
}

impl View<'_> {
    fn may_change(&self, found: &Inspection) -> bool {
        found.row.ended_at.is_none() && self.may_operate()
    }

    fn may_operate(&self) -> bool {
        self.principal.may(Permission::InstancesOperate)
    }
}

fn page(layout: Layout, found: &Inspection, view: View<'_>) -> InstancePage {
    let row = &found.row;
    let incident_count = view.stuck.len();
    InstancePage {
        layout,
        key: row.key.to_string(),
        process: process_link(row),
        version: format!("Version {}", row.version),
        state: state_chip(row),
        facts: facts(found, &view.known),
        started: Stamp::at(row.started_at, view.now_ms),
        ended: row.ended_at.map(|at| Stamp::at(at, view.now_ms)),
        can_cancel: view.may_change(found),
        changes: if view.may_operate() {
            changes(&row.key.to_string(), row.ended_at.is_none())
        } else {
            Vec::new()
        },
        rest: view.may_change(found).then(|| rest(row)),
        incident_count,
        diagram: Diagram {
            svg: found.diagram(),
            label: format!("Diagram of {} with the state of this instance", row.process_name),
            has_states: true,
        },
        tabs: tabs(found, incident_count, &view.wanted.tab),
        tab: tab(found, view),
    }
}

/// Pages that change an instance; one that has ended can only be started again.
fn changes(key: &str, is_open: bool) -> Vec<Link> {
    let of_open = [("Modify", "modify"), ("Migrate", "migrate")].into_iter().filter(|_| is_open);
    let all = of_open.chain([("Restart", "restart")]);
    all.map(|(label, page)| Link::new(label, format!("/instances/{key}/{page}"))).collect()
}

/// The button that lets an instance rest, or go on.
fn rest(row: &InstanceRow) -> Link {
    let (label, verb) =
        if row.state == "suspended" { ("Resume", "resume") } else { ("Suspend", "suspend") };
    Link::new(label, format!("/instances/{}/{verb}", row.key))
}

fn facts(found: &Inspection, known: &KnownNames) -> Vec<Fact> {
    let mut facts = vec![Fact::text("Started by", known.person(&found.row.started_by))];
    if let Some(parent) = &found.parent {
        let href = format!("/instances/{}", parent.key);
        facts.push(Fact::link("Called from", parent.process_name.as_str(), href));
    }
    if let Some(origin) = found.row.origin_key {
        facts.push(Fact::link("Made after", origin.to_string(), format!("/instances/{origin}")));
    }
    facts
}

fn tabs(found: &Inspection, stuck: usize, wanted: &str) -> Vec<Tab> {
    let count = |number: usize| if number == 0 { String::new() } else { number.to_string() };
    let variables = found.instance.variables().map_or(0, serde_json::Map::len);
    let all = [
        ("timeline", "Timeline", String::new()),
        ("waiting", "Waits for", String::new()),
        ("variables", "Variables", count(variables)),
        ("jobs", "Jobs", count(found.jobs.len())),
        ("incidents", "Incidents", count(stuck)),
        ("called", "Called instances", count(found.called.len())),
    ];
    let current = all.iter().map(|(id, _, _)| *id).find(|id| *id == wanted).unwrap_or("timeline");
    let tab = |(id, label, count): (&'static str, &str, String)| {
        Tab::new(id, label, format!("?tab={id}"), &count, id == current)
    };
    all.into_iter().map(tab).collect()
}

fn tab(found: &Inspection, view: View<'_>) -> InstanceTab {
    let now_ms = view.now_ms;
    match view.wanted.tab.as_str() {
        "waiting" => InstanceTab::Waiting {
            rows: WaitingRow::of_instance(found, &view.known, now_ms),
            empty: EmptyState::new(
                "check",
                "Waits for nothing",
                "This instance has ended. The timeline says how.",
            ),
        },
        "variables" => variables(found, view),
        "jobs" => InstanceTab::Jobs {
            rows: found.jobs.iter().map(|job| job_row(found, job, now_ms)).collect(),
            empty: EmptyState::new(
                "gear",
                "No open jobs",
                "Jobs appear here while a worker has something to do for this instance.",
            ),
        },
        "incidents" => InstanceTab::Incidents { rows: view.stuck, empty: nothing_stuck() },
        "called" => called(found, now_ms),
        _ => timeline(found, &view),
    }
}

fn variables(found: &Inspection, view: View<'_>) -> InstanceTab {
    let (scopes, key) = (found.scopes(), found.row.key);
    let may_change = view.may_change(found);
    let form = may_change.then(|| VariableForm::of(&scopes, key, view.wanted, view.sent));
    let rows = scopes.into_iter().map(|it| ScopeRows::of(it, key, may_change));
    InstanceTab::Variables { scopes: rows.collect(), form }
}

/// The newest entries first.
fn timeline(found: &Inspection, view: &View<'_>) -> InstanceTab {
    let offset = view.wanted.offset;
    let entries = found.timeline(&view.known);
    let total = entries.len();
    let rows: Vec<TimelineRow> = entries
        .into_iter()
        .rev()
        .skip(offset)
        .take(ENTRIES)
        .map(|entry| TimelineRow::of(entry, view.principal, view.now_ms))
        .collect();
    let end = offset + rows.len();
    let pager = if total <= ENTRIES {
        Pager::default()
    } else {
        Pager {
            summary: format!("{}–{end} of {total}", (offset + 1).min(end)),
            first_href: (offset > 0).then(|| "?tab=timeline".into()),
            next_href: (end < total).then(|| format!("?tab=timeline&offset={end}")),
        }
    };
    InstanceTab::Timeline { rows, pager }
}

fn job_row(found: &Inspection, job: &InstanceJob, now_ms: i64) -> JobRow {
    let state = match job.state.as_str() {
        "dead" => Chip::new(Tone::Bad, "alert", "Given up"),
        "held" => Chip::suspended(),
        "leased" if job.due_at > now_ms => Chip::new(Tone::Info, "play", "At work"),
        _ if job.due_at > now_ms => Chip::waiting("Waits to retry"),
        _ => Chip::waiting("Waits for a worker"),
    };
    JobRow {
        key: job.key.to_string(),
        kind: job.job_type.clone(),
        element: element_name(&found.deployed.graph, &job.element_id),
        state,
        retries: job.retries.to_string(),
        worker: job.worker.clone().unwrap_or_default(),
        due: (job.state != "dead").then(|| Stamp::at(job.due_at, now_ms)),
        error: job.message.clone().unwrap_or_default(),
    }
}

fn called(found: &Inspection, now_ms: i64) -> InstanceTab {
    let elements = elements_by_key(&found.turns);
    let rows = found.called.iter().map(|row| {
        let element = row.parent_element_key.and_then(|key| elements.get(&key));
        CalledRow {
            instance: Link::new(row.key.to_string(), format!("/instances/{}", row.key)),
            process: row.process_name.clone(),
            element: element.map_or_else(String::new, |id| element_name(&found.deployed.graph, id)),
            state: state_chip(row),
            started: Stamp::at(row.started_at, now_ms),
        }
    });
    InstanceTab::Called {
        rows: rows.collect(),
        empty: EmptyState::new(
            "link",
            "No called instances",
            "Instances that a call activity starts appear here.",
        ),
    }
}
