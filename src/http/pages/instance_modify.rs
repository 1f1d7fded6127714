//! Modifying one instance: what is open can be ended, elements can be begun.
//! Must not know how a modification is carried out.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::bulk_choice::variables;
use super::instance::{inspect, process_link};
use super::layout::{Layout, Section};
use super::parts::{Choice, Diagram, Link};
use super::words::sentence;
use crate::core::access::Permission;
use crate::core::engine::{Activation, Instruction, ProcessInstance, Role, ScopeVariables};
use crate::core::model::{ElementKind, ProcessDefinition};
use crate::http::app::App;
use crate::http::envelope::Key;
use crate::http::error::HttpError;
use crate::http::extract::{Fields, Path};
use crate::http::frame::{Frame, Page, go_with_success, page_with_status};
use crate::http::route::Route;
use crate::http::session::SignedIn;
use crate::services::instances::{Action, Inspection, StartError, element_name};

/// Open element instances that are shown; an instance with more is modified by the API.
const OPEN_MAX: usize = 200;

/// The form that modifies an instance.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/instance_modify.html")]
pub struct InstanceModifyPage {
    pub layout: Layout,
    pub key: String,
    pub process: Link,
    pub diagram: Diagram,
    pub open: Vec<OpenRow>,
    /// Elements that can be begun.
    pub elements: Vec<Choice>,
    /// Open scopes to begin in; the first one leaves it to the engine.
    pub scopes: Vec<Choice>,
    /// JSON, as it was entered.
    pub variables: String,
    /// Why it was refused; empty when it was not.
    pub error: String,
}

/// Something open that can be ended.
#[derive(Clone, Debug)]
pub struct OpenRow {
    pub key: String,
    pub name: String,
    pub element_id: String,
    pub kind: &'static str,
    pub is_chosen: bool,
}

impl InstanceModifyPage {
    #[must_use]
    pub fn sample() -> Self {
        let path = "/instances/4503599627370497/modify";
        let row = |key: &str, name: &str, id: &str, kind| OpenRow {
            key: key.into(),
            name: name.into(),
            element_id: id.into(),
            kind,
            is_chosen: false,
        };
        Self {
            layout: Layout::sample("Modify", Section::Instances, path),
            key: "4503599627370497".into(),
            process: Link::new("Expense approval", "/processes/expense-approval?version=2"),
            diagram: Diagram::sample_with_states(),
            open: vec![
                row("4503599627370510", "Approve expense", "approve", "user task"),
                row("4503599627370512", "Pay out", "pay", "service task"),
            ],
            elements: vec![
                Choice::new("", "Nothing", true),
                Choice::new("pay", "Pay out (pay)", false),
            ],
            scopes: vec![Choice::new("", "Where it fits", true)],
            variables: String::new(),
            error: String::new(),
        }
    }

    /// The same after a refusal.
    #[must_use]
    pub fn sample_refused() -> Self {
        let error = "Instruction 1: expected one open instance of 's', but there are several; \
                     name one of them.";
        Self { error: error.into(), ..Self::sample() }
    }
}

/// The routes of this screen.
#[must_use]
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/instances/{key}/modify", show).needs(Permission::InstancesOperate),
        Route::post("/instances/{key}/modify", modify).needs(Permission::InstancesOperate),
    ]
}

async fn show(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
) -> Result<Page<InstanceModifyPage>, HttpError> {
    let found = inspect(&app, &signed_in, key).await?;
    Ok(Page(page(&frame, &found, &Entry::default(), String::new())))
}

/// What was entered.
#[derive(Default)]
struct Entry {
    end: Vec<String>,
    begin: String,
    scope: String,
    variables: String,
}

async fn modify(
    State(app): State<App>,
    frame: Frame,
    signed_in: SignedIn,
    Path(key): Path<Key>,
    fields: Fields,
) -> Result<Response, HttpError> {
    let entry = Entry {
        end: fields.all("end"),
        begin: fields.text("begin").to_owned(),
        scope: fields.text("scope").to_owned(),
        variables: fields.text("variables").to_owned(),
    };
    let error = match entry.instructions() {
        Err(message) => message,
        Ok(instructions) => {
            let action = Action::Modify { instructions };
            match app.instances.perform(key.0, &action, signed_in.origin()).await {
                Ok(_) => {
                    let here = format!("/instances/{key}");
                    return Ok(go_with_success(&here, "The instance was modified."));
                }
                Err(error) => refused(error)?,
            }
        }
    };
    let found = inspect(&app, &signed_in, key).await?;
    let page = page(&frame, &found, &entry, error);
    Ok(page_with_status(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What a page says about a refusal; failures of ours are errors.
///
/// # Errors
/// The failure, where it is ours.
pub(super) fn refused(error: StartError) -> Result<String, HttpError> {
    let message = sentence(&error.to_string());
    let error = HttpError::from(error);
    if error.status.is_server_error() { Err(error) } else { Ok(message) }
}

impl Entry {
    fn instructions(&self) -> Result<Vec<Instruction>, String> {
        let ended = self.end.iter().filter_map(|key| key.parse().ok());
        let mut instructions: Vec<Instruction> =
            ended.map(|key| Instruction::Terminate { element_instance_key: key }).collect();
        let given = variables(&self.variables)?;
        if !self.begin.is_empty() {
            let set = (!given.is_empty()).then_some(given);
            let set = set.map(|variables| ScopeVariables { scope_id: None, variables });
            instructions.push(Instruction::Activate(Activation {
                element_id: self.begin.clone(),
                ancestor_key: self.scope.parse().ok(),
                variables: set.into_iter().collect(),
            }));
        }
        if instructions.is_empty() {
            return Err("Choose what to end, or what to begin, or both.".to_owned());
        }
        Ok(instructions)
    }
}

fn page(frame: &Frame, found: &Inspection, entry: &Entry, error: String) -> InstanceModifyPage {
    let row = &found.row;
    InstanceModifyPage {
        layout: frame.layout("Modify", Section::Instances),
        key: row.key.to_string(),
        process: process_link(row),
        diagram: Diagram {
            svg: found.diagram(),
            label: format!("Diagram of {}", row.process_name),
            has_states: true,
        },
        open: open(&found.deployed.graph, &found.instance, &entry.end),
        elements: elements(&found.deployed.graph, &entry.begin),
        scopes: scopes(&found.deployed.graph, &found.instance, &entry.scope),
        variables: entry.variables.clone(),
        error,
    }
}

fn open(graph: &ProcessDefinition, instance: &ProcessInstance, chosen: &[String]) -> Vec<OpenRow> {
    let inside = instance.elements.iter().filter(|(_, it)| it.scope_key.is_some());
    inside
        .take(OPEN_MAX)
        .map(|(key, it)| {
            let name = element_name(graph, &it.element_id);
            let name = match it.role {
                Role::Inner { loop_counter } => format!("{name} #{loop_counter}"),
                Role::Body => format!("{name} (all)"),
                Role::Single => name,
            };
            let kind = graph.find(&it.element_id).map(|index| graph.element(index).kind.name());
            OpenRow {
                key: key.to_string(),
                name,
                element_id: it.element_id.to_string(),
                kind: kind.unwrap_or_default(),
                is_chosen: chosen.contains(&key.to_string()),
            }
        })
        .collect()
}

fn elements(graph: &ProcessDefinition, chosen: &str) -> Vec<Choice> {
    let can_begin = graph.elements.iter().skip(1).filter(|it| {
        let waits_elsewhere = matches!(
            it.kind,
            ElementKind::StartEvent(_)
                | ElementKind::BoundaryEvent(_)
                | ElementKind::EventSubProcess { .. }
        );
        !waits_elsewhere && !it.is_for_compensation
    });
    let choices = can_begin.map(|it| {
        let label = match &it.name {
            Some(name) => format!("{name} ({})", it.id),
            None => it.id.to_string(),
        };
        Choice::new(&*it.id, label, *it.id == *chosen)
    });
    [Choice::new("", "Nothing", chosen.is_empty())].into_iter().chain(choices).collect()
}

fn scopes(graph: &ProcessDefinition, instance: &ProcessInstance, chosen: &str) -> Vec<Choice> {
    let open = instance.elements.iter().filter(|(_, it)| {
        let kind = graph.find(&it.element_id).map(|index| &graph.element(index).kind);
        it.scope_key.is_some() && it.role != Role::Body && kind.is_some_and(ElementKind::is_scope)
    });
    let choices = open.take(OPEN_MAX).map(|(key, it)| {
        let key = key.to_string();
        let label = format!("In {} {key}", element_name(graph, &it.element_id));
        let is_chosen = key == chosen;
        Choice::new(key, label, is_chosen)
    });
    [Choice::new("", "Where it fits", chosen.is_empty())].into_iter().chain(choices).collect()
}
