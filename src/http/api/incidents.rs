//! Incidents for programs: list and resolve.
//!
//! Must not know how an incident is resolved.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::Permission;
use crate::core::engine::RepairIncident;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, OptionalBody, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::incidents::{self, IncidentFilter, IncidentRow};

const TAG: &str = "Incidents";
const BULK_MAX: usize = 1000;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/incidents", list)
            .needs(Permission::InstancesRead)
            .query::<IncidentsQuery>()
            .answers_page::<IncidentView>()
            .about(TAG, "List open incidents, newest first"),
        Route::post("/api/v1/incidents/{key}/resolve", resolve)
            .needs(Permission::InstancesOperate)
            .takes::<ResolveBody>()
            .success(204)
            .about(TAG, "Try the step that an incident holds up again"),
        Route::post("/api/v1/incidents/resolve", resolve_each)
            .needs(Permission::InstancesOperate)
            .takes::<ResolveEachBody>()
            .answers::<Vec<OutcomeView>>()
            .about(TAG, "Resolve several incidents and say how each went"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct IncidentsQuery {
    /// How many at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Id of the process.
    process: Option<String>,
    /// Kind of trouble, such as `job_no_retries`.
    kind: Option<String>,
    /// Key of the process instance.
    instance: Option<Key>,
    /// A text in the message.
    search: Option<String>,
}

/// An open incident.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Incident")]
struct IncidentView {
    key: Key,
    instance_key: Key,
    process_id: String,
    process_name: String,
    element_id: String,
    element_name: String,
    job_key: Option<Key>,
    /// Kind of trouble, such as `job_no_retries`.
    kind: String,
    /// What happened and what was expected.
    message: String,
    /// What a person can do about it.
    hint: &'static str,
    created_at: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IncidentResolution")]
struct ResolveBody {
    /// New attempts of the incident's job; one when it has none left.
    retries: Option<i32>,
    /// Variables set before the step is tried again.
    #[serde(default)]
    variables: Map<String, Json>,
    /// The element instance whose variables they are; the incident's own when not given.
    scope_key: Option<Key>,
    /// Set exactly there, instead of where a scope outward has the variable already.
    #[serde(default)]
    local: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "IncidentResolutions")]
struct ResolveEachBody {
    /// 1 to 1000 incidents.
    keys: Vec<Key>,
    /// New attempts of the incidents' jobs; one when a job has none left.
    retries: Option<i32>,
}

/// How one incident went.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IncidentOutcome")]
struct OutcomeView {
    key: Key,
    resolved: bool,
    /// Why it was not.
    error: Option<RefusedView>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RefusedIncident")]
struct RefusedView {
    code: &'static str,
    message: String,
}

async fn list(
    State(app): State<App>,
    Query(query): Query<IncidentsQuery>,
) -> ApiResult<Vec<IncidentView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?;
    let kind = query.kind.as_deref().map(|name| {
        incidents::find_kind(name).ok_or_else(|| {
            let found = name.escape_debug();
            let message = format!("kind: expected a kind of incident, found `{found}`");
            HttpError::bad_request("invalid_query", message)
        })
    });
    let filter = IncidentFilter {
        process_id: query.process,
        kind: kind.transpose()?,
        instance_key: query.instance.map(|key| key.0),
        search: query.search,
    };
    let rows = incidents::list(&app.execution, filter, before, limit + 1).await?;
    let (rows, next) = next_page(rows, limit, |last| encode_cursor(&last.key));
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), next))
}

async fn resolve(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    OptionalBody(body): OptionalBody<ResolveBody>,
) -> Result<StatusCode, HttpError> {
    let body = body.unwrap_or_default();
    let repair = RepairIncident {
        incident_key: key.0,
        retries: body.retries,
        variables: body.variables,
        scope_key: body.scope_key.map(|key| key.0),
        is_local: body.local,
    };
    incidents::repair(&app.execution, repair, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn resolve_each(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<ResolveEachBody>,
) -> ApiResult<Vec<OutcomeView>> {
    if body.keys.is_empty() || body.keys.len() > BULK_MAX {
        let message = format!("keys: expected 1 to {BULK_MAX}, found {}", body.keys.len());
        return Err(HttpError::unprocessable("invalid_value", message));
    }
    let keys = body.keys.into_iter().map(|key| key.0).collect();
    let origin = signed_in.origin();
    let outcomes = incidents::resolve_each(&app.execution, keys, body.retries, &origin).await;
    let views = outcomes.into_iter().map(|(key, outcome)| {
        let error = outcome.err().map(HttpError::from);
        OutcomeView {
            key: Key(key),
            resolved: error.is_none(),
            error: error.map(|it| RefusedView { code: it.code, message: it.message.clone() }),
        }
    });
    Ok(Answer::ok(views.collect()))
}

impl From<IncidentRow> for IncidentView {
    fn from(row: IncidentRow) -> Self {
        let (_, hint) = row.words();
        Self {
            key: Key(row.key),
            instance_key: Key(row.instance_key),
            process_id: row.process_id,
            process_name: row.process_name,
            element_id: row.element_id,
            element_name: row.element_name,
            job_key: row.job_key.map(Key),
            kind: row.kind,
            message: row.message,
            hint,
            created_at: instant(row.created_at),
        }
    }
}
