//! User tasks for programs: list, claim, assign, complete, change.
//!
//! Comments and attachments are in `talk`. Must not know how rights are settled.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value as Json};

use crate::core::access::{
    Permission, Principal, may_assign, may_claim, may_complete, may_release,
};
use crate::core::engine::{DateChange, TaskForm, UserTaskChanges};
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
    parse_instant,
};
use crate::http::error::HttpError;
use crate::http::extract::{Body, OptionalBody, Path, Query};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::Sql;
use crate::services::tasks::{
    self, Completion, Submitted, TaskFilter, TaskSort, TaskView, UserTask,
};

const TAG: &str = "User tasks";
const NEEDED: Permission = Permission::TasksWork;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/user-tasks", list)
            .needs(NEEDED)
            .query::<UserTasksQuery>()
            .answers_page::<UserTaskView>()
            .about(TAG, "List the user tasks that you may see"),
        Route::get("/api/v1/user-tasks/counts", counts)
            .needs(NEEDED)
            .answers::<CountsView>()
            .about(TAG, "Count the user tasks of each filter, up to 1000"),
        Route::get("/api/v1/user-tasks/{key}", show)
            .needs(NEEDED)
            .answers::<UserTaskDetailView>()
            .about(TAG, "Show a user task with the variables it sees"),
        Route::get("/api/v1/user-tasks/{key}/form", show_form)
            .needs(NEEDED)
            .answers::<Json>()
            .about(TAG, "Show the form of a user task in form-js's JSON schema"),
        Route::patch("/api/v1/user-tasks/{key}", update)
            .needs(NEEDED)
            .takes::<UserTaskChangesBody>()
            .answers::<UserTaskView>()
            .about(TAG, "Change dates, priority or candidates of a user task"),
        Route::post("/api/v1/user-tasks/{key}/claim", claim)
            .needs(NEEDED)
            .answers::<UserTaskView>()
            .about(TAG, "Claim a user task that nobody has"),
        Route::post("/api/v1/user-tasks/{key}/unclaim", unclaim)
            .needs(NEEDED)
            .answers::<UserTaskView>()
            .about(TAG, "Give a user task back, so that others can claim it"),
        Route::post("/api/v1/user-tasks/{key}/assign", assign)
            .needs(Permission::TasksManage)
            .takes::<AssignBody>()
            .answers::<UserTaskView>()
            .about(TAG, "Assign a user task to a user"),
        Route::post("/api/v1/user-tasks/{key}/complete", complete)
            .needs(NEEDED)
            .takes::<CompleteBody>()
            .answers::<UserTaskView>()
            .about(TAG, "Complete a user task with the values of its form"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserTasksQuery {
    /// How many user tasks at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// `mine`, `unassigned` (those you may claim), `all` (open ones) or `done`; `all` when not
    /// given.
    filter: Option<String>,
    /// Only of this process.
    process_id: Option<String>,
    /// Only of this process instance.
    instance_key: Option<Key>,
    /// Words in the name.
    search: Option<String>,
    /// `due` (first due first), `priority` (most urgent first) or `created` (newest first); `due`
    /// when not given. Completed ones always come latest first.
    sort: Option<String>,
}

/// A user task.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserTask")]
pub(crate) struct UserTaskView {
    key: Key,
    /// What is to be done, as the model names it.
    name: String,
    /// The element of the model.
    element_id: String,
    element_instance_key: Key,
    instance_key: Key,
    process_id: String,
    process_name: String,
    definition_key: Key,
    /// `open`, `completed` or `canceled`.
    state: &'static str,
    /// Login name of whoever has it.
    assignee: Option<String>,
    /// Ids of groups whose members may claim it.
    candidate_groups: Vec<String>,
    /// Login names of users who may claim it.
    candidate_users: Vec<String>,
    due_at: Option<String>,
    follow_up_at: Option<String>,
    /// 0 to 100; 50 is usual.
    priority: i64,
    form: Option<FormReferenceView>,
    /// Rises with every change; changes may name the revision they saw.
    rev: i64,
    created_at: String,
    ended_at: Option<String>,
    /// Login name of whoever completed it.
    ended_by: Option<String>,
}

/// The form that a user task shows.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(rename = "UserTaskForm")]
enum FormReferenceView {
    /// A deployed form.
    Deployed {
        /// Its id.
        form_id: String,
    },
    /// A form inside the model.
    Embedded,
    /// An address outside.
    External {
        /// The address.
        address: String,
    },
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserTaskDetail")]
struct UserTaskDetailView {
    #[serde(flatten)]
    task: UserTaskView,
    /// The variables that its element sees.
    variables: Map<String, Json>,
    /// What its listeners are about to let it become, as in `completing`.
    transition: Option<&'static str>,
    /// Why a listener refused the last change.
    denied_reason: Option<String>,
    may: MayView,
}

/// What you may do with it now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserTaskRights")]
#[expect(clippy::struct_excessive_bools, reason = "one independent right each")]
struct MayView {
    claim: bool,
    unclaim: bool,
    assign: bool,
    complete: bool,
}

/// How many user tasks each filter has; 1000 stands for 1000 or more.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserTaskCounts")]
struct CountsView {
    mine: i64,
    unassigned: i64,
    all: i64,
    done: i64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "UserTaskChanges")]
struct UserTaskChangesBody {
    /// The revision that was seen; any when not given.
    rev: Option<i64>,
    /// When it should be done; null takes the date away.
    #[serde(default, deserialize_with = "given")]
    #[expect(clippy::option_option, reason = "not given, null and a date are three things")]
    due_at: Option<Option<String>>,
    /// From when on it should be looked at; null takes the date away.
    #[serde(default, deserialize_with = "given")]
    #[expect(clippy::option_option, reason = "not given, null and a date are three things")]
    follow_up_at: Option<Option<String>>,
    /// 0 to 100.
    priority: Option<i32>,
    /// Ids of groups whose members may claim it.
    candidate_groups: Option<Vec<String>>,
    /// Login names of users who may claim it.
    candidate_users: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AssignUserTask")]
struct AssignBody {
    /// Login name of the user.
    assignee: String,
    /// The revision that was seen; any when not given.
    rev: Option<i64>,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "CompleteUserTask")]
struct CompleteBody {
    /// The values of the form's fields, or any variables where it has no form. The value of a file
    /// field is a list of keys of uploaded files.
    variables: Map<String, Json>,
    /// A comment to go with it.
    comment: Option<String>,
    /// Keys of uploaded files to be attached.
    attachments: Vec<Key>,
    /// The revision that was seen; any when not given.
    rev: Option<i64>,
}

/// Tells a field that is null from one that is missing.
pub(crate) fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<UserTasksQuery>,
) -> ApiResult<Vec<UserTaskView>> {
    let limit = page_limit(query.limit)?;
    let filter = TaskFilter {
        view: word("filter", query.filter.as_deref(), &TaskView::ALL, TaskView::id, TaskView::All)?,
        process_id: query.process_id,
        instance_key: query.instance_key.map(|it| it.0),
        search: query.search,
        sort: word("sort", query.sort.as_deref(), &TaskSort::ALL, TaskSort::id, TaskSort::Due)?,
        after: decode_cursor(query.cursor.as_deref())?,
    };
    let (principal, wanted) = (signed_in.principal, filter.clone());
    let read = move |sql: &mut dyn Sql| tasks::list(sql, &principal, &wanted, limit + 1);
    let found = app.execution.database().read(read).await?;
    let (found, next) = next_page(found, limit, |last| encode_cursor(&filter.position(last)));
    Ok(Answer::page(found.into_iter().map(Into::into).collect(), next))
}

/// The meaning of a word of the query.
fn word<T: Copy>(
    field: &str,
    text: Option<&str>,
    all: &[T],
    id: fn(T) -> &'static str,
    otherwise: T,
) -> Result<T, HttpError> {
    let Some(text) = text else { return Ok(otherwise) };
    let expected = || all.iter().map(|it| id(*it)).collect::<Vec<_>>().join(", ");
    let message = || format!("{field}: expected one of {}, found `{text}`", expected());
    let found = all.iter().copied().find(|it| id(*it) == text);
    found.ok_or_else(|| HttpError::bad_request("invalid_query", message()))
}

async fn counts(State(app): State<App>, signed_in: SignedIn) -> ApiResult<CountsView> {
    let principal = signed_in.principal;
    let read = move |sql: &mut dyn Sql| {
        let mut count =
            |view| tasks::count(sql, &principal, &TaskFilter { view, ..TaskFilter::default() });
        Ok::<_, HttpError>(CountsView {
            mine: count(TaskView::Mine)?,
            unassigned: count(TaskView::Unassigned)?,
            all: count(TaskView::All)?,
            done: count(TaskView::Done)?,
        })
    };
    Ok(Answer::ok(app.execution.database().read(read).await?))
}

async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<UserTaskDetailView> {
    let definitions = app.execution.definitions().clone();
    let principal = signed_in.principal.clone();
    let read = move |sql: &mut dyn Sql| tasks::load_visible(sql, &definitions, &principal, key.0);
    let detail = app.execution.database().read(read).await?;
    let may = rights(&signed_in.principal, &detail.task);
    Ok(Answer::ok(UserTaskDetailView {
        task: detail.task.into(),
        variables: detail.variables,
        transition: detail.transition,
        denied_reason: detail.denied_reason,
        may,
    }))
}

fn rights(principal: &Principal, task: &UserTask) -> MayView {
    let (facts, is_open) = (task.facts(), task.is_open());
    MayView {
        claim: is_open && task.assignee.is_none() && may_claim(principal, &facts),
        unclaim: is_open && task.assignee.is_some() && may_release(principal, &facts),
        assign: is_open && may_assign(principal),
        complete: is_open && may_complete(principal, &facts),
    }
}

async fn show_form(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<Json> {
    let definitions = app.execution.definitions().clone();
    let principal = signed_in.principal;
    let read =
        move |sql: &mut dyn Sql| tasks::find_form_source(sql, &definitions, &principal, key.0);
    let text = app.execution.database().read(read).await?;
    let text = text.ok_or_else(|| HttpError::not_found("form"))?;
    let schema = serde_json::from_str(&text);
    Ok(Answer::ok(schema.map_err(|error| HttpError::internal(error.to_string()))?))
}

async fn update(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<UserTaskChangesBody>,
) -> ApiResult<UserTaskView> {
    let changes = UserTaskChanges {
        due_at: date("due_at", body.due_at)?,
        follow_up_at: date("follow_up_at", body.follow_up_at)?,
        priority: body.priority,
        candidate_groups: body.candidate_groups,
        candidate_users: body.candidate_users,
    };
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let changed = tasks::update(&app.execution, principal, key.0, changes, body.rev, origin);
    Ok(Answer::ok(changed.await?.into()))
}

#[expect(clippy::option_option, reason = "not given, null and a date are three things")]
pub(crate) fn date(
    field: &str,
    text: Option<Option<String>>,
) -> Result<Option<DateChange>, HttpError> {
    Ok(match text {
        None => None,
        Some(None) => Some(DateChange::Clear),
        Some(Some(text)) => Some(DateChange::Set(parse_instant(field, &text)?)),
    })
}

async fn claim(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<UserTaskView> {
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    Ok(Answer::ok(tasks::claim(&app.execution, principal, key.0, origin).await?.into()))
}

async fn unclaim(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<UserTaskView> {
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    Ok(Answer::ok(tasks::unclaim(&app.execution, principal, key.0, origin).await?.into()))
}

async fn assign(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<AssignBody>,
) -> ApiResult<UserTaskView> {
    let assigned = tasks::assign(
        &app.execution,
        &app.identity,
        &signed_in.principal,
        key.0,
        &body.assignee,
        body.rev,
        signed_in.origin(),
    );
    Ok(Answer::ok(assigned.await?.into()))
}

async fn complete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    OptionalBody(body): OptionalBody<CompleteBody>,
) -> ApiResult<UserTaskView> {
    let body = body.unwrap_or_default();
    let completion = Completion {
        submitted: Submitted::Json(body.variables),
        comment: body.comment,
        attachments: body.attachments.into_iter().map(|it| it.0).collect(),
        expected_rev: body.rev,
    };
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let completed =
        tasks::complete(&app.execution, &app.files, principal, key.0, completion, origin);
    Ok(Answer::ok(completed.await?.into()))
}

impl From<UserTask> for UserTaskView {
    fn from(task: UserTask) -> Self {
        Self {
            key: Key(task.key),
            name: task.name,
            element_id: task.element_id,
            element_instance_key: Key(task.element_instance_key),
            instance_key: Key(task.instance_key),
            process_id: task.process_id,
            process_name: task.process_name,
            definition_key: Key(task.definition_key),
            state: task.state.name(),
            assignee: task.assignee,
            candidate_groups: task.candidate_groups,
            candidate_users: task.candidate_users,
            due_at: task.due_at.map(instant),
            follow_up_at: task.follow_up_at.map(instant),
            priority: task.priority,
            form: task.form.map(Into::into),
            rev: task.rev,
            created_at: instant(task.created_at),
            ended_at: task.ended_at.map(instant),
            ended_by: task.ended_by,
        }
    }
}

impl From<TaskForm> for FormReferenceView {
    fn from(form: TaskForm) -> Self {
        match form {
            TaskForm::Id(form_id) => Self::Deployed { form_id },
            TaskForm::Embedded => Self::Embedded,
            TaskForm::External(address) => Self::External { address },
        }
    }
}
