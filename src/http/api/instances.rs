//! Process instances for programs: start, list, show, change, end.
//!
//! Must not know how instances are stored or advanced.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
    parse_instant,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::execution::{InstanceReceipt, ProcessReference, StartInstance, TurnRecord};
use crate::services::instances::{
    Inspection, InstanceFilter, InstanceRow, Operator, Scope, StateFilter, VariableFilter,
};

const TAG: &str = "Process instances";
/// Found instances that a text narrows a list to.
const FOUND_MAX: usize = 500;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/process-instances", start)
            .needs(Permission::InstancesStart)
            .takes::<StartBody>()
            .answers::<StartedView>()
            .success(201)
            .about(TAG, "Start a process instance"),
        Route::get("/api/v1/process-instances", list)
            .query::<InstancesQuery>()
            .answers_page::<InstanceView>()
            .about(
                TAG,
                "List process instances, newest first; without the permission to see all, \
                    one's own",
            ),
        Route::get("/api/v1/process-instances/{key}", show)
            .answers::<InstanceView>()
            .about(TAG, "Show a process instance"),
        Route::post("/api/v1/process-instances/{key}/cancel", cancel)
            .needs(Permission::InstancesOperate)
            .success(204)
            .about(TAG, "End a process instance and everything in it"),
        Route::get("/api/v1/process-instances/{key}/variables", variables)
            .answers::<Vec<ScopeView>>()
            .about(TAG, "Show the variables of a process instance by scope"),
        Route::post("/api/v1/process-instances/{key}/variables", set_variables)
            .needs(Permission::InstancesOperate)
            .takes::<VariablesBody>()
            .success(204)
            .about(TAG, "Set variables of a process instance"),
        Route::post("/api/v1/process-instances/{key}/activate", activate)
            .needs(Permission::InstancesOperate)
            .takes::<ActivateBody>()
            .success(204)
            .about(TAG, "Begin elements of an ad-hoc sub-process"),
        Route::post("/api/v1/process-instances/{key}/add-instances", add_instances)
            .needs(Permission::InstancesOperate)
            .takes::<AddInstancesBody>()
            .success(204)
            .about(TAG, "Add items to a multi-instance at work"),
        Route::get("/api/v1/process-instances/{key}/journal", journal)
            .query::<JournalQuery>()
            .answers_page::<TurnView>()
            .about(TAG, "List what happened in a process instance, turn by turn, oldest first"),
        Route::get("/api/v1/process-instances/{key}/diagram.svg", diagram)
            .answers_raw("image/svg+xml")
            .about(TAG, "Draw a process instance's diagram with where it is and where it went"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewProcessInstance")]
struct StartBody {
    /// Id of the process; its latest version is started unless `version` says otherwise.
    process_id: Option<String>,
    /// A version of the process.
    version: Option<i64>,
    /// Key of a process definition, in place of `process_id`.
    definition_key: Option<Key>,
    /// Variables of the outermost scope.
    #[serde(default)]
    variables: Map<String, Json>,
}

/// What was started.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartedProcessInstance")]
pub(super) struct StartedView {
    key: Key,
    process_id: String,
    definition_key: Key,
    version: i64,
    /// `active`, `completed` or `terminated`: an instance without anything to wait for has ended.
    state: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstancesQuery {
    /// How many instances at most; 50 when not given.
    pub(crate) limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
    /// `active`, `suspended`, `stuck`, `completed` or `terminated`.
    pub(crate) state: Option<String>,
    /// Id of the process.
    pub(crate) process: Option<String>,
    /// Version of the process.
    pub(crate) version: Option<i64>,
    /// Key of the instance that called it.
    pub(crate) parent: Option<Key>,
    /// Started at this time or later, as RFC 3339.
    pub(crate) started_from: Option<String>,
    /// Started before this time, as RFC 3339.
    pub(crate) started_until: Option<String>,
    /// Words found in the instance or its variables.
    pub(crate) search: Option<String>,
    /// Name of a business variable of the process.
    pub(crate) variable: Option<String>,
    /// `eq`, `ne`, `gt`, `ge`, `lt`, `le` or `contains`; `eq` when not given.
    pub(crate) op: Option<String>,
    /// What the variable is compared with.
    pub(crate) value: Option<String>,
}

/// A process instance, as the API shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProcessInstance")]
pub(crate) struct InstanceView {
    key: Key,
    process_id: String,
    process_name: String,
    definition_key: Key,
    version: i64,
    /// `active`, `suspended`, `completed` or `terminated`.
    state: String,
    /// Open incidents; more than none means that it is stuck somewhere.
    incidents: i64,
    /// Names of the elements where it is, in lists.
    places: Vec<String>,
    parent_key: Option<Key>,
    /// The instance it was made after by a restart.
    origin_key: Option<Key>,
    started_by: String,
    started_at: String,
    ended_at: Option<String>,
}

/// The variables that one scope holds.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "VariableScope")]
pub(super) struct ScopeView {
    scope_key: Key,
    parent_key: Option<Key>,
    element_id: String,
    name: String,
    variables: Map<String, Json>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ElementsToBegin")]
struct ActivateBody {
    /// The ad-hoc sub-process at work.
    element_instance_key: Key,
    /// Ids of elements directly inside that no sequence flow leads to, each as often as it is to
    /// begin.
    element_ids: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ItemsToAdd")]
struct AddInstancesBody {
    /// The multi-instance at work, or one of its inner instances.
    element_instance_key: Key,
    /// One item for each new inner instance; null where the model gives only a number.
    items: Vec<Json>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewVariables")]
struct VariablesBody {
    variables: Map<String, Json>,
    /// An element instance; the process instance when not given.
    scope_key: Option<Key>,
    /// Set exactly there, instead of where a scope outward has the variable already.
    #[serde(default)]
    local: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct JournalQuery {
    /// How many turns at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A turn of the journal.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Turn")]
struct TurnView {
    turn: i64,
    at: String,
    actor: String,
    /// What caused it, such as `user_task.completed`.
    cause: String,
    /// What happened, in order.
    events: Vec<Json>,
}

async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<StartBody>,
) -> ApiResult<StartedView> {
    let process = reference(&body)?;
    let start = StartInstance { process, variables: body.variables, after: None };
    let started = app.instances.start(start, signed_in.origin()).await?;
    Ok(Answer::created(format!("/api/v1/process-instances/{}", started.key), started.into()))
}

fn reference(body: &StartBody) -> Result<ProcessReference, HttpError> {
    match (&body.process_id, body.version, body.definition_key) {
        (Some(id), None, None) => Ok(ProcessReference::Latest(id.clone())),
        (Some(id), Some(version), None) => Ok(ProcessReference::Version(id.clone(), version)),
        (None, None, Some(key)) => Ok(ProcessReference::Key(key.0)),
        _ => Err(HttpError::unprocessable(
            "invalid_value",
            "expected process_id, process_id with version, or definition_key alone",
        )),
    }
}

async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<InstancesQuery>,
) -> ApiResult<Vec<InstanceView>> {
    require_some_sight(&signed_in)?;
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?;
    let filter = filter_of(&app, &signed_in, &query).await?;
    let mut found = app.instances.list(filter, before, limit + 1).await?;
    let (rows, next) = next_page(found.rows, limit, |last| encode_cursor(&last.key));
    let view = |row: InstanceRow| {
        let places = found.places.remove(&row.key).unwrap_or_default();
        InstanceView { places, ..row.into() }
    };
    Ok(Answer::page(rows.into_iter().map(view).collect(), next))
}

/// The filter of a query, with what a person may see and what a text finds.
///
/// # Errors
/// 400 for words that are not known; those of the search.
pub(crate) async fn filter_of(
    app: &App,
    signed_in: &SignedIn,
    query: &InstancesQuery,
) -> Result<InstanceFilter, HttpError> {
    let mut filter = filter(query)?.visible_to(&signed_in.principal);
    if let Some(text) = query.search.as_deref().filter(|it| !it.trim().is_empty()) {
        let found = app.search.find_instances(&signed_in.principal, text, FOUND_MAX).await?;
        filter.keys = Some(found);
    }
    Ok(filter)
}

/// Whoever may start instances sees its own.
pub(super) fn require_some_sight(signed_in: &SignedIn) -> Result<(), HttpError> {
    if signed_in.principal.may(Permission::InstancesStart) {
        return Ok(());
    }
    signed_in.require(Permission::InstancesRead)
}

fn filter(query: &InstancesQuery) -> Result<InstanceFilter, HttpError> {
    let state = query.state.as_deref().map(|name| {
        let known = StateFilter::ALL.map(StateFilter::name);
        StateFilter::find(name).ok_or_else(|| unknown("state", &known, name))
    });
    let variable = query.variable.as_ref().map(|name| {
        let known = Operator::ALL.map(Operator::name);
        let op = query.op.as_deref().unwrap_or("eq");
        let operator = Operator::find(op).ok_or_else(|| unknown("op", &known, op))?;
        let value = query.value.clone().unwrap_or_default();
        Ok::<_, HttpError>(VariableFilter { name: name.clone(), operator, value })
    });
    let time = |field, text: &Option<String>| {
        text.as_deref().map(|text| parse_instant(field, text)).transpose()
    };
    Ok(InstanceFilter {
        state: state.transpose()?,
        process_id: query.process.clone(),
        version: query.version,
        parent_key: query.parent.map(|key| key.0),
        started_from_ms: time("started_from", &query.started_from)?,
        started_until_ms: time("started_until", &query.started_until)?,
        variable: variable.transpose()?,
        ..InstanceFilter::default()
    })
}

/// 400 for a word that is not among the known ones.
pub(crate) fn unknown(field: &str, known: &[&str], found: &str) -> HttpError {
    let (known, found) = (known.join(", "), found.escape_debug());
    let message = format!("{field}: expected one of {known}, found `{found}`");
    HttpError::bad_request("invalid_query", message)
}

async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<InstanceView> {
    require_some_sight(&signed_in)?;
    let found = app.instances.find(&signed_in.principal, key.0).await?;
    Ok(Answer::ok(found.ok_or_else(missing)?.into()))
}

pub(super) fn missing() -> HttpError {
    HttpError::not_found("process instance")
}

async fn cancel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.instances.cancel(key.0, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn inspect(
    app: &App,
    signed_in: &SignedIn,
    key: Key,
) -> Result<Inspection, HttpError> {
    require_some_sight(signed_in)?;
    app.instances.inspect(&signed_in.principal, key.0).await?.ok_or_else(missing)
}

async fn variables(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<Vec<ScopeView>> {
    let inspection = inspect(&app, &signed_in, key).await?;
    Ok(Answer::ok(inspection.scopes().into_iter().map(Into::into).collect()))
}

async fn set_variables(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<VariablesBody>,
) -> Result<StatusCode, HttpError> {
    let scope_key = body.scope_key.map(|key| key.0);
    let origin = signed_in.origin();
    app.instances.set_variables(key.0, scope_key, body.variables, body.local, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn activate(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<ActivateBody>,
) -> Result<StatusCode, HttpError> {
    if body.element_ids.is_empty() {
        let message = "element_ids: expected at least one id";
        return Err(HttpError::unprocessable("invalid_value", message));
    }
    let (sub_process, origin) = (body.element_instance_key.0, signed_in.origin());
    app.instances.activate_elements(key.0, sub_process, body.element_ids, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add_instances(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<AddInstancesBody>,
) -> Result<StatusCode, HttpError> {
    if body.items.is_empty() {
        let message = "items: expected at least one item";
        return Err(HttpError::unprocessable("invalid_value", message));
    }
    let (body_key, origin) = (body.element_instance_key.0, signed_in.origin());
    app.instances.add_loop_instances(key.0, body_key, body.items, origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn journal(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(query): Query<JournalQuery>,
) -> ApiResult<Vec<TurnView>> {
    let limit = page_limit(query.limit)?;
    let after = decode_cursor::<i64>(query.cursor.as_deref())?.unwrap_or(0);
    let inspection = inspect(&app, &signed_in, key).await?;
    let more = usize::try_from(limit).unwrap_or(usize::MAX).saturating_add(1);
    let turns = inspection.turns.into_iter().filter(|turn| turn.turn > after).take(more).collect();
    let (turns, next) = next_page(turns, limit, |last: &TurnRecord| encode_cursor(&last.turn));
    Ok(Answer::page(turns.into_iter().map(Into::into).collect(), next))
}

async fn diagram(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let svg = inspect(&app, &signed_in, key).await?.diagram();
    Ok(([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response())
}

impl From<InstanceReceipt> for StartedView {
    fn from(receipt: InstanceReceipt) -> Self {
        Self {
            key: Key(receipt.key),
            process_id: receipt.process_id.to_string(),
            definition_key: Key(receipt.definition_key),
            version: receipt.version,
            state: receipt.state.to_string(),
        }
    }
}

impl From<InstanceRow> for InstanceView {
    fn from(row: InstanceRow) -> Self {
        Self {
            key: Key(row.key),
            process_id: row.process_id,
            process_name: row.process_name,
            definition_key: Key(row.definition_key),
            version: row.version,
            state: row.state,
            incidents: row.incidents,
            places: Vec::new(),
            parent_key: row.parent_key.map(Key),
            origin_key: row.origin_key.map(Key),
            started_by: row.started_by,
            started_at: instant(row.started_at),
            ended_at: row.ended_at.map(instant),
        }
    }
}

impl From<Scope> for ScopeView {
    fn from(scope: Scope) -> Self {
        Self {
            scope_key: Key(scope.key),
            parent_key: scope.parent_key.map(Key),
            element_id: scope.element_id,
            name: scope.name,
            variables: scope.variables,
        }
    }
}

impl From<TurnRecord> for TurnView {
    fn from(turn: TurnRecord) -> Self {
        let events = turn.events.iter().filter_map(|event| serde_json::to_value(event).ok());
        Self {
            turn: turn.turn,
            at: instant(turn.at),
            actor: turn.actor,
            cause: turn.cause,
            events: events.map(with_keys_as_texts).collect(),
        }
    }
}

/// Keys are texts everywhere in the API: a number would lose digits in JavaScript.
fn with_keys_as_texts(mut json: Json) -> Json {
    if let Json::Object(kinds) = &mut json {
        for (_, facts) in kinds.iter_mut() {
            if let Json::Object(facts) = facts {
                for (_, value) in facts.iter_mut().filter(|(name, _)| name.ends_with("key")) {
                    if let Some(key) = value.as_i64() {
                        *value = key.to_string().into();
                    }
                }
            }
        }
    }
    json
}
