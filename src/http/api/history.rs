//! The past and the present of an instance for programs: replay, rewind, compare, and why it waits.
//!
//! Must not know how journals are kept.

use std::collections::BTreeMap;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::instances::{ScopeView, StartedView, inspect, missing, require_some_sight};
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key, instant};
use crate::http::error::HttpError;
use crate::http::extract::{Body, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::execution::RewindInstance;
use crate::services::instances::{
    Comparison, Ids, Moment, TimelineEntry, VariableChange, Waiting, compare, waiting,
};

const TAG: &str = "Process instances";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/process-instances/{key}/replay", replay)
            .query::<ReplayQuery>()
            .answers::<MomentView>()
            .about(TAG, "Show a process instance as it was after a turn"),
        Route::post("/api/v1/process-instances/{key}/rewind", rewind)
            .needs(Permission::InstancesOperate)
            .takes::<RewindBody>()
            .answers::<StartedView>()
            .success(201)
            .about(
                TAG,
                "Go on with a copy of a process instance from one of its turns; the original is \
                    kept",
            ),
        Route::get("/api/v1/process-instances/{key}/compare", show_comparison)
            .query::<CompareQuery>()
            .answers::<ComparisonView>()
            .about(TAG, "Compare two process instances"),
        Route::get("/api/v1/process-instances/{key}/waiting", show_waiting)
            .answers::<Vec<WaitingView>>()
            .about(TAG, "Show what a process instance waits for and what would release it"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReplayQuery {
    /// A turn, from 1; the last one when not given.
    turn: Option<i64>,
}

/// A process instance as it was after a turn.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Moment")]
struct MomentView {
    key: Key,
    turn: i64,
    /// How many turns there are by now.
    turns: i64,
    at: String,
    actor: String,
    /// What caused the turn, such as `user_task.completed`.
    cause: String,
    /// `active`, `completed` or `terminated`.
    state: String,
    /// Element instances that were open, oldest first.
    elements: Vec<OpenElementView>,
    scopes: Vec<ScopeView>,
    /// Variables that the turn changed.
    changes: Vec<ChangeView>,
    /// What the turn did, in words.
    happened: Vec<EntryView>,
}

/// An element instance that is open.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OpenElement")]
struct OpenElementView {
    key: Key,
    element_id: String,
    scope_key: Option<Key>,
    has_incident: bool,
}

/// A variable that a turn changed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "VariableChange")]
struct ChangeView {
    scope_key: Key,
    scope: String,
    name: String,
    /// Null when it was new, or null before.
    before: Option<Json>,
    after: Json,
}

/// Something that happened, in words.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimelineEntry")]
struct EntryView {
    element_id: String,
    element: String,
    /// To be read after the element's name.
    text: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rewind")]
struct RewindBody {
    /// The last turn that the copy shares with the instance, from 1.
    turn: i64,
    /// New values of variables of the outermost scope.
    #[serde(default)]
    variables: Map<String, Json>,
    /// New values of variables of other scopes that were open then, by the scope's key.
    #[serde(default)]
    scopes: BTreeMap<Key, Map<String, Json>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CompareQuery {
    /// The other instance.
    with: Key,
}

/// Where two instances differ; the first of each pair is the instance of the address.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comparison")]
struct ComparisonView {
    elements: Vec<ElementDifferenceView>,
    variables: Vec<VariableDifferenceView>,
    /// How many variables are the same.
    same_variables: usize,
}

/// An element that one of the two began more often.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ElementDifference")]
struct ElementDifferenceView {
    element_id: String,
    name: String,
    times: [u64; 2],
}

/// A variable that differs; null where there is none.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "VariableDifference")]
struct VariableDifferenceView {
    name: String,
    values: [Option<Json>; 2],
}

/// Something that a process instance waits for.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Waiting")]
struct WaitingView {
    element_id: String,
    element: String,
    element_instance_key: Key,
    /// `job`, `user_task`, `timer`, `message`, `signal`, `condition`, `called_instance`, `paths`,
    /// `choice` or `incident`.
    kind: String,
    /// Key of the job, user task, timer, subscription, called instance or incident.
    key: Option<Key>,
    /// To be read after "waits for".
    waits_for: String,
    /// What would release it.
    released_by: String,
    /// The element may go on without it: a boundary event or an event sub-process.
    by_the_way: bool,
    since: Option<String>,
    /// When it ends by itself, or is to be over.
    until: Option<String>,
}

async fn replay(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(query): Query<ReplayQuery>,
) -> ApiResult<MomentView> {
    require_some_sight(&signed_in)?;
    let principal = &signed_in.principal;
    let found = app.instances.replay(principal, key.0, query.turn).await?;
    match (found, query.turn) {
        (Some(moment), _) => Ok(Answer::ok(moment.into())),
        (None, Some(_)) if app.instances.find(principal, key.0).await?.is_some() => {
            Err(HttpError::not_found("turn of this process instance"))
        }
        (None, _) => Err(missing()),
    }
}

async fn rewind(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<RewindBody>,
) -> ApiResult<StartedView> {
    let scopes = body.scopes.into_iter().map(|(scope, variables)| (scope.0, variables));
    let mut variables: BTreeMap<i64, _> = scopes.collect();
    variables.entry(key.0).or_default().extend(body.variables);
    let wanted = RewindInstance { instance_key: key.0, turn: body.turn, variables };
    let copy = app.instances.rewind(wanted, signed_in.origin()).await?;
    Ok(Answer::created(format!("/api/v1/process-instances/{}", copy.key), copy.into()))
}

async fn show_comparison(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(query): Query<CompareQuery>,
) -> ApiResult<ComparisonView> {
    let first = inspect(&app, &signed_in, key).await?;
    let second = inspect(&app, &signed_in, query.with).await?;
    Ok(Answer::ok(compare(&first, &second).into()))
}

async fn show_waiting(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<Vec<WaitingView>> {
    let found = inspect(&app, &signed_in, key).await?;
    let waiting = waiting(&found, &Ids, app.clock.now_ms());
    Ok(Answer::ok(waiting.into_iter().map(Into::into).collect()))
}

impl From<Moment> for MomentView {
    fn from(moment: Moment) -> Self {
        let instance = &moment.instance;
        let stuck: Vec<i64> =
            instance.incidents.values().map(|it| it.element_instance_key).collect();
        let open = instance.elements.iter().filter(|(_, it)| !it.lifecycle.is_over());
        let element = |(key, it): (&i64, &crate::core::engine::ElementInstance)| OpenElementView {
            key: Key(*key),
            element_id: it.element_id.to_string(),
            scope_key: it.scope_key.map(Key),
            has_incident: stuck.contains(key),
        };
        let turn = moment.turn();
        Self {
            key: Key(moment.row.key),
            turn: turn.turn,
            turns: moment.row.turn,
            at: instant(turn.at),
            actor: turn.actor.clone(),
            cause: turn.cause.clone(),
            state: instance.state.to_string(),
            elements: open.map(element).collect(),
            scopes: moment.scopes().into_iter().map(Into::into).collect(),
            happened: moment.told(&Ids).into_iter().map(Into::into).collect(),
            changes: moment.changed.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<VariableChange> for ChangeView {
    fn from(change: VariableChange) -> Self {
        let VariableChange { scope_key, scope, name, before, after } = change;
        Self { scope_key: Key(scope_key), scope, name, before, after }
    }
}

impl From<TimelineEntry> for EntryView {
    fn from(entry: TimelineEntry) -> Self {
        Self { element_id: entry.element_id, element: entry.element, text: entry.text }
    }
}

impl From<Comparison> for ComparisonView {
    fn from(found: Comparison) -> Self {
        let elements = found.elements.into_iter().map(|it| ElementDifferenceView {
            element_id: it.element_id,
            name: it.name,
            times: it.times,
        });
        let variables = found
            .variables
            .into_iter()
            .map(|it| VariableDifferenceView { name: it.name, values: it.values });
        Self {
            elements: elements.collect(),
            variables: variables.collect(),
            same_variables: found.same_variables,
        }
    }
}

impl From<Waiting> for WaitingView {
    fn from(it: Waiting) -> Self {
        Self {
            element_id: it.element_id,
            element: it.element,
            element_instance_key: Key(it.element_instance_key),
            kind: it.kind.to_owned(),
            key: it.key.map(Key),
            waits_for: it.waits_for,
            released_by: it.released_by,
            by_the_way: it.is_by_the_way,
            since: it.since.map(instant),
            until: it.until.map(instant),
        }
    }
}
