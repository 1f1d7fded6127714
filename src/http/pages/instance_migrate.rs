//! Migrating one instance: the proposed mapping, what stands against it, and the way to change it.
//! Must not know how a mapping is proposed or a migration carried out.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::instance::{inspect, process_link};
use super::instance_modify::refused;
use super::layout::{Layout, Section};
use super::parts::{Choice, Link};
use super::words::sentence;
use crate::core::access::Permission;
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Path, Query};
use crate::http::frame::{Frame, Page, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::instances::{
    Action, Inspection, MigrationPlan, Overrides, PlannedElement, VersionWanted, overrides,
};
use crate::services::processes;

/// Before the element's id in the name of a form's field.
const FIELD: &str = "to-";

/// The form that migrates an instance.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/instance_migrate.html")]
pub struct InstanceMigratePage {
    pub layout: Layout,
    pub key: String,
    pub process: Link,
    pub from_version: String,
    pub versions: Vec<Choice>,
    /// Elements that are open, that get another id, or that become nothing.
    pub rows: Vec<MappedRow>,
    /// How many elements go on as they are and are not shown.
    pub kept: usize,
    pub problems: Vec<ProblemRow>,
    /// Why it was refused; empty when it was not.
    pub error: String,
}

/// An element and what it becomes.
#[derive(Clone, Debug)]
pub struct MappedRow {
    pub element_id: String,
    pub name: String,
    pub kind: &'static str,
    /// How many instances of it are open.
    pub open: usize,
    pub targets: Vec<Choice>,
    /// Why nothing is proposed; empty where something is.
    pub reason: String,
}

/// Something that stands against it.
#[derive(Clone, Debug)]
pub struct ProblemRow {
    pub element_id: String,
    pub message: String,
}

impl InstanceMigratePage {
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/4503599627370497/migrate";
        let row = |name: &str, id: &str, open, target: &str, reason: &str| MappedRow {
            element_id: id.into(),
            name: name.into(),
            kind: "user task",
            open,
            targets: vec![
                Choice::new("", "Nothing", target.is_empty()),
                Choice::new("approve", "Approve expense (approve)", target == "approve"),
                Choice::new("check", "Check receipts (check)", false),
            ],
            reason: reason.into(),
        };
        Self {
            layout: Layout::sample("Migrate", Section::Instances, path),
            key: "4503599627370497".into(),
            process: Link::new("Expense approval", "/processes/expense-approval?version=2"),
            from_version: "2".into(),
            versions: vec![
                Choice::new("3", "Version 3", true),
                Choice::new("1", "Version 1", false),
            ],
            rows: vec![
                row("Approve expense", "approve", 1, "approve", ""),
                row("Ask the boss", "ask", 1, "", "The new version has no such element."),
            ],
            kept: 9,
            problems: vec![ProblemRow {
                element_id: "ask".into(),
                message: "The new version has no such element.".into(),
            }],
            error: String::new(),
        }
    }

    /// An instance that runs the only version there is.
    #[must_use]
    pub fn sample_empty() -> Self {
        let (versions, rows, problems) = (Vec::new(), Vec::new(), Vec::new());
        Self { versions, rows, problems, kept: 0, ..Self::sample() }
    }

    /// One that fits after a refusal.
    #[must_use]
    pub fn sample_refused() -> Self {
        let error = "Expected an active process instance, but 5 is completed.".to_owned();
        Self { error, problems: Vec::new(), ..Self::sample() }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/{key}/migrate", show).needs(Permission::InstancesOperate),
        Route::post("/instances/{key}/migrate", migrate).needs(Permission::InstancesOperate),
    ]
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    version: Option<i64>,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    Query(wanted): Query<Wanted>,
) -> Result<Page<InstanceMigratePage>, HttpError> {
    let found = inspect(&app, &signed_in, key).await?;
    let page = load(&app, &frame, &found, wanted.version, Overrides::new(), String::new()).await?;
    Ok(Page(page))
}

async fn migrate(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    fields: Fields,
) -> Result<Response, HttpError> {
    let found = inspect(&app, &signed_in, key).await?;
    let version = fields.text("version").parse().ok();
    let changes = changes(&found, &fields);
    let wanted = version.map_or(VersionWanted::Latest, VersionWanted::Number);
    let definition_key = app.instances.find_version(key.0, wanted).await?;
    let mut error = String::new();
    if fields.text("only") != "check" {
        let action = Action::Migrate { definition_key, mapping: changes.clone(), is_exact: false };
        match app.instances.perform(key.0, &action, signed_in.origin()).await {
            Ok(_) => {
                let here = format!("/instances/{key}");
                return Ok(go_with_success(&here, "The instance goes on in the new version."));
            }
            Err(refusal) => error = refused(refusal)?,
        }
    }
    let page = load(&app, &frame, &found, version, changes, error).await?;
    let status =
        if page.error.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page_with_status(status, &page))
}

/// What the form says of the elements it showed.
fn changes(found: &Inspection, fields: &Fields) -> Overrides {
    let shown = found.deployed.graph.elements.iter().map(|it| it.id.to_string());
    overrides(shown.filter_map(|id| {
        let target = fields.all(&format!("{FIELD}{id}")).into_iter().next()?;
        Some((id, target))
    }))
}

async fn load(
    app: &App,
    frame: &Frame,
    found: &Inspection,
    version: Option<i64>,
    changes: Overrides,
    error: String,
) -> Result<InstanceMigratePage, HttpError> {
    let row = &found.row;
    let process_id = row.process_id.clone();
    let read = move |sql: &mut dyn crate::platform::store::Sql| {
        processes::list_definitions(sql, &process_id)
    };
    let others: Vec<i64> = app
        .execution
        .database()
        .read(read)
        .await?
        .into_iter()
        .map(|row| row.version)
        .filter(|version| *version != row.version)
        .collect();
    let chosen = version.filter(|it| others.contains(it)).or(others.first().copied());
    let plan = match chosen {
        Some(version) => {
            let wanted = VersionWanted::Number(version);
            let definition_key = app.instances.find_version(row.key, wanted).await?;
            Some(app.instances.plan_migration(row.key, definition_key, changes, false).await?)
        }
        None => None,
    };
    let choice =
        |it: &i64| Choice::new(it.to_string(), format!("Version {it}"), chosen == Some(*it));
    let (rows, kept, problems) = plan.as_ref().map_or_else(Default::default, shown);
    Ok(InstanceMigratePage {
        layout: frame.layout("Migrate", Section::Instances),
        key: row.key.to_string(),
        process: process_link(row),
        from_version: row.version.to_string(),
        versions: others.iter().map(choice).collect(),
        rows,
        kept,
        problems,
        error,
    })
}

fn shown(plan: &MigrationPlan) -> (Vec<MappedRow>, usize, Vec<ProblemRow>) {
    let is_shown = |it: &&PlannedElement| {
        let has_problem = plan.problems.iter().any(|problem| problem.element_id == it.element_id);
        it.open > 0 || has_problem || it.target_id.as_ref() != Some(&it.element_id)
    };
    let rows: Vec<MappedRow> =
        plan.elements.iter().filter(is_shown).map(|it| mapped(plan, it)).collect();
    let kept = plan.elements.len() - rows.len();
    let problem = |it: &crate::services::instances::ElementProblem| ProblemRow {
        element_id: it.element_id.clone(),
        message: sentence(&it.message),
    };
    (rows, kept, plan.problems.iter().map(problem).collect())
}

fn mapped(plan: &MigrationPlan, it: &PlannedElement) -> MappedRow {
    let fitting = plan.targets.iter().filter(|target| target.kind == it.kind);
    let choices = fitting.map(|target| {
        let is_chosen = it.target_id.as_ref() == Some(&target.element_id);
        Choice::new(target.element_id.as_str(), target.label.as_str(), is_chosen)
    });
    let nothing = Choice::new("", "Nothing", it.target_id.is_none());
    MappedRow {
        element_id: it.element_id.clone(),
        name: it.name.clone(),
        kind: it.kind,
        open: it.open,
        targets: [nothing].into_iter().chain(choices).collect(),
        reason: it.reason.as_deref().map(sentence).unwrap_or_default(),
    }
}
