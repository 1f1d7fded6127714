//! Deploying: everything is checked, then everything is stored in one transaction.
//!
//! Must not know how the files came.

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::check::{self, Checked, FileProblem, Resource};
use super::{decisions, storing};
use crate::core::forms::Form;
use crate::core::model::{Problem, ProcessDefinition};
use crate::core::schema::DataSchema;
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Change, Origin};
use crate::services::execution::{Execution, Starts};

/// What a deployment did.
#[derive(Debug, Clone, Serialize)]
pub struct Deployment {
    /// Its key.
    pub key: i64,
    /// The processes in it.
    pub processes: Vec<DeployedProcess>,
    /// The decisions in it.
    pub decisions: Vec<DeployedDecision>,
    /// Ids of the forms in it.
    pub forms: Vec<String>,
    /// What is likely not meant, but did not stop it.
    pub warnings: Vec<FileProblem>,
}

/// A version of a process.
#[derive(Debug, Clone, Serialize)]
pub struct DeployedProcess {
    /// The process.
    pub process_id: String,
    /// Its name, or its id when it has none.
    pub name: String,
    /// The definition's key.
    pub definition_key: i64,
    /// The definition's version.
    pub version: i64,
    /// Whether the version is new: the same file as the latest version makes no new one.
    pub is_new: bool,
}

/// A version of a decision or a decision service.
#[derive(Debug, Clone, Serialize)]
pub struct DeployedDecision {
    /// Its id, or its name where it has none.
    pub decision_id: String,
    /// Its name.
    pub name: String,
    /// The version's key.
    pub decision_key: i64,
    /// The version.
    pub version: i64,
    /// Whether the version is new: the same file with the same imports makes no new one.
    pub is_new: bool,
}

/// Why nothing was deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The files have problems; all of them are here.
    #[error("the files have {} problems", .0.len())]
    Refused(Vec<FileProblem>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A process that is ready to be stored.
pub(super) struct Prepared<'c> {
    pub(super) file: usize,
    pub(super) graph: &'c ProcessDefinition,
    pub(super) starts: Starts,
    pub(super) form_ids: Vec<(String, String)>,
    pub(super) embedded: Vec<Form>,
}

/// All problems and warnings of files, without deploying them.
#[must_use]
pub fn lint(resources: &[Resource], now: jiff::Timestamp, zone: &TimeZone) -> Vec<FileProblem> {
    match check::check(resources, &decisions::Earlier::new()) {
        Ok(checked) => {
            let prepared = prepare(&checked, resources, now, zone);
            let mut found = prepared.err().unwrap_or_default();
            found.extend(checked.warnings);
            found.extend(check::past_dates(resources, now));
            found
        }
        Err(problems) => problems,
    }
}

fn prepare<'c>(
    checked: &'c Checked,
    resources: &[Resource],
    now: jiff::Timestamp,
    zone: &TimeZone,
) -> Result<Vec<Prepared<'c>>, Vec<FileProblem>> {
    let (mut prepared, mut problems) = (Vec::new(), Vec::new());
    for (file, graph) in checked.processes() {
        let in_file =
            |problem: Problem| FileProblem { file: resources[file].name.clone(), problem };
        match check::starts(graph, now, zone) {
            Ok(starts) => prepared.push(Prepared {
                file,
                graph,
                starts,
                form_ids: check::form_ids(graph),
                embedded: embedded_forms(graph),
            }),
            Err(found) => problems.extend(found.into_iter().map(in_file)),
        }
    }
    if problems.is_empty() { Ok(prepared) } else { Err(problems) }
}

/// Forms inside the model; the model's own check has seen that they can be read.
fn embedded_forms(graph: &ProcessDefinition) -> Vec<Form> {
    use crate::core::model::{ElementKind, FormReference};
    let forms = graph.elements.iter().filter_map(|element| match &element.kind {
        ElementKind::UserTask(task) => task.form.as_ref(),
        ElementKind::StartEvent(start) => start.form.as_ref(),
        _ => None,
    });
    let texts = forms.filter_map(|form| match form {
        FormReference::Embedded(text) => Form::parse(text).ok(),
        _ => None,
    });
    texts.collect()
}

/// Deploys files.
///
/// # Errors
/// `Refused` with every problem of every file, and nothing changed.
pub async fn deploy(
    execution: &Execution,
    zone: &TimeZone,
    resources: Vec<Resource>,
    origin: Origin,
) -> Result<Deployment, DeployError> {
    let foundation = execution.foundation().clone();
    let zone = zone.clone();
    let write = move |sql: &mut dyn Sql| {
        let now = foundation.clock.now();
        let earlier = decisions::find_earlier(sql, &resources)?;
        let checked = check::check(&resources, &earlier).map_err(DeployError::Refused)?;
        let prepared = prepare(&checked, &resources, now, &zone).map_err(DeployError::Refused)?;
        let next_key = || foundation.keys.next(now.as_millisecond());
        let key = next_key();
        let mut storing = storing::Storing {
            sql,
            key,
            now_ms: now.as_millisecond(),
            origin: &origin,
            next_key: &next_key,
            resources: &resources,
            due: Vec::new(),
        };
        let deployment = store(&mut storing, &checked, &earlier, prepared)?;
        let due = storing.due;
        record(sql, &deployment, next_key(), now.as_millisecond(), &origin)?;
        Ok::<_, DeployError>((deployment, due))
    };
    let (deployment, due) = execution.database().write(write).await?;
    execution.schedules_changed(due);
    Ok(deployment)
}

fn store(
    storing: &mut storing::Storing<'_>,
    checked: &Checked,
    earlier: &decisions::Earlier,
    prepared: Vec<Prepared<'_>>,
) -> Result<Deployment, DeployError> {
    let resource_keys = storing.put_resources()?;
    let decisions = storing.put_decisions(&checked.decisions, earlier, &resource_keys)?;
    let mut warnings = checked.warnings.clone();
    for (file, form) in &checked.forms {
        storing.put_form(form.id(), resource_keys[*file])?;
    }
    for (file, process_id, _) in &checked.schemas {
        storing.put_data_schema(process_id, resource_keys[*file])?;
    }
    let (mut processes, mut problems) = (Vec::new(), Vec::new());
    for process in prepared {
        let missing = storing.missing_forms(&process)?;
        if !missing.is_empty() {
            problems.extend(missing);
            continue;
        }
        warnings.extend(storing.missing_decisions(&process)?);
        let schema = wanted_schema(storing, checked, &process)?;
        processes.push(storing.put_process(&process, &schema, resource_keys[process.file])?);
    }
    if !problems.is_empty() {
        return Err(DeployError::Refused(problems));
    }
    Ok(Deployment {
        key: storing.key,
        processes,
        decisions,
        forms: checked.forms.iter().map(|(_, form)| form.id().to_owned()).collect(),
        warnings,
    })
}

/// The business data of a process: its data schema where there is one, else what its forms ask.
fn wanted_schema(
    storing: &mut storing::Storing<'_>,
    checked: &Checked,
    process: &Prepared<'_>,
) -> Result<DataSchema, DeployError> {
    let id = &*process.graph.id;
    if let Some((_, _, schema)) = checked.schemas.iter().find(|(_, of, _)| of == id) {
        return Ok(schema.clone());
    }
    if let Some(schema) = storing.find_data_schema(id)? {
        return Ok(schema);
    }
    let mut forms = Vec::new();
    for (form_id, _) in &process.form_ids {
        let in_deployment = checked.forms.iter().find(|(_, form)| form.id() == form_id);
        match in_deployment {
            Some((_, form)) => forms.push(Arc::new(form.clone())),
            None => forms.extend(super::forms::find_form(storing.sql, form_id)?.map(Arc::new)),
        }
    }
    let all: Vec<&Form> = forms.iter().map(|form| &**form).chain(&process.embedded).collect();
    Ok(DataSchema::from_forms(&all))
}

fn record(
    sql: &mut dyn Sql,
    deployment: &Deployment,
    key: i64,
    now_ms: i64,
    origin: &Origin,
) -> Result<(), StoreError> {
    let names: Vec<String> = deployment
        .processes
        .iter()
        .map(|process| format!("{} version {}", process.name, process.version))
        .chain(deployment.decisions.iter().map(|it| format!("decision {}", it.name)))
        .chain(deployment.forms.iter().map(|form| format!("form {form}")))
        .collect();
    let summary = format!("deployed {}", names.join(", "));
    let id = deployment.key.to_string();
    let mut change = Change::of("deployment.created", "deployment", deployment.key, &id, summary);
    change.process_id = deployment.processes.first().map(|process| process.process_id.clone());
    audit::record(sql, &change.at(key, now_ms, origin))
}
