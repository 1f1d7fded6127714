//! Comments and attachments of user tasks for programs.
//!
//! Must not know how they are stored.

use axum::extract::{Request, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::api::files::{FileView, store_posted};
use crate::http::app::App;
use crate::http::envelope::{Answer, ApiResult, Key, instant};
use crate::http::extract::{Body, Path};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::Sql;
use crate::services::files;
use crate::services::tasks::{self, Comment, TaskError};

const TAG: &str = "User tasks";
const NEEDED: Permission = Permission::TasksWork;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/user-tasks/{key}/comments", list_comments)
            .needs(NEEDED)
            .answers::<Vec<CommentView>>()
            .about(TAG, "List the comments on a user task and on its instance, oldest first"),
        Route::post("/api/v1/user-tasks/{key}/comments", add_comment)
            .needs(NEEDED)
            .takes::<NewCommentBody>()
            .answers::<CommentView>()
            .success(201)
            .about(TAG, "Add a comment to a user task"),
        Route::get("/api/v1/user-tasks/{key}/attachments", list_attachments)
            .needs(NEEDED)
            .answers::<Vec<FileView>>()
            .about(TAG, "List the files attached to a user task, oldest first"),
        Route::post("/api/v1/user-tasks/{key}/attachments", attach)
            .needs(NEEDED)
            .takes_raw("multipart/form-data")
            .large_body()
            .answers::<Vec<FileView>>()
            .success(201)
            .about(TAG, "Attach files to a user task; send them in fields named `files`"),
    ]
}

/// What somebody wrote.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Comment")]
pub(crate) struct CommentView {
    key: Key,
    instance_key: Key,
    /// Null when it is about the instance as a whole.
    user_task_key: Option<Key>,
    /// Login name of the author.
    author: String,
    text: String,
    created_at: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewComment")]
struct NewCommentBody {
    /// 1 to 10000 characters.
    text: String,
}

async fn list_comments(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<Vec<CommentView>> {
    let principal = signed_in.principal;
    let read = move |sql: &mut dyn Sql| {
        let task = tasks::find_visible(sql, &principal, key.0)?.ok_or(TaskError::NotFound)?;
        Ok::<_, TaskError>(tasks::list_comments(sql, task.instance_key, task.key)?)
    };
    let comments = app.execution.database().read(read).await?;
    Ok(Answer::ok(comments.into_iter().map(Into::into).collect()))
}

async fn add_comment(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Body(body): Body<NewCommentBody>,
) -> ApiResult<CommentView> {
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let comment = tasks::add_comment(&app.execution, principal, key.0, &body.text, origin).await?;
    Ok(Answer::created(format!("/api/v1/user-tasks/{key}/comments"), comment.into()))
}

async fn list_attachments(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<Vec<FileView>> {
    let principal = signed_in.principal;
    let read = move |sql: &mut dyn Sql| {
        let task = tasks::find_visible(sql, &principal, key.0)?.ok_or(TaskError::NotFound)?;
        let mut found = files::list_of_instance(sql, task.instance_key)?;
        found.retain(|file| file.user_task_key == Some(task.key));
        Ok::<_, TaskError>(found)
    };
    let found = app.execution.database().read(read).await?;
    Ok(Answer::ok(found.into_iter().map(Into::into).collect()))
}

async fn attach(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    request: Request,
) -> ApiResult<Vec<FileView>> {
    let place = tasks::attachment_place(&app.execution, &signed_in.principal, key.0).await?;
    let stored = store_posted(&app, &signed_in, request, place).await?;
    Ok(Answer::created(format!("/api/v1/user-tasks/{key}/attachments"), stored))
}

impl From<Comment> for CommentView {
    fn from(comment: Comment) -> Self {
        Self {
            key: Key(comment.key),
            instance_key: Key(comment.instance_key),
            user_task_key: comment.user_task_key.map(Key),
            author: comment.author,
            text: comment.text,
            created_at: instant(comment.created_at),
        }
    }
}
