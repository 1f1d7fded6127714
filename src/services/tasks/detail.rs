//! One user task with everything a person needs to work on it.
//!
//! Must not know how it is shown.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::core::access::{Principal, may_see_task};
use crate::core::engine;
use crate::core::forms::Form;
use crate::core::model::{ElementKind, FormReference};
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::{Definitions, Deployed, find_instance};
use crate::services::processes::{self, ShownForm};
use crate::services::tasks::listening::transition_name;
use crate::services::tasks::task::{UserTask, find};
use crate::services::tasks::{TaskError, TaskState};

/// A user task opened for work.
#[derive(Debug)]
pub struct TaskDetail {
    /// The user task.
    pub task: UserTask,
    /// The variables that its element sees; those of the instance once it has ended.
    pub variables: Map<String, Json>,
    /// What is to be filled in.
    pub form: TaskForm,
    /// What its listeners are about to let it become, as in `completing`.
    pub transition: Option<&'static str>,
    /// Why a listener refused the last change.
    pub denied_reason: Option<String>,
}

/// What a person fills in to complete a user task.
#[derive(Debug)]
pub enum TaskForm {
    /// Nothing: completing it is a confirmation.
    None,
    /// A form of ours.
    Form(Box<Form>),
    /// An address outside.
    External(String),
    /// A form that is not deployed.
    Missing(String),
}

/// A user task that the principal may see, with its variables and form.
///
/// # Errors
/// `NotFound`; those of the database.
pub fn load_visible(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    principal: &Principal,
    key: i64,
) -> Result<TaskDetail, TaskError> {
    let task = load_seen(sql, principal, key)?;
    let Surroundings { variables, deployed, listened } = surroundings(sql, definitions, &task)?;
    let form = match &task.form {
        Some(form) if task.state == TaskState::Open => resolve(sql, &task, form, &deployed)?,
        _ => TaskForm::None,
    };
    let transition = listened.as_deref().and_then(transition_name);
    let denied_reason = listened.and_then(|it| it.denied_reason);
    Ok(TaskDetail { task, variables, form, transition, denied_reason })
}

/// A user task, if the principal may see it; whoever completed one keeps seeing it.
///
/// # Errors
/// Those of the database.
pub fn find_visible(
    sql: &mut dyn Sql,
    principal: &Principal,
    key: i64,
) -> Result<Option<UserTask>, StoreError> {
    let is_seen = |task: &UserTask| {
        may_see_task(principal, &task.facts())
            || task.ended_by.as_deref() == Some(&*principal.user_id)
    };
    Ok(find(sql, key)?.filter(is_seen))
}

/// A user task that the principal may see.
pub(super) fn load_seen(
    sql: &mut dyn Sql,
    principal: &Principal,
    key: i64,
) -> Result<UserTask, TaskError> {
    find_visible(sql, principal, key)?.ok_or(TaskError::NotFound)
}

struct Surroundings {
    variables: Map<String, Json>,
    deployed: Arc<Deployed>,
    listened: Option<Box<engine::ListenedTask>>,
}

fn surroundings(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    task: &UserTask,
) -> Result<Surroundings, StoreError> {
    match find_instance(sql, definitions, task.instance_key)? {
        Some((mut instance, deployed)) => {
            let scope_key = if instance.elements.contains_key(&task.element_instance_key) {
                task.element_instance_key
            } else {
                instance.key
            };
            let variables = engine::variables_at(&instance, scope_key);
            let listened = instance.user_tasks.remove(&task.key).and_then(|it| it.listened);
            Ok(Surroundings { variables, deployed, listened })
        }
        None => {
            let deployed = definitions.load(sql, task.definition_key)?;
            Ok(Surroundings { variables: Map::new(), deployed, listened: None })
        }
    }
}

fn resolve(
    sql: &mut dyn Sql,
    task: &UserTask,
    form: &engine::TaskForm,
    deployed: &Deployed,
) -> Result<TaskForm, StoreError> {
    match form {
        engine::TaskForm::Id(id) => {
            let latest = FormReference::Id(id.clone());
            let reference = form_reference(task, deployed).unwrap_or(&latest);
            let found = processes::resolve_form(sql, reference, deployed.deployment_key)?;
            Ok(match found {
                Some(ShownForm::Form(form)) => TaskForm::Form(form),
                _ => TaskForm::Missing(id.clone()),
            })
        }
        engine::TaskForm::External(address) => Ok(TaskForm::External(address.clone())),
        engine::TaskForm::Embedded => embedded(sql, task, deployed),
    }
}

/// The text of the form of an open user task that the principal may see, if it has one of ours.
///
/// # Errors
/// `NotFound`; those of the database.
pub fn find_form_source(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    principal: &Principal,
    key: i64,
) -> Result<Option<String>, TaskError> {
    let task = load_seen(sql, principal, key)?;
    Ok(match &task.form {
        Some(engine::TaskForm::Id(id)) => {
            let deployed = definitions.load(sql, task.definition_key)?;
            match form_reference(&task, &deployed) {
                Some(FormReference::Bound(id, binding)) => {
                    processes::find_bound_source(sql, id, binding, deployed.deployment_key)?
                }
                _ => processes::find_form_source(sql, id)?.map(|(_, text)| text),
            }
        }
        Some(engine::TaskForm::Embedded) => {
            let deployed = definitions.load(sql, task.definition_key)?;
            match form_reference(&task, &deployed) {
                Some(FormReference::Embedded(text)) => Some(text.to_string()),
                _ => None,
            }
        }
        Some(engine::TaskForm::External(_)) | None => None,
    })
}

fn form_reference<'d>(task: &UserTask, deployed: &'d Deployed) -> Option<&'d FormReference> {
    let element = deployed.graph.element(deployed.graph.find(&task.element_id)?);
    match &element.kind {
        ElementKind::UserTask(definition) => definition.form.as_ref(),
        _ => None,
    }
}

fn embedded(
    sql: &mut dyn Sql,
    task: &UserTask,
    deployed: &Deployed,
) -> Result<TaskForm, StoreError> {
    let Some(reference) = form_reference(task, deployed) else {
        return Ok(TaskForm::Missing(task.element_id.clone()));
    };
    Ok(match processes::resolve_form(sql, reference, deployed.deployment_key)? {
        Some(ShownForm::Form(form)) => TaskForm::Form(form),
        _ => TaskForm::Missing(task.element_id.clone()),
    })
}
