//! What people do with an opened user task: forms posted to `/user-tasks/{key}/…`.
//! Must not know how the inbox looks.

use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::filled_form::place_of_answer;
use super::inbox::{self, InboxQuery};
use super::task_pane::{self, Refused};
use crate::core::access::{Permission, may_see_task};
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Form, Path};
use crate::http::frame::{Frame, go_with_refusal, go_with_success, own_path, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::http::upload::{Posted, read_posted};
use crate::services::files::Place;
use crate::services::tasks::{self, Completion, TaskError};

/// The routes of these forms.
#[must_use]
pub fn routes() -> Vec<Route> {
    const NEEDED: Permission = Permission::TasksWork;
    vec![
        Route::post("/user-tasks/{key}/claim", claim).needs(NEEDED),
        Route::post("/user-tasks/{key}/unclaim", unclaim).needs(NEEDED),
        Route::post("/user-tasks/{key}/assign", assign).needs(Permission::TasksManage),
        Route::post("/user-tasks/{key}/complete", complete).needs(NEEDED).large_body(),
        Route::post("/user-tasks/{key}/comments", comment).needs(NEEDED).large_body(),
    ]
}

#[derive(Deserialize)]
struct AssignForm {
    assignee: String,
}

async fn claim(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let claimed = tasks::claim(&app.execution, principal, key.0, origin).await;
    answer(&headers, key, claimed.map(|_| "The task is yours now.".to_owned()))
}

async fn unclaim(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let message = "The task can be claimed by others again.";
    match tasks::unclaim(&app.execution, principal, key.0, origin).await {
        // Whoever had it without being a candidate does not see it any more.
        Ok(task) if !may_see_task(principal, &task.facts()) => {
            Ok(go_with_success("/inbox", message))
        }
        outcome => answer(&headers, key, outcome.map(|_| message.to_owned())),
    }
}

async fn assign(
    State(app): State<App>,
    signed_in: SignedIn,
    headers: HeaderMap,
    Path(key): Path<Key>,
    Form(form): Form<AssignForm>,
) -> Result<Response, HttpError> {
    let assigned = tasks::assign(
        &app.execution,
        &app.identity,
        &signed_in.principal,
        key.0,
        &form.assignee,
        None,
        signed_in.origin(),
    );
    let message = format!("The task was assigned to {}.", form.assignee);
    answer(&headers, key, assigned.await.map(|_| message))
}

/// Goes back to the user task and says what happened; what a person can act on is said there.
fn answer(
    headers: &HeaderMap,
    key: Key,
    outcome: Result<String, TaskError>,
) -> Result<Response, HttpError> {
    let back = back(headers, key);
    match outcome {
        Ok(message) => Ok(go_with_success(&back, &message)),
        Err(
            error @ (TaskError::Taken { .. }
            | TaskError::Ended
            | TaskError::Contended
            | TaskError::Denied(_)
            | TaskError::Unacceptable { .. }),
        ) => Ok(go_with_refusal(&back, &sentence(&error.to_string()))),
        Err(error) => Err(error.into()),
    }
}

/// Errors begin in lower case and end without a full stop; pages are for reading.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters
        .next()
        .map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

/// The view of the inbox that the form was sent from.
fn back(headers: &HeaderMap, key: Key) -> String {
    let here = format!("/inbox/{key}");
    let referer = headers.get(header::REFERER).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let after_scheme = referer.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |slash| &after_scheme[slash..]);
    let is_here = path == here || path.starts_with(&format!("{here}?"));
    if is_here { own_path(path).to_owned() } else { here }
}

async fn complete(
    State(app): State<App>,
    signed_in: SignedIn,
    frame: Frame,
    Path(key): Path<Key>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, HttpError> {
    if query.as_deref() == Some("preview") {
        let posted = read_posted(&app, &signed_in, request, |_| None).await?;
        let form = task_pane::preview(&app, &signed_in, key.0, &posted).await?;
        return Ok(page_with_status(StatusCode::OK, &form));
    }
    let place = |control: &str| match control {
        "files" => Some(Place::Form),
        control => place_of_answer(control),
    };
    let posted = read_posted(&app, &signed_in, request, place).await?;
    let submitted = task_pane::submitted(&app, &signed_in, key.0, &posted).await?;
    let comment = posted.text("comment").trim().to_owned();
    let completion = Completion {
        submitted: submitted.clone(),
        comment: (!comment.is_empty()).then(|| comment.clone()),
        attachments: attached(&posted),
        expected_rev: None,
    };
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let completed =
        tasks::complete(&app.execution, &app.files, principal, key.0, completion, origin).await;
    let (errors, comment_error) = match completed {
        Ok(task) => {
            let done = if task.is_open() { "is being checked" } else { "was completed" };
            let message = format!("\"{}\" {done}.", task.name);
            return Ok(go_with_success("/inbox", &message));
        }
        Err(TaskError::Invalid(errors)) => (errors, String::new()),
        Err(TaskError::Unacceptable { message, .. }) => (Vec::new(), message),
        Err(
            error @ (TaskError::Taken { .. }
            | TaskError::Ended
            | TaskError::Denied(_)
            | TaskError::Contended),
        ) => {
            return Ok(go_with_refusal(&format!("/inbox/{key}"), &sentence(&error.to_string())));
        }
        Err(error) => return Err(error.into()),
    };
    let attached = attached(&posted);
    let refused = Refused { submitted, errors, comment, comment_error, attached };
    let here = InboxQuery::default();
    let page = inbox::page(&app, &frame, &signed_in, here, Some((key.0, Some(refused)))).await?;
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// The files to be attached: those just uploaded, and those kept from an earlier try.
fn attached(posted: &Posted) -> Vec<i64> {
    let kept = posted.fields.iter().filter(|(name, _)| name == "attached");
    let kept = kept.filter_map(|(_, text)| text.parse().ok());
    let uploaded = posted.files.iter().filter(|(control, _)| control == "files");
    kept.chain(uploaded.map(|(_, file)| file.key)).collect()
}

async fn comment(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    request: Request,
) -> Result<Response, HttpError> {
    let headers = request.headers().clone();
    let (principal, origin) = (&signed_in.principal, signed_in.origin());
    let attachment = tasks::attachment_place(&app.execution, principal, key.0).await?;
    let place = |control: &str| (control == "files").then(|| attachment.clone());
    let posted = read_posted(&app, &signed_in, request, place).await?;
    let text = posted.text("text").trim();
    if text.is_empty() {
        let message = match posted.files.len() {
            0 => return Ok(go_with_refusal(&back(&headers, key), "Write something first.")),
            1 => "The file was attached.",
            _ => "The files were attached.",
        };
        return Ok(go_with_success(&back(&headers, key), message));
    }
    let added = tasks::add_comment(&app.execution, principal, key.0, text, origin).await;
    answer(&headers, key, added.map(|_| "The comment was added.".to_owned()))
}
