//! One process instance: where it is, where it went, what it knows, what holds it up.
//! Must not know the journal; timeline rows come in words already.

use super::layout::{Layout, Section};
use super::parts::{Chip, Diagram, EmptyState, Fact, Link, Pager, Stamp, Tab, Tone};
use askama::Template;

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
    Variables { scopes: Vec<ScopeRows> },
    Jobs { rows: Vec<JobRow>, empty: EmptyState },
    Incidents { rows: Vec<IncidentRow>, empty: EmptyState },
    Called { rows: Vec<CalledRow>, empty: EmptyState },
}

/// Something that happened in the instance.
#[derive(Clone, Debug)]
pub struct TimelineRow {
    pub icon: &'static str,
    /// CSS class of a tone.
    pub tone: &'static str,
    pub element: String,
    pub element_id: String,
    pub text: String,
    pub actor: String,
    pub at: Stamp,
    /// For example `took 3 min`; empty shows none.
    pub duration: String,
}

/// The variables of one scope, the instance's own first.
#[derive(Clone, Debug)]
pub struct ScopeRows {
    pub name: String,
    pub key: String,
    pub variables: Vec<VariableRow>,
}

/// A variable with its value as JSON.
#[derive(Clone, Debug)]
pub struct VariableRow {
    pub name: String,
    /// Shortened to a line; `is_long` then has the whole in `full`.
    pub value: String,
    pub is_long: bool,
    pub full: String,
    pub kind: &'static str,
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
            incident_count: 1,
            diagram: Diagram::sample_with_states(),
            tabs: sample_tabs("timeline"),
            tab: InstanceTab::Timeline { rows: sample_timeline(), pager: Pager::default() },
        }
    }

    /// The same instance with another tab open: one page for each.
    #[must_use]
    pub fn samples() -> Vec<Self> {
        let none = |title: &str| EmptyState::new("check", title, "Nothing to do here.");
        let page = |id, tab| Self { tabs: sample_tabs(id), tab, ..Self::sample() };
        vec![
            Self::sample(),
            page("variables", InstanceTab::Variables { scopes: sample_scopes() }),
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
        ("variables", "Variables", "6"),
        ("jobs", "Jobs", "2"),
        ("incidents", "Incidents", "1"),
        ("called", "Called instances", ""),
    ]
    .map(|(id, label, count)| Tab::new(id, label, format!("?tab={id}"), count, id == current))
    .into()
}

fn sample_timeline() -> Vec<TimelineRow> {
    let row =
        |icon, tone, element: &str, id: &str, text: &str, minutes, duration: &str| TimelineRow {
            icon,
            tone,
            element: element.into(),
            element_id: id.into(),
            text: text.into(),
            actor: "Engine".into(),
            at: Stamp::sample(minutes),
            duration: duration.into(),
        };
    vec![
        row("alert", "bad", "Pay out", "pay", "raised an incident: no route to host", 40, ""),
        row("play", "info", "Pay out", "pay", "was activated", 42, ""),
        row("check", "good", "Approve expense", "approve", "was completed", 42, "took 24 h"),
        row("user", "info", "Approve expense", "approve", "was claimed by Approver", 1450, ""),
        row("branch", "neutral", "Amount above limit?", "limit", "took the path Yes", 1499, ""),
        row("play", "info", "Expense submitted", "start", "was started by Requester", 1500, ""),
    ]
}

fn sample_scopes() -> Vec<ScopeRows> {
    let variable = |name: &str, value: &str, kind| VariableRow {
        name: name.into(),
        value: value.into(),
        is_long: value.ends_with('…'),
        full: "{\n  \"city\": \"Example City\",\n  \"nights\": 2\n}".into(),
        kind,
    };
    vec![
        ScopeRows {
            name: "Process instance".into(),
            key: "4503599627370497".into(),
            variables: vec![
                variable("amount", "1840.50", "number"),
                variable("category", "\"travel\"", "string"),
                variable("trip", "{ \"city\": \"Example City\", \"nights\"…", "context"),
                variable("approved", "true", "boolean"),
            ],
        },
        ScopeRows {
            name: "Pay out".into(),
            key: "4503599627370555".into(),
            variables: vec![variable("account", "\"EX00 1234\"", "string")],
        },
    ]
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

pub fn routes() -> Vec<crate::http::route::Route> {
    Vec::new()
}
