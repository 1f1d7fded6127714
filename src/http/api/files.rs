//! Files for programs: upload, list, download, delete.
//!
//! Must not know where contents are kept.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::download::download;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query, content_type};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::http::upload::read_posted;
use crate::services::files::{File, FileFilter, NewFile, Place};

const TAG: &str = "Files";

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/files", list)
            .needs(Permission::FilesRead)
            .query::<FilesQuery>()
            .answers_page::<FileView>()
            .about(TAG, "List the files that you may see, newest first"),
        Route::post("/api/v1/files", upload)
            .needs(Permission::FilesWrite)
            .query::<UploadQuery>()
            .takes_raw("multipart/form-data")
            .large_body()
            .answers::<Vec<FileView>>()
            .success(201)
            .about(TAG, "Upload files as multipart/form-data, or one file as the whole body"),
        Route::get("/api/v1/files/{key}", show)
            .needs(Permission::FilesRead)
            .answers::<FileView>()
            .about(TAG, "Show what is known of a file"),
        Route::get("/api/v1/files/{key}/content", content)
            .needs(Permission::FilesRead)
            .answers_raw("application/octet-stream")
            .streams()
            .about(TAG, "Download a file"),
        Route::delete("/api/v1/files/{key}", delete)
            .needs(Permission::FilesWrite)
            .success(204)
            .about(TAG, "Delete a file"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FilesQuery {
    /// How many files at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Words in the name.
    search: Option<String>,
    /// Only of this process instance.
    instance_key: Option<Key>,
    /// Only of this user task.
    user_task_key: Option<Key>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UploadQuery {
    /// The file's name, when it is the whole body.
    name: Option<String>,
    /// `library` (everybody who may see files sees it) or `form` (to be named in a form, and
    /// removed after a day if it is not); `library` when not given.
    purpose: Option<String>,
}

/// A stored file.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "File")]
pub(crate) struct FileView {
    key: Key,
    name: String,
    /// Its media type, seen from its contents where they tell.
    content_type: String,
    /// Bytes.
    size: i64,
    /// SHA-256 of its contents, in hexadecimal digits.
    hash: String,
    /// `library`, `attachment` or `form`.
    purpose: &'static str,
    instance_key: Option<Key>,
    user_task_key: Option<Key>,
    created_at: String,
    /// Login name of whoever uploaded it.
    created_by: String,
}

async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    Query(query): Query<FilesQuery>,
) -> ApiResult<Vec<FileView>> {
    let limit = page_limit(query.limit)?;
    let before = decode_cursor::<i64>(query.cursor.as_deref())?;
    let filter = FileFilter {
        search: query.search,
        instance_key: query.instance_key.map(|it| it.0),
        user_task_key: query.user_task_key.map(|it| it.0),
    };
    let found = app.files.list(&signed_in.principal, filter, before, limit + 1).await?;
    let (found, next) = next_page(found, limit, |last| encode_cursor(&last.key));
    Ok(Answer::page(found.into_iter().map(Into::into).collect(), next))
}

async fn upload(
    State(app): State<App>,
    signed_in: SignedIn,
    request: Request,
) -> ApiResult<Vec<FileView>> {
    let (mut parts, body) = request.into_parts();
    let Query(query) = Query::<UploadQuery>::from_request_parts(&mut parts, &()).await?;
    let place = match query.purpose.as_deref() {
        None | Some("library") => Place::Library,
        Some("form") => Place::Form,
        Some(other) => {
            let message = format!("purpose: expected one of library, form, found `{other}`");
            return Err(HttpError::bad_request("invalid_query", message));
        }
    };
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, body);
    let stored = if content_type(&headers).as_deref() == Some("multipart/form-data") {
        store_posted(&app, &signed_in, request, place).await?
    } else {
        let name = query.name.ok_or_else(|| {
            let message = "name: expected the name of the file that the body holds";
            HttpError::bad_request("invalid_query", message)
        })?;
        let content_type = content_type(&headers);
        let new = NewFile { name, content_type, place };
        vec![store_body(&app, &signed_in, new, request).await?]
    };
    let location = match stored.as_slice() {
        [one] => format!("/api/v1/files/{}", one.key),
        _ => "/api/v1/files".to_owned(),
    };
    Ok(Answer::created(location, stored))
}

/// Stores all files of a multipart form.
pub(crate) async fn store_posted(
    app: &App,
    signed_in: &SignedIn,
    request: Request,
    place: Place,
) -> Result<Vec<FileView>, HttpError> {
    let posted = read_posted(app, signed_in, request, |_| Some(place.clone())).await?;
    if posted.files.is_empty() {
        let message = "expected a form of multipart/form-data with at least one file";
        return Err(HttpError::unprocessable("no_file", message));
    }
    Ok(posted.files.into_iter().map(|(_, file)| file.into()).collect())
}

async fn store_body(
    app: &App,
    signed_in: &SignedIn,
    new: NewFile,
    request: Request,
) -> Result<FileView, HttpError> {
    let contents = request.into_body().into_data_stream();
    let stored = app.files.upload(&signed_in.principal, new, contents, &signed_in.origin()).await;
    stored.map(Into::into).map_err(Into::into)
}

async fn show(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> ApiResult<FileView> {
    Ok(Answer::ok(app.files.load(&signed_in.principal, key.0).await?.into()))
}

async fn content(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Response, HttpError> {
    download(&app, &signed_in, key).await
}

async fn delete(
    State(app): State<App>,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<StatusCode, HttpError> {
    app.files.delete(&signed_in.principal, key.0, &signed_in.origin()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<File> for FileView {
    fn from(file: File) -> Self {
        Self {
            key: Key(file.key),
            name: file.name,
            content_type: file.content_type,
            size: file.size,
            hash: file.hash,
            purpose: file.purpose.name(),
            instance_key: file.instance_key.map(Key),
            user_task_key: file.user_task_key.map(Key),
            created_at: instant(file.created_at),
            created_by: file.created_by,
        }
    }
}
