//! Operations on many process instances for programs: made, begun, paused, canceled, looked at.
//!
//! Must not know how they are carried out.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::instance_changes::{InstructionBody, instructions};
use super::instances::{InstancesQuery, filter_of};
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::bulk::{Item, Operation, Selection};
use crate::services::instances::Action;

const TAG: &str = "Bulk operations";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/bulk-operations", create)
            .needs(Permission::InstancesOperate)
            .takes::<CreateBody>()
            .answers::<OperationView>()
            .success(201)
            .about(TAG, "Choose instances and what to do to each; everything is tried dry first"),
        Route::get("/api/v1/bulk-operations", list)
            .needs(Permission::InstancesOperate)
            .query::<PageQuery>()
            .answers_page::<OperationView>()
            .about(TAG, "List bulk operations, newest first"),
        Route::get("/api/v1/bulk-operations/{key}", show)
            .needs(Permission::InstancesOperate)
            .answers::<OperationView>()
            .about(TAG, "Show a bulk operation and how far it is"),
        Route::get("/api/v1/bulk-operations/{key}/items", items)
            .needs(Permission::InstancesOperate)
            .query::<ItemsQuery>()
            .answers_page::<ItemView>()
            .about(TAG, "List the instances of a bulk operation with verdict, result and reason"),
        Route::post("/api/v1/bulk-operations/{key}/start", start)
            .needs(Permission::InstancesOperate)
            .success(204)
            .about(TAG, "Begin a bulk operation that was tried, or go on with a paused one"),
        Route::post("/api/v1/bulk-operations/{key}/pause", pause)
            .needs(Permission::InstancesOperate)
            .success(204)
            .about(TAG, "Let a running bulk operation rest"),
        Route::post("/api/v1/bulk-operations/{key}/cancel", cancel)
            .needs(Permission::InstancesOperate)
            .success(204)
            .about(TAG, "End a bulk operation; what was done stays done"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewBulkOperation")]
struct CreateBody {
    action: ActionBody,
    /// Instances by key.
    keys: Option<Vec<Key>>,
    /// All instances that this finds now, in place of `keys`.
    filter: Option<FilterBody>,
    /// Begin by itself once everything was tried; else it waits to be started.
    #[serde(default)]
    start: bool,
}

/// What is done to each instance.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "BulkAction")]
enum ActionBody {
    /// End it.
    Cancel {},
    /// Let it rest.
    Suspend {},
    /// Let it go on.
    Resume {},
    /// Try again whatever raised its open incidents.
    Retry {
        /// New attempts for jobs; one where a job has none left.
        retries: Option<i32>,
        /// Variables set in the instance before.
        #[serde(default)]
        variables: Map<String, Json>,
    },
    /// Set variables of its outermost scope.
    SetVariables {
        /// Names and values.
        variables: Map<String, Json>,
    },
    /// Begin and end elements; name them by their ids.
    Modify {
        /// All are done, or none.
        instructions: Vec<InstructionBody>,
    },
    /// Go on in another version.
    Migrate {
        /// The definition to go on in.
        definition_key: Key,
        /// Elements and what they become, in place of what is proposed; null is nothing.
        #[serde(default)]
        mapping: BTreeMap<String, Option<String>>,
        /// Nothing but the mapping counts.
        #[serde(default)]
        exact: bool,
    },
    /// Start another instance with the same start variables.
    Restart {
        /// The latest version instead of the original's.
        #[serde(default)]
        latest: bool,
        /// Variables in place of the original's, or beside them.
        #[serde(default)]
        variables: Map<String, Json>,
    },
}

/// Which instances, as for their list.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "InstanceFilter")]
struct FilterBody {
    /// `active`, `suspended`, `stuck`, `completed` or `terminated`.
    state: Option<String>,
    /// Id of the process.
    process: Option<String>,
    /// Version of the process.
    version: Option<i64>,
    /// Key of the instance that called it.
    parent: Option<Key>,
    /// Started at this time or later, as RFC 3339.
    started_from: Option<String>,
    /// Started before this time, as RFC 3339.
    started_until: Option<String>,
    /// Words found in the instance or its variables.
    search: Option<String>,
    /// Name of a business variable of the process.
    variable: Option<String>,
    /// How the variable is compared.
    op: Option<String>,
    /// What the variable is compared with.
    value: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    /// How many at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ItemsQuery {
    /// How many at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only those with a reason why not.
    refused: Option<bool>,
}

/// An operation on many instances.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BulkOperation")]
struct OperationView {
    key: Key,
    /// What is done: `cancel`, `suspend`, `resume`, `retry`, `modify`, `migrate` or `restart`.
    action: &'static str,
    /// `checking`, `ready`, `running`, `paused`, `done` or `canceled`.
    state: &'static str,
    /// Instances in all.
    total: i64,
    /// Tried dry so far.
    checked: i64,
    /// Refused by the dry run.
    unfit: i64,
    /// Carried out so far.
    done: i64,
    /// Refused when they were to be carried out.
    refused: i64,
    created_by: String,
    created_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
}

/// One instance of a bulk operation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "BulkItem")]
struct ItemView {
    instance_key: Key,
    process_name: String,
    version: Option<i64>,
    /// What the dry run says; null before it.
    fits: Option<bool>,
    /// `pending`, `done` or `refused`.
    state: &'static str,
    /// Why it was refused.
    reason: Option<String>,
    /// The instance that a restart made.
    result_key: Option<Key>,
}

async fn create(
    State(app): State<App>,
    signed_in: SignedIn,
    Body(body): Body<CreateBody>,
) -> ApiResult<OperationView> {
    let selection = match (body.keys, body.filter) {
        (Some(keys), None) => Selection::Keys(keys.into_iter().map(|key| key.0).collect()),
        (None, Some(filter)) => {
            let found = filter_of(&app, &signed_in, &filter.into()).await?;
            Selection::Matching(Box::new(found))
        }
        _ => {
            let message = "expected keys or filter";
            return Err(HttpError::unprocessable("invalid_value", message));
        }
    };
    let action = action(body.action)?;
    let key = app.bulk.create(selection, action, body.start, signed_in.origin()).await?;
    let found = app.bulk.find(key).await?.ok_or_else(missing)?;
    Ok(Answer::created(format!("/api/v1/bulk-operations/{key}"), found.into()))
}

fn action(body: ActionBody) -> Result<Action, HttpError> {
    Ok(match body {
        ActionBody::Cancel {} => Action::Cancel,
        ActionBody::Suspend {} => Action::Suspend,
        ActionBody::Resume {} => Action::Resume,
        ActionBody::Retry { retries, variables } => Action::Retry { retries, variables },
        ActionBody::SetVariables { variables } => Action::SetVariables { variables },
        ActionBody::Modify { instructions: given } => {
            Action::Modify { instructions: instructions(given)? }
        }
        ActionBody::Migrate { definition_key, mapping, exact } => {
            Action::Migrate { definition_key: definition_key.0, mapping, is_exact: exact }
        }
        ActionBody::Restart { latest, variables } => {
            Action::Restart { takes_latest: latest, variables }
        }
    })
}

async fn list(
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> ApiResult<Vec<OperationView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?;
    let found = app.bulk.list(before, limit + 1).await?;
    let (rows, next) = next_page(found, limit, |last| encode_cursor(&last.key));
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), next))
}

async fn show(State(app): State<App>, Path(key): Path<Key>) -> ApiResult<OperationView> {
    Ok(Answer::ok(app.bulk.find(key.0).await?.ok_or_else(missing)?.into()))
}

fn missing() -> HttpError {
    HttpError::not_found("operation")
}

async fn items(
    State(app): State<App>,
    Path(key): Path<Key>,
    Query(query): Query<ItemsQuery>,
) -> ApiResult<Vec<ItemView>> {
    let limit = page_limit(query.limit)?;
    let after = decode_cursor::<i64>(query.cursor.as_deref())?;
    app.bulk.find(key.0).await?.ok_or_else(missing)?;
    let only_refused = query.refused.unwrap_or(false);
    let found = app.bulk.items(key.0, only_refused, after, limit + 1).await?;
    let (rows, next) = next_page(found, limit, |last| encode_cursor(&last.instance_key));
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), next))
}

async fn start(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.bulk.start(key.0, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn pause(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.bulk.pause(key.0, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn cancel(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.bulk.cancel(key.0, signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<FilterBody> for InstancesQuery {
    fn from(body: FilterBody) -> Self {
        Self {
            limit: None,
            cursor: None,
            state: body.state,
            process: body.process,
            version: body.version,
            parent: body.parent,
            started_from: body.started_from,
            started_until: body.started_until,
            search: body.search,
            variable: body.variable,
            op: body.op,
            value: body.value,
        }
    }
}

impl From<Operation> for OperationView {
    fn from(operation: Operation) -> Self {
        Self {
            key: Key(operation.key),
            action: operation.action.name(),
            state: operation.state.name(),
            total: operation.progress.total,
            checked: operation.progress.checked,
            unfit: operation.progress.unfit,
            done: operation.progress.done,
            refused: operation.progress.refused,
            created_by: operation.actor.id.to_string(),
            created_at: instant(operation.created_at),
            started_at: operation.started_at.map(instant),
            ended_at: operation.ended_at.map(instant),
        }
    }
}

impl From<Item> for ItemView {
    fn from(item: Item) -> Self {
        Self {
            instance_key: Key(item.instance_key),
            process_name: item.process_name,
            version: item.version,
            fits: item.fits,
            state: item.state.name(),
            reason: item.reason,
            result_key: item.result_key.map(Key),
        }
    }
}
