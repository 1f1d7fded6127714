//! All process definitions, and the place where models are uploaded.
//! Must not know how a model is compiled.

use super::deploy_problems::DeployProblemsPage;
use super::layout::{Layout, Section};
use super::numbers::thousands;
use super::parts::{EmptyState, Pager, Stamp};
use crate::core::access::Permission;
use crate::core::model::ProcessDefinition;
use crate::http::api::deployments::uploaded;
use crate::http::api::processes::is_found;
use crate::http::app::App;
use crate::http::error::HttpError;
use crate::http::extract::Query;
use crate::http::frame::{Frame, Page, go_with_refusal, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::Definitions;
use crate::services::processes::{self, DeployError, Deployment};
use askama::Template;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The deployed processes, each by its latest version.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/processes.html")]
pub struct ProcessesPage {
    pub layout: Layout,
    pub search: String,
    pub rows: Vec<ProcessRow>,
    pub empty: EmptyState,
    pub pager: Pager,
    /// Shows the upload; posted to `/processes`.
    pub can_deploy: bool,
}

/// A process definition in the list.
#[derive(Clone, Debug)]
pub struct ProcessRow {
    pub id: String,
    pub name: String,
    pub href: String,
    pub version: String,
    pub active: String,
    pub active_href: String,
    /// Empty when there are none.
    pub incidents: String,
    pub incidents_href: String,
    pub completed: String,
    pub deployed: Stamp,
    /// `None` when this person can't start it.
    pub start_href: Option<String>,
}

impl ProcessesPage {
    #[must_use]
    pub fn sample() -> Self {
        let row = |id: &str, name: &str, version: &str, counts: [&str; 3], minutes| ProcessRow {
            id: id.into(),
            name: name.into(),
            href: format!("/processes/{id}"),
            version: version.into(),
            active: counts[0].into(),
            active_href: format!("/instances?process={id}&state=active"),
            incidents: counts[1].into(),
            incidents_href: format!("/incidents?process={id}"),
            completed: counts[2].into(),
            deployed: Stamp::sample(minutes),
            start_href: Some(format!("/processes/{id}/start")),
        };
        Self {
            rows: vec![
                row("customer-onboarding", "Customer onboarding", "3", ["12", "", "84"], 180),
                row("daily-report", "Daily report", "1", ["0", "", "31"], 9_000),
                row("expense-approval", "Expense approval", "2", ["18", "1", "412"], 2_900),
                row("order-fulfilment", "Order fulfilment", "5", ["8", "1", "1,204"], 70),
            ],
            pager: Pager { summary: "4 processes".into(), ..Pager::default() },
            ..Self::sample_empty()
        }
    }

    /// An installation without any process.
    #[must_use]
    pub fn sample_empty() -> Self {
        Self {
            layout: Layout::sample("Processes", Section::Processes, "/processes")
                .with_topics("processes,instances"),
            search: String::new(),
            rows: Vec::new(),
            empty: nothing_yet(),
            pager: Pager::default(),
            can_deploy: true,
        }
    }
}

/// The list, and the upload.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/processes", show).needs(Permission::ProcessesRead),
        Route::post("/processes", deploy).needs(Permission::ProcessesDeploy).large_body(),
    ]
}

#[derive(Deserialize)]
struct ListQuery {
    #[serde(default)]
    search: String,
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Page<ProcessesPage>, HttpError> {
    let may_start = signed_in.principal.may(Permission::InstancesStart);
    let (definitions, now_ms) = (app.execution.definitions().clone(), app.clock.now_ms());
    let words = query.search.clone();
    let read = move |sql: &mut dyn Sql| rows(sql, &definitions, &words, may_start, now_ms);
    let rows = app.execution.database().read(read).await?;
    let layout = frame.layout("Processes", Section::Processes);
    let summary = match rows.len() {
        1 => "1 process".to_owned(),
        count => format!("{count} processes"),
    };
    Ok(Page(ProcessesPage {
        layout: layout.with_topics("processes,instances"),
        search: query.search,
        rows,
        pager: Pager { summary, ..Pager::default() },
        empty: nothing_yet(),
        can_deploy: signed_in.principal.may(Permission::ProcessesDeploy),
    }))
}

fn nothing_yet() -> EmptyState {
    EmptyState::new(
        "process",
        "No processes yet",
        "Upload a BPMN model here. Decisions, forms and data schemas it uses can come along.",
    )
    .with_action("Learn from the control-flow patterns", "/patterns")
}

fn rows(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    words: &str,
    may_start: bool,
    now_ms: i64,
) -> Result<Vec<ProcessRow>, StoreError> {
    let mut processes = processes::list_processes(sql)?;
    processes.retain(|row| is_found(row, words));
    let completed = processes::count_completed(sql)?;
    let row = |row: processes::ProcessRow| {
        let id = row.process_id;
        let deployed = definitions.load(sql, row.latest_key)?;
        let is_startable = may_start && has_none_start(&deployed.graph);
        let count = completed.get(&id).copied().unwrap_or_default();
        Ok(ProcessRow {
            name: row.name,
            href: format!("/processes/{id}"),
            version: row.latest_version.to_string(),
            active: thousands(row.active),
            active_href: format!("/instances?process={id}&state=active"),
            incidents: if row.stuck == 0 { String::new() } else { thousands(row.stuck) },
            incidents_href: format!("/incidents?process={id}"),
            completed: thousands(count),
            deployed: Stamp::at(row.deployed_at, now_ms),
            start_href: is_startable.then(|| format!("/processes/{id}/start")),
            id,
        })
    };
    processes.into_iter().map(row).collect()
}

/// Whether a person can start a process: it has a start event without a trigger.
pub(super) fn has_none_start(graph: &ProcessDefinition) -> bool {
    use crate::core::model::{ElementKind, StartEvent};
    let mut children = graph.element(ProcessDefinition::ROOT).children.iter();
    children.any(|child| {
        let kind = &graph.element(*child).kind;
        matches!(kind, ElementKind::StartEvent(StartEvent { trigger: None, .. }))
    })
}

async fn deploy(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    request: Request,
) -> Result<Response, HttpError> {
    let resources = uploaded(request).await?;
    if resources.is_empty() {
        return Ok(go_with_refusal("/processes", "Choose the files to deploy."));
    }
    let names = resources.iter().map(|it| it.name.clone()).collect();
    let zone = TimeZone::system();
    match processes::deploy(&app.execution, &zone, resources, signed_in.origin()).await {
        Ok(deployment) => Ok(deployed(&deployment)),
        Err(DeployError::Refused(problems)) => {
            let layout = frame.layout("Deployment refused", Section::Processes);
            let page = DeployProblemsPage::of(layout, names, problems);
            Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
        Err(error) => Err(error.into()),
    }
}

fn deployed(deployment: &Deployment) -> Response {
    let process = |it: &processes::DeployedProcess| {
        if it.is_new {
            format!("{} version {}", it.name, it.version)
        } else {
            format!("{} (no change)", it.name)
        }
    };
    let mut names: Vec<String> = deployment.processes.iter().map(process).collect();
    names.extend(deployment.decisions.iter().map(|it| {
        let version =
            if it.is_new { format!("version {}", it.version) } else { "(no change)".into() };
        format!("decision {} {version}", it.name)
    }));
    names.extend(deployment.forms.iter().map(|form| format!("form {form}")));
    let note = deployment.warnings.first();
    let note = note.map(|it| format!(" Note: {}.", it.problem.message)).unwrap_or_default();
    let message = format!("Deployed {}.{note}", names.join(", "));
    let location = match (deployment.processes.as_slice(), deployment.decisions.as_slice()) {
        ([only], _) => format!("/processes/{}", only.process_id),
        ([], [_, ..]) => "/decisions".to_owned(),
        _ => "/processes".to_owned(),
    };
    go_with_success(&location, &message)
}
