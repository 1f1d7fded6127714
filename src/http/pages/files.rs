//! Files: the list, upload and download.
//! Must not know where contents are kept.

use super::layout::{Layout, Section};
use super::parts::{EmptyState, Link, Pager, Stamp};
use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};

use super::names::Names;
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::download::download;
use crate::http::envelope::{Key, PAGE_LIMIT_DEFAULT, decode_cursor, encode_cursor, next_page};
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::http::upload::read_posted;
use crate::platform::store::{Sql, StoreError};
use crate::services::files::{File, FileFilter, Place};
use crate::services::tasks;

/// The files this person may see.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/files.html")]
pub struct FilesPage {
    pub layout: Layout,
    pub search: String,
    /// The largest upload, such as `100 MB`.
    pub size_max: String,
    pub rows: Vec<FileRow>,
    pub empty: EmptyState,
    pub pager: Pager,
}

/// A stored file.
#[derive(Clone, Debug)]
pub struct FileRow {
    pub key: String,
    /// Leads to the download.
    pub file: Link,
    pub kind: String,
    pub size: String,
    pub owner: String,
    /// The instance or user task it belongs to; empty when it stands alone.
    pub subject: Link,
    pub at: Stamp,
    pub can_delete: bool,
}

impl FilesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |key: &str, name: &str, kind: &str, size: &str, subject: Link, minutes| FileRow {
            key: key.into(),
            file: Link::new(name, format!("/files/{key}")),
            kind: kind.into(),
            size: size.into(),
            owner: "Requester".into(),
            subject,
            at: Stamp::sample(minutes),
            can_delete: true,
        };
        let task = Link::new("Approve expense", "/inbox/4503599627370521");
        Self {
            rows: vec![
                row("4503599627370533", "hotel-invoice.pdf", "PDF", "84 KB", task, 880),
                row("4503599627370534", "contract.docx", "Word", "212 KB", Link::default(), 2_000),
                row("4503599627370535", "site-plan.png", "PNG", "1.8 MB", Link::default(), 9_000),
            ],
            pager: Pager { summary: "3 files".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// Before the first upload.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Files", Section::Files, "/files").with_topics("files"),
            search: String::new(),
            size_max: "100 MB".into(),
            rows: Vec::new(),
            empty: EmptyState::new(
                "file",
                "No files yet",
                "Files that people attach to tasks and forms appear here, and those you upload.",
            ),
            pager: Pager::default(),
        }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/files", list).needs(Permission::FilesRead),
        Route::post("/files", upload).needs(Permission::FilesWrite).large_body(),
        Route::get("/files/{key}", show).needs(Permission::FilesRead).streams(),
        Route::post("/files/{key}/delete", delete).needs(Permission::FilesWrite),
    ]
}

#[derive(Deserialize)]
struct FilesQuery {
    search: Option<String>,
    cursor: Option<String>,
}

impl FilesQuery {
    fn address(&self, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.search.iter().filter(|it| !it.is_empty()).map(|it| ("search", it)));
        query.extend_pairs(cursor.iter().map(|it| ("cursor", it)));
        match query.finish() {
            query if query.is_empty() => "/files".to_owned(),
            query => format!("/files?{query}"),
        }
    }
}

async fn list(
    State(app): State<App>,
    signed_in: SignedIn,
    frame: Frame,
    Query(query): Query<FilesQuery>,
) -> Result<Page<FilesPage>, HttpError> {
    let before = decode_cursor::<i64>(query.cursor.as_deref())?;
    let filter = FileFilter { search: query.search.clone(), ..FileFilter::default() };
    let limit = PAGE_LIMIT_DEFAULT;
    let found = app.files.list(&signed_in.principal, filter, before, limit + 1).await?;
    let (found, next) = next_page(found, limit, |last| encode_cursor(&last.key));
    let is_search = query.search.as_deref().is_some_and(|it| !it.trim().is_empty());
    let empty = if is_search {
        EmptyState::new("search", "Nothing found", "No file has these words in its name.")
            .with_action("Clear the search", "/files")
    } else {
        EmptyState::new(
            "file",
            "No files yet",
            "Files that people attach to tasks and forms appear here, and those you upload.",
        )
    };
    Ok(Page(FilesPage {
        layout: frame.layout("Files", Section::Files).with_topics("files"),
        search: query.search.clone().unwrap_or_default(),
        size_max: size_words(i64::try_from(app.files.size_max()).unwrap_or(i64::MAX)),
        rows: rows(&app, &signed_in, found).await?,
        empty,
        pager: Pager {
            summary: String::new(),
            first_href: query.cursor.is_some().then(|| query.address(None)),
            next_href: next.map(|it| query.address(Some(&it))),
        },
    }))
}

async fn rows(
    app: &App,
    signed_in: &SignedIn,
    found: Vec<File>,
) -> Result<Vec<FileRow>, HttpError> {
    let names = Names::load(app, found.iter().map(|it| it.created_by.as_str())).await?;
    let subjects = subjects(app, signed_in, &found).await?;
    let now_ms = app.clock.now_ms();
    let row = |file: File| FileRow {
        key: file.key.to_string(),
        file: Link::new(file.name.as_str(), format!("/files/{}", file.key)),
        kind: kind_words(&file.content_type),
        size: size_words(file.size),
        owner: names.of(&file.created_by),
        subject: subject(&file, &subjects),
        at: Stamp::at(file.created_at, now_ms),
        can_delete: app.files.may_delete(&signed_in.principal, &file),
    };
    Ok(found.into_iter().map(row).collect())
}

/// Names of the user tasks and of the instances' processes that files belong to, by key, as far as
/// the principal sees them.
async fn subjects(
    app: &App,
    signed_in: &SignedIn,
    found: &[File],
) -> Result<HashMap<i64, String>, HttpError> {
    let mut processes = HashMap::new();
    for key in found.iter().filter_map(|it| it.instance_key).collect::<BTreeSet<_>>() {
        if let Some(instance) = app.instances.find(&signed_in.principal, key).await? {
            processes.insert(key, instance.process_name);
        }
    }
    let keys: Vec<i64> = found.iter().filter_map(|it| it.user_task_key).collect();
    let principal = signed_in.principal.clone();
    let read = move |sql: &mut dyn Sql| {
        let mut names = processes;
        for key in keys {
            if let Some(task) = tasks::find_visible(sql, &principal, key)? {
                names.insert(key, task.name);
            }
        }
        Ok::<_, StoreError>(names)
    };
    Ok(app.execution.database().read(read).await?)
}

fn subject(file: &File, names: &HashMap<i64, String>) -> Link {
    let task = file.user_task_key.and_then(|key| Some((key, names.get(&key)?)));
    match (task, file.instance_key) {
        (Some((key, name)), _) => Link::new(name.as_str(), format!("/inbox/{key}")),
        (None, Some(key)) => match names.get(&key) {
            Some(process) => Link::new(process.as_str(), format!("/instances/{key}")),
            None => Link::new(format!("Instance {key}"), ""),
        },
        (None, None) => Link::default(),
    }
}

async fn upload(
    State(app): State<App>,
    signed_in: SignedIn,
    request: Request,
) -> Result<Response, HttpError> {
    let place = |control: &str| (control == "files").then_some(Place::Library);
    let posted = read_posted(&app, &signed_in, request, place).await?;
    let message = match posted.files.as_slice() {
        [] => return Ok(go_with_refusal("/files", "Choose a file first.")),
        [(_, file)] => format!("{} was uploaded.", file.name),
        files => format!("{} files were uploaded.", files.len()),
    };
    Ok(go_with_success("/files", &message))
}

async fn show(
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
) -> Result<Response, HttpError> {
    app.files.delete(&signed_in.principal, key.0, &signed_in.origin()).await?;
    Ok(go_with_success("/files", "The file was deleted."))
}

/// A size as people read it, such as `84 KB`.
pub(super) fn size_words(bytes: i64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Tenths of the unit, so that no floating point is needed.
    let (mut tenths, mut unit) = (bytes.saturating_mul(10) / 1024, 0);
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        (tenths, unit) = (tenths / 1024, unit + 1);
    }
    let (whole, tenth) = (tenths / 10, tenths % 10);
    match (whole, tenth) {
        (..10, 1..) => format!("{whole}.{tenth} {}", UNITS[unit]),
        _ => format!("{whole} {}", UNITS[unit]),
    }
}

/// A media type as people call it.
fn kind_words(content_type: &str) -> String {
    let known = match content_type {
        "application/pdf" => "PDF",
        "image/png" => "PNG",
        "image/jpeg" => "JPEG",
        "image/gif" => "GIF",
        "image/webp" => "WebP",
        "text/csv" => "CSV",
        "text/plain" => "Text",
        "application/json" => "JSON",
        "application/zip" => "ZIP",
        other if other.ends_with(".wordprocessingml.document") => "Word",
        other if other.ends_with(".spreadsheetml.sheet") => "Excel",
        other if other.ends_with(".presentationml.presentation") => "PowerPoint",
        "application/octet-stream" => "File",
        other => other,
    };
    known.to_owned()
}
