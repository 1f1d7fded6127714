//! Audit events of the installation for programs: who changed users, groups and tokens.
//!
//! Must not know how events are stored.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::extract::Query;
use crate::http::route::Route;
use crate::services::audit::AuditEvent;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/audit-events", list)
            .needs(Permission::AuditRead)
            .query::<AuditQuery>()
            .answers_page::<AuditEventView>()
            .about("Audit", "List the audit events of the installation, newest first"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    /// How many events at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
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

async fn list(
    State(app): State<App>,
    Query(query): Query<AuditQuery>,
) -> ApiResult<Vec<AuditEventView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?.unwrap_or(i64::MAX);
    let events = app.identity.list_audit_events(before, limit + 1).await?;
    let (events, next) = next_page(events, limit, |last| encode_cursor(&last.key));
    Ok(Answer::page(events.into_iter().map(Into::into).collect(), next))
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
