//! The audit: everything that people, clients and the engine did, by full-text search.
//! Must not know how the index works.

use super::layout::{Layout, Section};
use super::parts::{EmptyState, Link, Pager, Snippet, Stamp};
use askama::Template;
use axum::extract::State;

use super::names::Names;
use super::numbers::thousands;
use super::words::{capitalised, given_to};
use crate::core::access::Permission;
use crate::http::api::search::OFFSET_MAX;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::QueryFields;
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::platform::search::{FacetCount, Query};
use crate::services::audit::{ActorKind, AuditEvent};
use crate::services::processes;
use crate::services::search::{EVENT_FACETS, FoundEvent, FoundEvents};
use std::collections::HashMap;

/// Rows of a page.
const ROWS: usize = 50;
/// Values of a facet that are shown.
const VALUES: usize = 12;
const HOUR_MS: i64 = 3_600_000;
/// Spans of the past that can be chosen.
const SPANS: [(&str, &str, i64); 3] = [
    ("1d", "Last 24 hours", 24 * HOUR_MS),
    ("7d", "Last 7 days", 7 * 24 * HOUR_MS),
    ("30d", "Last 30 days", 30 * 24 * HOUR_MS),
];

/// Search results with the facets that narrow them.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/audit.html")]
pub struct AuditPage {
    pub layout: Layout,
    pub search: String,
    /// Chosen facet values, sent along with a new search.
    pub hidden: Vec<HiddenInput>,
    pub facets: Vec<Facet>,
    /// Leads to the search without facets; `None` when none is chosen.
    pub clear_href: Option<String>,
    /// For example `1,204 events in 8 ms`.
    pub summary: String,
    pub rows: Vec<AuditRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A value that a form sends back unseen.
#[derive(Clone, Debug)]
pub struct HiddenInput {
    pub name: String,
    pub value: String,
}

/// A way to narrow the results, with counts.
#[derive(Clone, Debug)]
pub struct Facet {
    pub label: String,
    pub values: Vec<FacetValue>,
}

/// One value of a facet; its address adds or removes it.
#[derive(Clone, Debug)]
pub struct FacetValue {
    pub label: String,
    pub href: String,
    pub count: String,
    pub is_chosen: bool,
}

/// An audit event.
#[derive(Clone, Debug)]
pub struct AuditRow {
    pub icon: &'static str,
    /// CSS class of a tone.
    pub tone: &'static str,
    /// Who did it.
    pub actor: String,
    /// What was done, leading to where it can be seen.
    pub what: Link,
    pub snippet: Vec<Snippet>,
    pub kind: String,
    pub at: Stamp,
}

impl AuditPage {
    #[must_use]
    pub fn sample() -> Self {
        Self {
            search: "invoice".into(),
            summary: "3 events in 2 ms".into(),
            clear_href: Some("/audit?search=invoice".into()),
            hidden: vec![HiddenInput { name: "actor".into(), value: "approver".into() }],
            facets: sample_facets(),
            rows: sample_rows(),
            ..Self::sample_empty()
        }
    }

    /// A search that finds nothing.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Audit", Section::Audit, "/audit"),
            search: "nothing like this".into(),
            hidden: Vec::new(),
            facets: Vec::new(),
            clear_href: None,
            summary: String::new(),
            rows: Vec::new(),
            empty: EmptyState::new(
                "search",
                "No events found",
                "Try fewer or other words. Parts of words match with a star at the end.",
            ),
            pager: Pager::default(),
        }
    }
}

fn sample_facets() -> Vec<Facet> {
    let value = |label: &str, count: &str, is_chosen| FacetValue {
        label: label.into(),
        href: "/audit?search=invoice".into(),
        count: count.into(),
        is_chosen,
    };
    vec![
        Facet {
            label: "Who".into(),
            values: vec![value("Approver", "3", true), value("Requester", "2", false)],
        },
        Facet {
            label: "What".into(),
            values: vec![
                value("Comment added", "2", false),
                value("File attached", "2", false),
                value("Task completed", "1", false),
            ],
        },
        Facet { label: "When".into(), values: vec![value("Last 24 hours", "3", false)] },
    ]
}

fn sample_rows() -> Vec<AuditRow> {
    let piece = |text: &str, is_hit| Snippet { text: text.into(), is_hit };
    let row = |icon, tone, what: &str, kind: &str, snippet, minutes| AuditRow {
        icon,
        tone,
        actor: "Approver".into(),
        what: Link::new(what, "/inbox/4503599627370521"),
        snippet,
        kind: kind.into(),
        at: Stamp::sample(minutes),
    };
    let comment = vec![
        piece("Please attach the ", false),
        piece("invoice", true),
        piece(", then I can approve.", false),
    ];
    let file = vec![piece("hotel-", false), piece("invoice", true), piece(".pdf, 84 KB", false)];
    vec![
        row("comment", "info", "Commented on \"Approve expense\"", "Comment added", comment, 900),
        row("clip", "neutral", "Attached hotel-invoice.pdf", "File attached", file, 880),
        row(
            "check",
            "good",
            "\"Approve expense\" was completed",
            "User task completed",
            Vec::new(),
            3,
        ),
    ]
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![Route::get("/audit", show).needs(Permission::AuditRead)]
}

/// The question in the address; each facet may be chosen several times.
struct Wanted {
    search: String,
    /// Name and value, in the order of the address.
    chosen: Vec<(String, String)>,
    /// A span of the past; empty for all time.
    span: String,
    offset: usize,
}

impl Wanted {
    fn of(fields: &[(String, String)]) -> Self {
        let text = |name: &str| {
            fields.iter().find(|(it, _)| it == name).map_or("", |(_, value)| value).to_owned()
        };
        let is_facet = |(name, value): &&(String, String)| {
            EVENT_FACETS.contains(&name.as_str()) && !value.is_empty()
        };
        Self {
            search: text("search"),
            chosen: fields.iter().filter(is_facet).cloned().collect(),
            span: text("when"),
            offset: text("offset").parse().unwrap_or(0).min(OFFSET_MAX),
        }
    }

    fn query(&self, now_ms: i64) -> Query {
        let span = SPANS.iter().find(|(id, _, _)| *id == self.span);
        Query {
            text: self.search.clone(),
            facets: self.chosen.clone(),
            from_ms: span.map(|(_, _, ms)| now_ms - ms),
            limit: ROWS,
            offset: self.offset,
            count: EVENT_FACETS.map(str::to_owned).to_vec(),
            ..Query::default()
        }
    }

    fn href(chosen: &[(String, String)], search: &str, span: &str, offset: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !search.is_empty() {
            query.append_pair("search", search);
        }
        query.extend_pairs(chosen);
        if !span.is_empty() {
            query.append_pair("when", span);
        }
        if offset > 0 {
            query.append_pair("offset", &offset.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/audit".into() } else { format!("/audit?{query}") }
    }

    /// The same question with a value of a facet added or taken away.
    fn toggled(&self, name: &str, value: &str) -> (String, bool) {
        let pair = (name.to_owned(), value.to_owned());
        let is_chosen = self.chosen.contains(&pair);
        let mut chosen = self.chosen.clone();
        if is_chosen {
            chosen.retain(|it| *it != pair);
        } else {
            chosen.push(pair);
        }
        (Self::href(&chosen, &self.search, &self.span, 0), is_chosen)
    }
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    QueryFields(fields): QueryFields,
) -> Result<Page<AuditPage>, HttpError> {
    let wanted = Wanted::of(&fields);
    let now_ms = app.clock.now_ms();
    let began = std::time::Instant::now();
    let found = app.search.find_events(wanted.query(now_ms)).await?;
    let took_ms = began.elapsed().as_millis();
    let layout = frame.layout("Audit", Section::Audit);
    let names = Names::load(&app, people(&found)).await?;
    let processes = app.execution.database().read(processes::list_names).await?;
    let called = Called {
        people: names,
        processes: processes.into_iter().map(|it| (it.process_id, it.name)).collect(),
    };
    let summary = match found.total {
        1 => format!("1 event in {took_ms} ms"),
        total => format!("{} events in {took_ms} ms", thousands(total as u64)),
    };
    Ok(Page(page(layout, &wanted, found, &called, (summary, now_ms))))
}

/// What people and processes are called.
struct Called {
    people: Names,
    processes: HashMap<String, String>,
}

/// Everybody whom the page names.
fn people(found: &FoundEvents) -> impl Iterator<Item = &str> {
    let actors = found.facets.iter().filter(|(name, _)| name == "actor");
    let counted = actors.flat_map(|(_, counts)| counts.iter().map(|it| it.value.as_str()));
    let events = found.events.iter().map(|it| &it.event);
    counted.chain(events.flat_map(people_of))
}

/// Whoever did it, and whom a user task was given to.
pub(super) fn people_of(event: &AuditEvent) -> impl Iterator<Item = &str> {
    std::iter::once(event.actor_id.as_str())
        .chain(given_to(&event.action, &event.summary).map(|(_, who)| who))
}

fn page(
    layout: Layout,
    wanted: &Wanted,
    found: FoundEvents,
    called: &Called,
    (summary, now_ms): (String, i64),
) -> AuditPage {
    let is_narrowed = !wanted.chosen.is_empty() || !wanted.span.is_empty();
    let mut hidden: Vec<HiddenInput> = wanted
        .chosen
        .iter()
        .map(|(name, value)| HiddenInput { name: name.clone(), value: value.clone() })
        .collect();
    if !wanted.span.is_empty() {
        hidden.push(HiddenInput { name: "when".into(), value: wanted.span.clone() });
    }
    AuditPage {
        layout,
        search: wanted.search.clone(),
        hidden,
        clear_href: is_narrowed.then(|| Wanted::href(&[], &wanted.search, "", 0)),
        summary,
        pager: pager(wanted, &found),
        facets: facets(wanted, &found.facets, called),
        rows: found
            .events
            .into_iter()
            .map(|it| row(it, &called.people, now_ms, &wanted.search))
            .collect(),
        empty: empty(wanted, is_narrowed),
    }
}

fn empty(wanted: &Wanted, is_narrowed: bool) -> EmptyState {
    if wanted.search.is_empty() && !is_narrowed {
        let text = "Whatever people, clients and the engine do appears here.";
        return EmptyState::new("audit", "Nothing has happened yet", text);
    }
    let text = "Try fewer or other words. Parts of words match with a star at the end.";
    EmptyState::new("search", "No events found", text).with_action("Clear the search", "/audit")
}

fn pager(wanted: &Wanted, found: &FoundEvents) -> Pager {
    let href = |offset| Wanted::href(&wanted.chosen, &wanted.search, &wanted.span, offset);
    let end = wanted.offset + found.events.len();
    let first = if found.events.is_empty() { 0 } else { wanted.offset + 1 };
    let shown = if first == end { end.to_string() } else { format!("{first}–{end}") };
    Pager {
        summary: format!("{shown} of {}", thousands(found.total as u64)),
        first_href: (wanted.offset > 0).then(|| href(0)),
        next_href: (end < found.total && end <= OFFSET_MAX).then(|| href(end)),
    }
}

fn facets(wanted: &Wanted, counted: &[(String, Vec<FacetCount>)], called: &Called) -> Vec<Facet> {
    let mut facets: Vec<Facet> = counted
        .iter()
        .filter(|(_, counts)| !counts.is_empty())
        .map(|(name, counts)| Facet {
            label: match name.as_str() {
                "actor" => "Who",
                "action" => "What",
                _ => "Process",
            }
            .into(),
            values: values(wanted, name, counts, called),
        })
        .collect();
    if !facets.is_empty() {
        let values = SPANS.iter().map(|(id, label, _)| {
            let is_chosen = wanted.span == *id;
            let span = if is_chosen { "" } else { id };
            FacetValue {
                label: (*label).into(),
                href: Wanted::href(&wanted.chosen, &wanted.search, span, 0),
                count: String::new(),
                is_chosen,
            }
        });
        facets.push(Facet { label: "When".into(), values: values.collect() });
    }
    facets
}

/// What nobody signed in did is found without narrowing by nobody.
fn values(wanted: &Wanted, name: &str, counts: &[FacetCount], called: &Called) -> Vec<FacetValue> {
    let named = counts.iter().filter(|it| !it.value.is_empty()).take(VALUES);
    named.map(|count| value(wanted, name, count, called)).collect()
}

fn value(wanted: &Wanted, name: &str, count: &FacetCount, called: &Called) -> FacetValue {
    let (href, is_chosen) = wanted.toggled(name, &count.value);
    let label = match name {
        "action" => in_words(&count.value),
        "actor" => capitalised(&called.people.of(&count.value)),
        _ => called.processes.get(&count.value).unwrap_or(&count.value).clone(),
    };
    FacetValue { label, href, count: thousands(count.count), is_chosen }
}

/// `user_task.completed` as `User task completed`.
fn in_words(action: &str) -> String {
    capitalised(&action.replace(['.', '_'], " "))
}

fn row(found: FoundEvent, names: &Names, now_ms: i64, search: &str) -> AuditRow {
    let FoundEvent { event, snippet } = found;
    let (icon, tone) = look_of(&event.action);
    // Without words the snippet would only repeat the summary.
    let snippet = if search.trim().is_empty() { Vec::new() } else { snippet };
    let is_useful = snippet.iter().any(|part| part.is_match);
    AuditRow {
        icon,
        tone,
        actor: actor(&event, names),
        what: what(&event, names),
        kind: in_words(&event.action),
        at: Stamp::at(event.at_ms, now_ms),
        snippet: snippet
            .into_iter()
            .filter(|_| is_useful)
            .map(|part| Snippet { text: part.text, is_hit: part.is_match })
            .collect(),
    }
}

/// Who did it, as pages name them.
pub(super) fn actor(event: &AuditEvent, names: &Names) -> String {
    match event.actor_kind {
        ActorKind::User | ActorKind::Client => names.of(&event.actor_id),
        ActorKind::Engine => "Engine".into(),
        ActorKind::System => "System".into(),
        ActorKind::Anonymous => "Somebody".into(),
    }
}

/// What was done, as a sentence that leads to where it can be seen.
pub(super) fn what(event: &AuditEvent, names: &Names) -> Link {
    let text = match given_to(&event.action, &event.summary) {
        Some((task, who)) if who == event.actor_id => format!("{task} was claimed"),
        Some((task, who)) => format!("{task} was given to {}", names.of(who)),
        None => capitalised(&event.summary),
    };
    Link::new(text, place(event))
}

fn place(event: &AuditEvent) -> String {
    match (event.subject_kind.as_str(), event.subject_key, event.instance_key) {
        ("user_task", Some(key), _) => format!("/inbox/{key}"),
        ("user", Some(key), _) => format!("/users/{key}"),
        (_, _, Some(key)) => format!("/instances/{key}"),
        _ => event.process_id.as_ref().map(|id| format!("/processes/{id}")).unwrap_or_default(),
    }
}

/// Icon and tone of what happened.
#[must_use]
pub fn look_of(action: &str) -> (&'static str, &'static str) {
    let (kind, verb) = action.split_once('.').unwrap_or((action, ""));
    match (kind, verb) {
        (_, "commented") => ("comment", "info"),
        (_, "failed" | "error_thrown" | "raised" | "refused") => ("alert", "bad"),
        (_, "completed" | "resolved") => ("check", "good"),
        (_, "started") => ("play", "info"),
        (_, "canceled" | "deleted" | "disabled" | "revoked") => ("stop", "neutral"),
        ("user_task", _) => ("user", "info"),
        ("timer" | "schedule", _) => ("clock", "neutral"),
        ("message", _) => ("mail", "neutral"),
        ("deployment", _) => ("process", "neutral"),
        ("file", _) => ("clip", "neutral"),
        ("variables", _) => ("variable", "neutral"),
        ("user" | "group" | "session" | "token", _) => ("user", "neutral"),
        _ => ("info", "neutral"),
    }
}
