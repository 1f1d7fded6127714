//! Audit events for programs: full-text search with facets over everything that was done.
//!
//! Must not know how events are stored or indexed.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::api::search::{SnippetView, next_cursor, offset};
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
    parse_instant,
};
use crate::http::extract::Query;
use crate::http::route::Route;
use crate::platform::search;
use crate::services::audit::AuditEvent;
use crate::services::search::{EVENT_FACETS, FoundEvent};

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/audit", list)
            .needs(Permission::AuditRead)
            .query::<AuditQuery>()
            .answers_page::<FoundEventView>()
            .about("Audit", "Find audit events by words and facets, newest first"),
        Route::get("/api/v1/audit/facets", facets)
            .needs(Permission::AuditRead)
            .query::<AuditQuery>()
            .answers::<Vec<FacetView>>()
            .about("Audit", "Count the values of the facets among the events found"),
        Route::get("/api/v1/audit-events", list_of_installation)
            .needs(Permission::AuditRead)
            .query::<InstallationQuery>()
            .answers_page::<AuditEventView>()
            .about(
                "Audit",
                "List what was done to users, groups and tokens, as it is stored, newest first",
            ),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    /// Words that all must occur, `"words in order"`, `begin*`, `-without`.
    q: Option<String>,
    /// Who did it: a login name, `engine` or `system`.
    actor: Option<String>,
    /// The fact, such as `user_task.completed`.
    action: Option<String>,
    /// Id of the process.
    process: Option<String>,
    /// At this time or later, as RFC 3339.
    from: Option<String>,
    /// Before this time, as RFC 3339.
    until: Option<String>,
    /// How many events at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InstallationQuery {
    /// How many events at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// An audit event that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundAuditEvent")]
struct FoundEventView {
    #[serde(flatten)]
    event: AuditEventView,
    /// The piece of its text that shows why it was found.
    snippet: Vec<SnippetView>,
}

/// An audit event, as the API shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEvent")]
pub(crate) struct AuditEventView {
    key: Key,
    at: String,
    /// `user`, `client`, `engine`, `system` or `anonymous`.
    actor_kind: &'static str,
    actor_id: String,
    /// The fact, such as `user.created`.
    action: String,
    subject_kind: String,
    subject_key: Option<Key>,
    subject_id: Option<String>,
    process_id: Option<String>,
    instance_key: Option<Key>,
    /// One sentence for people.
    summary: String,
    /// Further facts.
    details: Option<serde_json::Value>,
    request_id: Option<String>,
    address: Option<String>,
}

/// A facet with how often each of its values occurs.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Facet")]
struct FacetView {
    /// `actor`, `action` or `process`.
    name: String,
    /// The most frequent ones first.
    values: Vec<FacetValueView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FacetValue")]
struct FacetValueView {
    value: String,
    count: u64,
}

async fn list(
    State(app): State<App>,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Vec<FoundEventView>> {
    let limit = page_limit(query.limit)?;
    let offset = offset(query.cursor.as_deref())?;
    let wanted = search::Query { limit: limit as usize, offset, ..wanted(query)? };
    let found = app.search.find_events(wanted).await?;
    let next = next_cursor(offset, found.events.len(), found.total);
    Ok(Answer::page(found.events.into_iter().map(Into::into).collect(), next))
}

async fn list_of_installation(
    State(app): State<App>,
    Query(query): Query<InstallationQuery>,
) -> ApiResult<Vec<AuditEventView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?.unwrap_or(i64::MAX);
    let events = app.identity.list_audit_events(before, limit + 1).await?;
    let (events, next) = next_page(events, limit, |last| encode_cursor(&last.key));
    Ok(Answer::page(events.into_iter().map(Into::into).collect(), next))
}

async fn facets(
    State(app): State<App>,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Vec<FacetView>> {
    let count = EVENT_FACETS.map(str::to_owned).to_vec();
    let wanted = search::Query { limit: 1, count, ..wanted(query)? };
    let found = app.search.find_events(wanted).await?;
    let facets = found.facets.into_iter().map(|(name, counts)| {
        let values =
            counts.into_iter().map(|it| FacetValueView { value: it.value, count: it.count });
        FacetView { name, values: values.collect() }
    });
    Ok(Answer::ok(facets.collect()))
}

fn wanted(query: AuditQuery) -> Result<search::Query, crate::http::error::HttpError> {
    let time =
        |field, text: Option<String>| text.map(|text| parse_instant(field, &text)).transpose();
    let facets = [("actor", query.actor), ("action", query.action), ("process", query.process)];
    let facets = facets.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Ok(search::Query {
        text: query.q.unwrap_or_default(),
        facets: facets.collect(),
        from_ms: time("from", query.from)?,
        until_ms: time("until", query.until)?,
        ..search::Query::default()
    })
}

impl From<FoundEvent> for FoundEventView {
    fn from(found: FoundEvent) -> Self {
        let snippet = found.snippet.into_iter().map(Into::into).collect();
        Self { event: found.event.into(), snippet }
    }
}

impl From<AuditEvent> for AuditEventView {
    fn from(event: AuditEvent) -> Self {
        Self {
            key: Key(event.key),
            at: instant(event.at_ms),
            actor_kind: event.actor_kind.name(),
            actor_id: event.actor_id,
            action: event.action,
            subject_kind: event.subject_kind,
            subject_key: event.subject_key.map(Key),
            subject_id: event.subject_id,
            process_id: event.process_id,
            instance_key: event.instance_key.map(Key),
            summary: event.summary,
            details: event.details,
            request_id: event.request_id,
            address: event.address,
        }
    }
}
