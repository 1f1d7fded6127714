//! Process definitions for programs: list, versions, model, diagram.
//!
//! Must not know how definitions are stored.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::access::Permission;
use crate::core::schema::{Column, ColumnType};
use crate::http::app::App;
use crate::http::envelope::{
    Answer, ApiResult, Key, decode_cursor, encode_cursor, instant, next_page, page_limit,
};
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::route::Route;
use crate::platform::store::Sql;
use crate::services::processes::{self, DefinitionRow, ProcessRow, ResourceRow};

const TAG: &str = "Process definitions";
const NEEDED: Permission = Permission::ProcessesRead;

/// The routes of this file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/process-definitions", list)
            .needs(NEEDED)
            .query::<ProcessesQuery>()
            .answers_page::<ProcessView>()
            .about(TAG, "List processes by name, each with its latest version"),
        Route::get("/api/v1/process-definitions/{key}", show)
            .needs(NEEDED)
            .answers::<DefinitionView>()
            .about(TAG, "Show one version of a process"),
        Route::get("/api/v1/process-definitions/{key}/versions", versions)
            .needs(NEEDED)
            .answers_page::<DefinitionView>()
            .about(TAG, "List all versions of the same process, the latest first"),
        Route::get("/api/v1/process-definitions/{key}/xml", xml)
            .needs(NEEDED)
            .answers_raw("application/xml")
            .about(TAG, "The model as it was deployed"),
        Route::get("/api/v1/process-definitions/{key}/diagram.svg", diagram)
            .needs(NEEDED)
            .answers_raw("image/svg+xml")
            .about(TAG, "Draw the model"),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProcessesQuery {
    /// How many processes at most; 50 when not given.
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// Words in the id or the name.
    search: Option<String>,
    /// Only the process of this id.
    process_id: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Process")]
struct ProcessView {
    process_id: String,
    name: String,
    /// Key of the latest version.
    definition_key: Key,
    /// The latest version.
    version: i64,
    deployed_at: String,
    /// Instances that run or wait.
    active: i64,
    /// Instances with an incident.
    stuck: i64,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProcessDefinition")]
struct DefinitionView {
    key: Key,
    process_id: String,
    version: i64,
    /// The modeller's name for the version.
    version_tag: Option<String>,
    name: String,
    /// Its business data.
    columns: Vec<ColumnView>,
    deployed_at: String,
    deployed_by: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Column")]
struct ColumnView {
    /// The variable and the path inside it.
    name: String,
    title: Option<String>,
    /// The name in SQL.
    column_name: String,
    /// `integer`, `real`, `text`, `boolean`, `date`, `date_time` or `json`.
    column_type: &'static str,
    is_indexed: bool,
}

async fn list(
    State(app): State<App>,
    Query(query): Query<ProcessesQuery>,
) -> ApiResult<Vec<ProcessView>> {
    let limit = page_limit(query.limit)?;
    let after = decode_cursor::<(String, String)>(query.cursor.as_deref())?;
    let mut rows = app.execution.database().read(processes::list_processes).await?;
    rows.retain(|row| {
        query.process_id.as_ref().is_none_or(|id| row.process_id == *id)
            && query.search.as_ref().is_none_or(|words| is_found(row, words))
            && after.as_ref().is_none_or(|after| position(row) > *after)
    });
    rows.sort_by_key(position);
    let (rows, next) = next_page(rows, limit, |last| encode_cursor(&position(last)));
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), next))
}

/// Where a process stands in lists.
fn position(row: &ProcessRow) -> (String, String) {
    (row.name.to_lowercase(), row.process_id.clone())
}

/// Whether all words are in the name or the id of a process.
pub(crate) fn is_found(row: &ProcessRow, words: &str) -> bool {
    let text = format!("{} {}", row.name, row.process_id).to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

async fn show(State(app): State<App>, Path(key): Path<Key>) -> ApiResult<DefinitionView> {
    Ok(Answer::ok(load(&app, key).await?.into()))
}

async fn versions(State(app): State<App>, Path(key): Path<Key>) -> ApiResult<Vec<DefinitionView>> {
    let process_id = load(&app, key).await?.process_id;
    let read = move |sql: &mut dyn Sql| processes::list_definitions(sql, &process_id);
    let rows = app.execution.database().read(read).await?;
    Ok(Answer::page(rows.into_iter().map(Into::into).collect(), None))
}

async fn xml(
    State(app): State<App>,
    Path(key): Path<Key>,
) -> Result<([(HeaderName, HeaderValue); 1], String), HttpError> {
    let model = load_model(&app, key).await?;
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], model.content))
}

async fn diagram(
    State(app): State<App>,
    Path(key): Path<Key>,
) -> Result<([(HeaderName, HeaderValue); 1], String), HttpError> {
    let model = load_model(&app, key).await?;
    let kind = HeaderValue::from_static("image/svg+xml");
    Ok(([(header::CONTENT_TYPE, kind)], processes::draw(&model.content)))
}

async fn load(app: &App, key: Key) -> Result<DefinitionRow, HttpError> {
    let read = move |sql: &mut dyn Sql| processes::find_definition(sql, key.0);
    let found = app.execution.database().read(read).await?;
    found.ok_or_else(|| HttpError::not_found("process definition"))
}

async fn load_model(app: &App, key: Key) -> Result<ResourceRow, HttpError> {
    let resource_key = load(app, key).await?.resource_key;
    let read = move |sql: &mut dyn Sql| processes::find_resource(sql, resource_key);
    let found = app.execution.database().read(read).await?;
    found.ok_or_else(|| HttpError::internal(format!("no resource {resource_key}")))
}

impl From<ProcessRow> for ProcessView {
    fn from(row: ProcessRow) -> Self {
        Self {
            process_id: row.process_id,
            name: row.name,
            definition_key: Key(row.latest_key),
            version: row.latest_version,
            deployed_at: instant(row.deployed_at),
            active: row.active,
            stuck: row.stuck,
        }
    }
}

impl From<DefinitionRow> for DefinitionView {
    fn from(row: DefinitionRow) -> Self {
        Self {
            key: Key(row.key),
            process_id: row.process_id,
            version: row.version,
            version_tag: row.version_tag,
            name: row.name,
            columns: row.columns.into_iter().map(Into::into).collect(),
            deployed_at: instant(row.deployed_at),
            deployed_by: row.deployed_by,
        }
    }
}

impl From<Column> for ColumnView {
    fn from(column: Column) -> Self {
        Self {
            column_type: type_name(column.column_type),
            name: column.name,
            title: column.title,
            column_name: column.column_name,
            is_indexed: column.is_indexed,
        }
    }
}

fn type_name(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Integer => "integer",
        ColumnType::Real => "real",
        ColumnType::Text => "text",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::DateTime => "date_time",
        ColumnType::Json => "json",
    }
}
