//! Changes of single process instances for programs: modify, migrate, suspend, resume, retry,
//! restart.
//!
//! Must not know how a change is carried out.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::Permission;
use crate::core::engine::{Activation, Instruction, MoveSource, ScopeVariables};
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key};
use crate::http::error::HttpError;
use crate::http::extract::{Body, OptionalBody, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::instances::{Action, MigrationPlan, VersionWanted};

const TAG: &str = "Process instances";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/process-instances/{key}/modify", modify)
            .needs(Permission::InstancesOperate)
            .takes::<ModifyBody>()
            .success(204)
            .about(TAG, "Begin, end and move elements of a process instance, all or none"),
        Route::get("/api/v1/process-instances/{key}/migration", plan)
            .needs(Permission::InstancesOperate)
            .query::<PlanQuery>()
            .answers::<PlanView>()
            .about(TAG, "Propose how a process instance goes on in another version"),
        Route::post("/api/v1/process-instances/{key}/migrate", migrate)
            .needs(Permission::InstancesOperate)
            .takes::<MigrateBody>()
            .success(204)
            .about(TAG, "Let a process instance go on in another version"),
        Route::post("/api/v1/process-instances/{key}/suspend", suspend)
            .needs(Permission::InstancesOperate)
            .success(204)
            .about(TAG, "Let a process instance rest: nothing advances until it is resumed"),
        Route::post("/api/v1/process-instances/{key}/resume", resume)
            .needs(Permission::InstancesOperate)
            .success(204)
            .about(TAG, "Let a suspended process instance go on"),
        Route::post("/api/v1/process-instances/{key}/retry", retry)
            .needs(Permission::InstancesOperate)
            .takes::<RetryBody>()
            .success(204)
            .about(TAG, "Try again whatever raised the open incidents of a process instance"),
        Route::post("/api/v1/process-instances/{key}/restart", restart)
            .needs(Permission::InstancesOperate)
            .takes::<RestartBody>()
            .answers::<RestartedView>()
            .success(201)
            .about(TAG, "Start another process instance with the same start variables"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Modification")]
struct ModifyBody {
    /// What is to be done; what begins is there before anything ends.
    instructions: Vec<InstructionBody>,
    /// Only say whether it could be done.
    #[serde(default)]
    dry_run: bool,
}

/// One step of a modification.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "Instruction")]
pub(crate) enum InstructionBody {
    /// Begins an element as if a path had reached it.
    Activate {
        /// The element.
        element_id: String,
        /// The open scope it begins in, or one further outward; needed where several fit.
        ancestor_key: Option<Key>,
        /// Variables set before.
        #[serde(default)]
        variables: Vec<ScopeVariablesBody>,
    },
    /// Ends one open element instance and everything in it.
    Terminate {
        /// The element instance.
        element_instance_key: Key,
    },
    /// Ends every open instance of an element.
    TerminateAll {
        /// The element.
        element_id: String,
    },
    /// Ends open element instances and begins another element for each.
    Move {
        /// One element instance.
        element_instance_key: Option<Key>,
        /// Every open instance of this element, in place of `element_instance_key`.
        from_element_id: Option<String>,
        /// The element that begins.
        element_id: String,
        /// The open scope it begins in; that of the source when not given.
        ancestor_key: Option<Key>,
        /// Variables set before.
        #[serde(default)]
        variables: Vec<ScopeVariablesBody>,
    },
}

/// Variables for a scope of an element that begins.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScopeVariables")]
pub(crate) struct ScopeVariablesBody {
    /// The element itself or one that encloses it; the process instance when not given.
    scope_id: Option<String>,
    variables: Map<String, Json>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PlanQuery {
    /// The version to go on in; the latest one when neither it nor the key is given.
    version: Option<i64>,
    /// The definition to go on in.
    definition_key: Option<Key>,
}

/// How an instance could go on in another version.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MigrationPlan")]
struct PlanView {
    from_version: i64,
    to_version: i64,
    definition_key: Key,
    elements: Vec<PlannedElementView>,
    /// Every reason why the instance can't go on as proposed; none when it can.
    problems: Vec<ProblemView>,
}

/// What an element becomes.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PlannedElement")]
struct PlannedElementView {
    element_id: String,
    name: String,
    kind: &'static str,
    /// What it becomes; null where nothing is proposed.
    target_id: Option<String>,
    /// How many instances of it are open.
    open: usize,
    /// Why nothing is proposed.
    reason: Option<String>,
}

/// Something that stands against a migration.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MigrationProblem")]
struct ProblemView {
    element_id: String,
    element_instance_key: Option<Key>,
    message: String,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Migration")]
struct MigrateBody {
    /// The version to go on in; the latest one when neither it nor the key is given.
    version: Option<i64>,
    /// The definition to go on in.
    definition_key: Option<Key>,
    /// Elements and what they become, in place of what is proposed; null is nothing.
    #[serde(default)]
    mapping: BTreeMap<String, Option<String>>,
    /// Nothing but the mapping counts.
    #[serde(default)]
    exact: bool,
    /// Only say whether it could be done.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Retry")]
struct RetryBody {
    /// New attempts for the jobs; one where a job has none left.
    retries: Option<i32>,
    /// Variables set in the instance before.
    #[serde(default)]
    variables: Map<String, Json>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Restart")]
struct RestartBody {
    /// The latest version instead of the original's.
    #[serde(default)]
    latest: bool,
    /// Variables in place of the original's, or beside them.
    #[serde(default)]
    variables: Map<String, Json>,
}

/// What was started.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RestartedProcessInstance")]
struct RestartedView {
    key: Key,
    /// The original.
    origin_key: Key,
}

/// Instructions as the engine takes them.
///
/// # Errors
/// 422 where a move does not say what it moves.
pub(crate) fn instructions(bodies: Vec<InstructionBody>) -> Result<Vec<Instruction>, HttpError> {
    bodies.into_iter().map(instruction).collect()
}

fn instruction(body: InstructionBody) -> Result<Instruction, HttpError> {
    Ok(match body {
        InstructionBody::Activate { element_id, ancestor_key, variables } => {
            Instruction::Activate(activation(element_id, ancestor_key, variables))
        }
        InstructionBody::Terminate { element_instance_key: Key(element_instance_key) } => {
            Instruction::Terminate { element_instance_key }
        }
        InstructionBody::TerminateAll { element_id } => Instruction::TerminateAll { element_id },
        InstructionBody::Move {
            element_instance_key,
            from_element_id,
            element_id,
            ancestor_key,
            variables,
        } => {
            let from = match (element_instance_key, from_element_id) {
                (Some(key), None) => MoveSource::Instance(key.0),
                (None, Some(element_id)) => MoveSource::Element(element_id),
                _ => {
                    let message = "expected element_instance_key or from_element_id of a move";
                    return Err(HttpError::unprocessable("invalid_value", message));
                }
            };
            Instruction::Move { from, to: activation(element_id, ancestor_key, variables) }
        }
    })
}

fn activation(
    element_id: String,
    ancestor_key: Option<Key>,
    variables: Vec<ScopeVariablesBody>,
) -> Activation {
    let given = variables
        .into_iter()
        .map(|it| ScopeVariables { scope_id: it.scope_id, variables: it.variables });
    Activation {
        element_id,
        ancestor_key: ancestor_key.map(|key| key.0),
        variables: given.collect(),
    }
}

async fn modify(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<ModifyBody>,
) -> Result<StatusCode, HttpError> {
    let action = Action::Modify { instructions: instructions(body.instructions)? };
    perform(&app, &signed_in, key, action, body.dry_run).await
}

async fn plan(
    State(app): State<App>,
    Path(key): Path<Key>,
    Query(query): Query<PlanQuery>,
) -> ApiResult<PlanView> {
    let wanted = wanted(query.version, query.definition_key)?;
    let definition_key = app.instances.find_version(key.0, wanted).await?;
    let plan = app.instances.plan_migration(key.0, definition_key, BTreeMap::new(), false).await?;
    Ok(Answer::ok(plan.into()))
}

fn wanted(version: Option<i64>, definition_key: Option<Key>) -> Result<VersionWanted, HttpError> {
    match (version, definition_key) {
        (None, None) => Ok(VersionWanted::Latest),
        (Some(version), None) => Ok(VersionWanted::Number(version)),
        (None, Some(key)) => Ok(VersionWanted::Key(key.0)),
        (Some(_), Some(_)) => {
            let message = "expected version or definition_key, but got both";
            Err(HttpError::unprocessable("invalid_value", message))
        }
    }
}

async fn migrate(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    OptionalBody(body): OptionalBody<MigrateBody>,
) -> Result<StatusCode, HttpError> {
    let body = body.unwrap_or_default();
    let wanted = wanted(body.version, body.definition_key)?;
    let definition_key = app.instances.find_version(key.0, wanted).await?;
    let (mapping, is_exact) = (body.mapping, body.exact);
    let action = Action::Migrate { definition_key, mapping, is_exact };
    perform(&app, &signed_in, key, action, body.dry_run).await
}

async fn perform(
    app: &App,
    signed_in: &SignedIn,
    Key(key): Key,
    action: Action,
    is_dry: bool,
) -> Result<StatusCode, HttpError> {
    if is_dry {
        for (_, tried) in app.instances.try_each(vec![key], action).await? {
            tried?;
        }
    } else {
        app.instances.perform(key, &action, signed_in.origin()).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn suspend(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    perform(&app, &signed_in, key, Action::Suspend, false).await
}

async fn resume(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    perform(&app, &signed_in, key, Action::Resume, false).await
}

async fn retry(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    OptionalBody(body): OptionalBody<RetryBody>,
) -> Result<StatusCode, HttpError> {
    let body = body.unwrap_or_default();
    let action = Action::Retry { retries: body.retries, variables: body.variables };
    perform(&app, &signed_in, key, action, false).await
}

async fn restart(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    OptionalBody(body): OptionalBody<RestartBody>,
) -> ApiResult<RestartedView> {
    let body = body.unwrap_or_default();
    let action = Action::Restart { takes_latest: body.latest, variables: body.variables };
    let made = app.instances.perform(key.0, &action, signed_in.origin()).await?;
    let made = made.ok_or_else(|| HttpError::internal("a restart made nothing"))?;
    let view = RestartedView { key: Key(made), origin_key: key };
    Ok(Answer::created(format!("/api/v1/process-instances/{made}"), view))
}

impl From<MigrationPlan> for PlanView {
    fn from(plan: MigrationPlan) -> Self {
        let elements = plan.elements.into_iter().map(|it| PlannedElementView {
            element_id: it.element_id,
            name: it.name,
            kind: it.kind,
            target_id: it.target_id,
            open: it.open,
            reason: it.reason,
        });
        let problems = plan.problems.into_iter().map(|it| ProblemView {
            element_id: it.element_id,
            element_instance_key: it.element_instance_key.map(Key),
            message: it.message,
        });
        Self {
            from_version: plan.from_version,
            to_version: plan.to_version,
            definition_key: Key(plan.definition_key),
            elements: elements.collect(),
            problems: problems.collect(),
        }
    }
}
