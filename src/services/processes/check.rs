//! Reading the files of a deployment: what each is, and everything that is wrong with any of them.
//!
//! Must not know the database.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::decisions::{self, CheckedModel, Earlier};
use crate::core::bpmn::{self, Model};
use crate::core::forms::Form;
use crate::core::model::{
    Binding, Dynamic, ElementKind, FormReference, Problem, ProcessDefinition, Severity,
};
use crate::core::schema::DataSchema;
use crate::services::execution::{Starts, plan_starts};

/// Files in one deployment.
const RESOURCES_MAX: usize = 100;

/// A file to deploy.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Its file name; the ending says what it is.
    pub name: String,
    /// Its text.
    pub content: String,
}

/// A problem with the file it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileProblem {
    /// The file's name.
    pub file: String,
    /// What is wrong where.
    #[serde(flatten)]
    pub problem: Problem,
}

/// The files of a deployment, understood.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) models: Vec<(usize, Model)>,
    pub(super) decisions: Vec<CheckedModel>,
    pub(super) forms: Vec<(usize, Form)>,
    /// Data schemas with the process they are for.
    pub(super) schemas: Vec<(usize, String, DataSchema)>,
    pub(super) warnings: Vec<FileProblem>,
}

impl Checked {
    /// All processes with the file they are in.
    pub(super) fn processes(&self) -> impl Iterator<Item = (usize, &ProcessDefinition)> {
        self.models.iter().flat_map(|(file, model)| model.processes.iter().map(|p| (*file, p)))
    }
}

/// Reads all files, with decision models deployed earlier that they import.
///
/// # Errors
/// All problems of all files.
pub(super) fn check(
    resources: &[Resource],
    earlier: &Earlier,
) -> Result<Checked, Vec<FileProblem>> {
    let (mut checked, mut problems) = (Checked::default(), Vec::new());
    if resources.is_empty() || resources.len() > RESOURCES_MAX {
        let message = format!("expected 1 to {RESOURCES_MAX} files, but got {}", resources.len());
        return Err(vec![FileProblem { file: String::new(), problem: whole(message) }]);
    }
    for (index, resource) in resources.iter().enumerate() {
        let file = |problem| FileProblem { file: resource.name.clone(), problem };
        if let Err(found) = read(&mut checked, index, resource) {
            problems.extend(found.into_iter().map(file));
        }
    }
    let (models, found) = decisions::check(resources, earlier);
    let is_error = |it: &FileProblem| it.problem.severity == Severity::Error;
    let (errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(is_error);
    problems.extend(errors);
    checked.warnings.extend(warnings);
    checked.decisions = models;
    problems.extend(duplicates(&checked, resources));
    problems.extend(unbound_decisions(&checked, resources));
    if problems.is_empty() { Ok(checked) } else { Err(problems) }
}

/// Warnings about timers of models whose date is over.
pub(super) fn past_dates(resources: &[Resource], now: Timestamp) -> Vec<FileProblem> {
    let models = resources.iter().filter(|it| matches!(Kind::of(&it.name), Some((Kind::Model, _))));
    let of_file = |resource: &Resource| {
        let found = bpmn::lint_dates(&resource.content, &bpmn::Limits::default(), now);
        let name = resource.name.clone();
        found.into_iter().map(move |problem| FileProblem { file: name.clone(), problem })
    };
    models.flat_map(of_file).collect()
}

/// What a file is, by the ending of its name.
const KINDS: [(&str, Kind); 5] = [
    (".bpmn", Kind::Model),
    (".bpmn20.xml", Kind::Model),
    (".dmn", Kind::Decisions),
    (".form", Kind::Form),
    (".schema.json", Kind::DataSchema),
];

/// What a file of a deployment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Model,
    Decisions,
    Form,
    DataSchema,
}

impl Kind {
    /// The kind of a file of this name, and the name without the ending.
    pub(super) fn of(name: &str) -> Option<(Self, &str)> {
        KINDS.iter().find_map(|(ending, kind)| Some((*kind, name.strip_suffix(ending)?)))
    }

    /// The name of the kind of a file in tables.
    pub(super) fn name_of(file: &str) -> &'static str {
        match Self::of(file) {
            Some((Self::Decisions, _)) => "dmn",
            Some((Self::Form, _)) => "form",
            Some((Self::DataSchema, _)) => "data_schema",
            Some((Self::Model, _)) | None => "bpmn",
        }
    }
}

fn read(checked: &mut Checked, index: usize, resource: &Resource) -> Result<(), Vec<Problem>> {
    let name = resource.name.as_str();
    let warn = |problem| FileProblem { file: resource.name.clone(), problem };
    match Kind::of(name) {
        Some((Kind::Model, _)) => {
            let model = bpmn::parse(&resource.content, &bpmn::Limits::default())?;
            checked.warnings.extend(model.warnings.iter().cloned().map(warn));
            checked.models.push((index, model));
        }
        // Read all together, as they may import each other.
        Some((Kind::Decisions, _)) => {}
        Some((Kind::Form, _)) => {
            let form = Form::parse(&resource.content)?;
            checked.warnings.extend(form.warnings().iter().cloned().map(warn));
            checked.forms.push((index, form));
        }
        Some((Kind::DataSchema, stem)) => {
            let process_id = stem.rsplit('/').next().unwrap_or(stem).to_owned();
            let schema = DataSchema::from_json_schema(&resource.content)?;
            checked.schemas.push((index, process_id, schema));
        }
        None => {
            let message = format!("\"{name}\" is not a file that can be deployed");
            let expected = "a name ending in .bpmn, .dmn, .form or .schema.json".to_owned();
            return Err(vec![Problem { expected: Some(expected), ..whole(message) }]);
        }
    }
    Ok(())
}

/// A problem of a whole file.
pub(super) fn whole(message: String) -> Problem {
    Problem {
        severity: Severity::Error,
        line: 1,
        column: 1,
        element_id: None,
        message,
        expected: None,
    }
}

fn duplicates(checked: &Checked, resources: &[Resource]) -> Vec<FileProblem> {
    let mut seen = BTreeSet::new();
    let processes = checked.processes().map(|(file, it)| (file, "process", it.id.to_string()));
    let forms = checked.forms.iter().map(|(file, it)| (*file, "form", it.id().to_owned()));
    let schemas = checked.schemas.iter().map(|(file, id, _)| (*file, "data schema of", id.clone()));
    let mut problems = Vec::new();
    let decisions = checked
        .decisions
        .iter()
        .flat_map(|model| model.callable().map(|(id, ..)| (model.file, "decision", id.to_owned())));
    let models = checked
        .decisions
        .iter()
        .filter_map(|it| Some((it.file, "decision model", it.model.id.clone()?)));
    let decisions = decisions.chain(models);
    for (file, kind, id) in processes.chain(forms).chain(schemas).chain(decisions) {
        if !seen.insert((kind, id.clone())) {
            let message = format!("the {kind} \"{id}\" is in the deployment twice");
            let file = resources[file].name.clone();
            problems.push(FileProblem { file, problem: whole(message) });
        }
    }
    problems
}

/// Elements bound to a decision of their own deployment that isn't in it.
fn unbound_decisions(checked: &Checked, resources: &[Resource]) -> Vec<FileProblem> {
    let ids: BTreeSet<&str> =
        checked.decisions.iter().flat_map(CheckedModel::callable).map(|(id, ..)| id).collect();
    let called = checked.processes().flat_map(|(file, graph)| {
        called_decisions(graph).into_iter().map(move |called| (file, called))
    });
    let unbound = called.filter(|(_, called)| {
        *called.binding == Binding::Deployment && !ids.contains(called.decision_id)
    });
    unbound
        .map(|(file, called)| FileProblem {
            file: resources[file].name.clone(),
            problem: Problem {
                element_id: Some(called.element_id.to_owned()),
                expected: Some("its .dmn file beside the process".to_owned()),
                ..whole(format!("the decision \"{}\" is not in the deployment", called.decision_id))
            },
        })
        .collect()
}

/// A decision that an element calls by a fixed id.
pub(super) struct CalledById<'g> {
    pub(super) element_id: &'g str,
    pub(super) decision_id: &'g str,
    pub(super) binding: &'g Binding,
}

/// The decisions that a process calls by fixed ids.
pub(super) fn called_decisions(graph: &ProcessDefinition) -> Vec<CalledById<'_>> {
    let called = graph.elements.iter().filter_map(|element| match &element.kind {
        ElementKind::BusinessRuleTask(called) => match &called.decision_id {
            Dynamic::Literal(decision_id) => {
                Some(CalledById { element_id: &element.id, decision_id, binding: &called.binding })
            }
            Dynamic::Expression(_) => None,
        },
        _ => None,
    });
    called.collect()
}

/// Ids of the deployed forms that a process shows, with the elements that show them.
pub(super) fn form_ids(graph: &ProcessDefinition) -> Vec<(String, String)> {
    let references = graph.elements.iter().filter_map(|element| {
        let form = match &element.kind {
            ElementKind::UserTask(task) => task.form.as_ref(),
            ElementKind::StartEvent(start) => start.form.as_ref(),
            _ => None,
        };
        match form {
            Some(FormReference::Id(id) | FormReference::Bound(id, _)) => {
                Some((id.clone(), element.id.to_string()))
            }
            _ => None,
        }
    });
    references.collect()
}

/// The start events of a process that begin instances by themselves.
///
/// # Errors
/// Those whose expressions give no time or no name.
pub(super) fn starts(
    graph: &ProcessDefinition,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Starts, Vec<Problem>> {
    plan_starts(graph, now, zone).map_err(|problems| {
        let located = problems.into_iter().map(|problem| Problem {
            element_id: Some(problem.element_id.to_string()),
            ..whole(problem.message)
        });
        located.collect()
    })
}

/// Whether a process calls a process or shows a form of its own deployment.
pub(super) fn is_bound_to_neighbours(graph: &ProcessDefinition) -> bool {
    let is_bound = |form: &Option<FormReference>| {
        matches!(form, Some(FormReference::Bound(_, Binding::Deployment)))
    };
    graph.elements.iter().any(|element| match &element.kind {
        ElementKind::CallActivity(call) => call.binding == Binding::Deployment,
        ElementKind::UserTask(task) => is_bound(&task.form),
        ElementKind::StartEvent(start) => is_bound(&start.form),
        _ => false,
    })
}
