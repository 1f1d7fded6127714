//! One process definition: its versions, diagram, schedules and business data.
//! Must not know BPMN; the diagram comes drawn.

use super::home::Tile;
use super::layout::{Layout, Section};
use super::names::Names;
use super::numbers::{capped, thousands};
use super::parts::{Diagram, Fact, Link, Stamp};
use super::processes::has_none_start;
use super::schedules::ScheduleRow;
use crate::core::access::Permission;
use crate::core::schema::{Column, ColumnType};
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::{Path, Query};
use crate::http::frame::{Frame, Page};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::{Definitions, Deployed};
use crate::services::instances::{COUNT_MAX, InstanceFilter, StateFilter};
use crate::services::processes::{self, DefinitionRow, ResourceRow};
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A version of a process definition.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/process.html")]
pub struct ProcessPage {
    pub layout: Layout,
    pub id: String,
    pub name: String,
    pub version: String,
    /// Told when a newer version exists.
    pub is_latest: bool,
    pub facts: Vec<Fact>,
    pub tiles: Vec<Tile>,
    pub diagram: Diagram,
    pub start_href: Option<String>,
    /// Where the model can be downloaded as it was deployed.
    pub model_href: String,
    pub versions: Vec<VersionRow>,
    pub schedules: Vec<ScheduleRow>,
    /// The table with the business data, for SQL clients; empty before the first start.
    pub table_name: String,
    pub columns: Vec<ColumnRow>,
}

/// A version in the list of versions.
#[derive(Clone, Debug)]
pub struct VersionRow {
    pub version: Link,
    pub deployed: Stamp,
    pub deployed_by: String,
    pub active: String,
    pub is_shown: bool,
}

/// A column of the process's business data.
#[derive(Clone, Debug)]
pub struct ColumnRow {
    pub name: String,
    pub kind: String,
    pub is_indexed: bool,
    /// Where the column comes from, such as `form expense`.
    pub source: String,
}

impl ProcessPage {
    #[must_use]
    pub fn sample() -> Self {
        let column = |name: &str, kind: &str, is_indexed, source: &str| ColumnRow {
            name: name.into(),
            kind: kind.into(),
            is_indexed,
            source: source.into(),
        };
        let path = "/processes/expense-approval";
        Self {
            layout: Layout::sample("Expense approval", Section::Processes, path)
                .with_topics("instances"),
            id: "expense-approval".into(),
            name: "Expense approval".into(),
            version: "Version 2".into(),
            is_latest: true,
            facts: vec![
                Fact::text("Process ID", "expense-approval"),
                Fact::text("Deployed by", "Modeler"),
                Fact::text("Model", "expense-approval.bpmn"),
            ],
            tiles: sample_tiles(),
            diagram: Diagram::sample(),
            start_href: Some("/processes/expense-approval/start".into()),
            model_href: "/processes/expense-approval/model?version=2".into(),
            versions: sample_versions(),
            schedules: ScheduleRow::samples(),
            table_name: "expense_approval.data".into(),
            columns: vec![
                column("amount", "number", true, "form expense"),
                column("category", "text", true, "form expense"),
                column("spent_on", "date", true, "form expense"),
                column("reason", "text", false, "form approval"),
            ],
        }
    }

    /// An older version without schedules and data.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            is_latest: false,
            version: "Version 1".into(),
            diagram: Diagram::default(),
            start_href: None,
            schedules: Vec::new(),
            table_name: String::new(),
            columns: Vec::new(),
            ..Self::sample()
        }
    }
}

fn sample_versions() -> Vec<VersionRow> {
    let row = |number: u32, active: &str, minutes| VersionRow {
        version: Link::new(
            format!("Version {number}"),
            format!("/processes/expense-approval?version={number}"),
        ),
        deployed: Stamp::sample(minutes),
        deployed_by: "Modeler".into(),
        active: active.into(),
        is_shown: number == 2,
    };
    vec![row(2, "18", 2_900), row(1, "0", 20_000)]
}

fn sample_tiles() -> Vec<Tile> {
    let tile = |id, label: &str, value: &str, icon, tone, query: &str| Tile {
        id,
        label: label.into(),
        value: value.into(),
        note: String::new(),
        icon,
        tone,
        href: format!("/instances?process=expense-approval&state={query}"),
    };
    vec![
        tile("active", "Active", "18", "play", "info", "active"),
        tile("stuck", "With incidents", "1", "alert", "bad", "incident"),
        tile("completed", "Completed", "412", "check", "good", "completed"),
        tile("terminated", "Terminated", "3", "stop", "neutral", "terminated"),
    ]
}

/// A process, and its model as a file.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/processes/{id}", show).needs(Permission::ProcessesRead),
        Route::get("/processes/{id}/model", model)
            .needs(Permission::ProcessesRead)
            .answers_raw("application/xml"),
    ]
}

#[derive(Deserialize)]
struct VersionQuery {
    version: Option<i64>,
}

/// What the database holds of one version.
struct Found {
    shown: DefinitionRow,
    versions: Vec<DefinitionRow>,
    deployed: Arc<Deployed>,
    model: ResourceRow,
    active: BTreeMap<i64, i64>,
    schedules: Vec<processes::ScheduleRow>,
    table_name: String,
}

async fn find(app: &App, process_id: String, version: Option<i64>) -> Result<Found, HttpError> {
    let definitions = app.execution.definitions().clone();
    let read = move |sql: &mut dyn Sql| read(sql, &definitions, &process_id, version);
    let found = app.execution.database().read(read).await?;
    found.ok_or_else(|| HttpError::not_found("process"))
}

fn read(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    process_id: &str,
    version: Option<i64>,
) -> Result<Option<Found>, StoreError> {
    let versions = processes::list_definitions(sql, process_id)?;
    let is_shown = |row: &&DefinitionRow| version.is_none_or(|version| row.version == version);
    let Some(shown) = versions.iter().find(is_shown).cloned() else { return Ok(None) };
    let Some(model) = processes::find_resource(sql, shown.resource_key)? else {
        return Err(StoreError::Corrupt(format!("no resource {}", shown.resource_key)));
    };
    let mut schedules = processes::list_schedules(sql)?;
    schedules.retain(|schedule| schedule.definition_key == shown.key);
    Ok(Some(Found {
        deployed: definitions.load(sql, shown.key)?,
        active: processes::count_active(sql, process_id)?,
        table_name: processes::find_data_table(sql, process_id)?.unwrap_or_default(),
        shown,
        versions,
        model,
        schedules,
    }))
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(process_id): Path<String>,
    Query(query): Query<VersionQuery>,
) -> Result<Page<ProcessPage>, HttpError> {
    let found = find(&app, process_id.clone(), query.version).await?;
    let tiles = tiles(&app, &process_id).await?;
    let now_ms = app.clock.now_ms();
    let names = Names::load(&app, found.versions.iter().map(|it| it.deployed_by.as_str())).await?;
    let may_operate = signed_in.principal.may(Permission::SchedulesOperate);
    let is_latest = found.versions.first().is_some_and(|latest| latest.key == found.shown.key);
    let may_start = is_latest && signed_in.principal.may(Permission::InstancesStart);
    let of = (&*found.deployed.graph, found.shown.version);
    let version = found.shown.version;
    let layout = frame.layout(found.shown.name.clone(), Section::Processes);
    Ok(Page(ProcessPage {
        layout: layout.with_topics("instances"),
        name: found.shown.name.clone(),
        version: format!("Version {version}"),
        is_latest,
        facts: facts(&found, &names, now_ms),
        tiles,
        diagram: Diagram {
            svg: processes::draw(&found.model.content),
            label: format!("Diagram of {}", found.shown.name),
            has_states: false,
        },
        start_href: (may_start && has_none_start(&found.deployed.graph))
            .then(|| format!("/processes/{process_id}/start")),
        model_href: format!("/processes/{process_id}/model?version={version}"),
        versions: found
            .versions
            .iter()
            .map(|row| VersionRow {
                deployed_by: names.of(&row.deployed_by),
                ..version_row(row, &found, now_ms)
            })
            .collect(),
        schedules: found
            .schedules
            .iter()
            .map(|it| ScheduleRow::of(it.clone(), of, may_operate, now_ms))
            .collect(),
        columns: found.shown.columns.iter().map(column_row).collect(),
        table_name: found.table_name,
        id: process_id,
    }))
}

async fn model(
    State(app): State<App>,
    Path(process_id): Path<String>,
    Query(query): Query<VersionQuery>,
) -> Result<Response, HttpError> {
    let found = find(&app, process_id, query.version).await?;
    Ok(download(&found.shown.process_id, "bpmn", found.model.content))
}

/// A model as a file of a name.
pub(super) fn download(name: &str, ending: &str, content: String) -> Response {
    let name: String = name.chars().filter(char::is_ascii_graphic).collect();
    let name = name.replace(['"', '\\'], "");
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    let disposition =
        HeaderValue::try_from(disposition).unwrap_or(HeaderValue::from_static("attachment"));
    let kind = HeaderValue::from_static("application/xml; charset=utf-8");
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)];
    (headers, content).into_response()
}

fn facts(found: &Found, names: &Names, now_ms: i64) -> Vec<Fact> {
    let shown = &found.shown;
    let deployed = Stamp::at(shown.deployed_at, now_ms);
    let mut facts = vec![
        Fact::text("Process ID", shown.process_id.as_str()),
        Fact::text("Deployed", deployed.text),
        Fact::text("Deployed by", names.of(&shown.deployed_by)),
        Fact::text("Model", found.model.name.as_str()),
    ];
    if let Some(tag) = &shown.version_tag {
        facts.push(Fact::text("Version tag", tag.as_str()));
    }
    facts
}

async fn tiles(app: &App, process_id: &str) -> Result<Vec<Tile>, HttpError> {
    let kinds = [
        ("active", "Active", StateFilter::Active, "play", "info"),
        ("stuck", "With incidents", StateFilter::Stuck, "alert", "bad"),
        ("completed", "Completed", StateFilter::Completed, "check", "good"),
        ("terminated", "Terminated", StateFilter::Terminated, "stop", "neutral"),
    ];
    let filter = |state| InstanceFilter {
        state: Some(state),
        process_id: Some(process_id.to_owned()),
        ..InstanceFilter::default()
    };
    let filters = kinds.iter().map(|(_, _, state, ..)| filter(*state)).collect();
    let counts = app.instances.counts(filters).await?;
    let tiles = kinds.into_iter().zip(counts).map(|((id, label, state, icon, tone), count)| Tile {
        id,
        label: label.into(),
        value: capped(count, COUNT_MAX),
        note: String::new(),
        icon,
        tone: if count == 0 { "neutral" } else { tone },
        href: format!("/instances?process={process_id}&state={}", state.name()),
    });
    Ok(tiles.collect())
}

fn version_row(row: &DefinitionRow, found: &Found, now_ms: i64) -> VersionRow {
    let href = format!("/processes/{}?version={}", row.process_id, row.version);
    VersionRow {
        version: Link::new(format!("Version {}", row.version), href),
        deployed: Stamp::at(row.deployed_at, now_ms),
        deployed_by: row.deployed_by.clone(),
        active: thousands(found.active.get(&row.version).copied().unwrap_or_default()),
        is_shown: row.key == found.shown.key,
    }
}

fn column_row(column: &Column) -> ColumnRow {
    let kind = match column.column_type {
        ColumnType::Integer => "whole number",
        ColumnType::Real => "number",
        ColumnType::Text => "text",
        ColumnType::Boolean => "yes or no",
        ColumnType::Date => "date",
        ColumnType::DateTime => "date and time",
        ColumnType::Json => "JSON",
    };
    ColumnRow {
        name: column.column_name.clone(),
        kind: kind.into(),
        is_indexed: column.is_indexed,
        source: column.title.clone().unwrap_or_else(|| column.name.clone()),
    }
}
