//! User tasks as people work on them: who sees what, who may do what, and what a form takes.

mod actions;
mod api;
mod completing;
mod listening;
mod lists;
mod pages;

pub(crate) use self::api::token as api_token;

use std::sync::Arc;

use flowstead::core::access::{PermissionSet, Principal, Role, Via};
use flowstead::platform::blobs::BlobStore;
use flowstead::platform::store::{Sql, StoreError};
use flowstead::services::files::Files;
use flowstead::services::tasks::{self, TaskFilter, TaskView, UserTask};
use serde_json::json;

use crate::support::engine::Engine;

/// A person with a role and groups.
pub(crate) fn person(user_id: &str, role: Role, groups: &[&str]) -> Principal {
    Principal {
        user_key: 1,
        user_id: user_id.into(),
        display_name: user_id.into(),
        groups: groups.iter().map(|it| (*it).to_owned()).collect(),
        roles: Arc::from([role]),
        permissions: [role]
            .iter()
            .fold(PermissionSet::default(), |set, role| set.union(role.permissions())),
        via: Via::Session,
    }
}

/// A member of staff without groups.
pub(crate) fn user(user_id: &str) -> Principal {
    person(user_id, Role::User, &[])
}

/// Somebody who manages everybody's user tasks.
pub(crate) fn manager() -> Principal {
    person("max", Role::Operator, &[])
}

/// A process whose id is also the name of its one user task; `extensions` are of that task.
pub(crate) fn one_task(process_id: &str, extensions: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="model" targetNamespace="urn:test">
  <bpmn:process id="{process_id}" name="The {process_id}" isExecutable="true">
    <bpmn:startEvent id="begin"><bpmn:outgoing>to_work</bpmn:outgoing></bpmn:startEvent>
    <bpmn:userTask id="work" name="{process_id}">
      <bpmn:extensionElements><zeebe:userTask />{extensions}</bpmn:extensionElements>
      <bpmn:incoming>to_work</bpmn:incoming><bpmn:outgoing>to_end</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="end"><bpmn:incoming>to_end</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="to_work" sourceRef="begin" targetRef="work" />
    <bpmn:sequenceFlow id="to_end" sourceRef="work" targetRef="end" />
  </bpmn:process>
</bpmn:definitions>"#
    )
}

/// Deploys [`one_task`] and starts it once; gives the user task.
pub(crate) async fn start_one(engine: &Engine, process_id: &str, extensions: &str) -> UserTask {
    let model = one_task(process_id, extensions);
    engine.deploy(&[("model.bpmn", &model)]).await;
    start_again(engine, process_id).await
}

/// Starts a process once more; gives its first user task.
pub(crate) async fn start_again(engine: &Engine, process_id: &str) -> UserTask {
    let started = engine.start(process_id, json!({}), "starter").await;
    task_of(engine, started.key).await
}

/// The one user task of an instance.
pub(crate) async fn task_of(engine: &Engine, instance_key: i64) -> UserTask {
    let read = move |sql: &mut dyn Sql| tasks::list_instance_tasks(sql, instance_key);
    let mut found = engine.database().read(read).await.expect("the tables can be read");
    assert_eq!(found.len(), 1, "the instance has one user task");
    found.remove(0)
}

/// The names in a list, in its order.
pub(crate) async fn names(engine: &Engine, who: &Principal, view: TaskView) -> Vec<String> {
    let filter = TaskFilter { view, ..TaskFilter::default() };
    list(engine, who, filter, 100).await.into_iter().map(|it| it.name).collect()
}

/// A page of a list.
pub(crate) async fn list(
    engine: &Engine,
    who: &Principal,
    filter: TaskFilter,
    limit: u32,
) -> Vec<UserTask> {
    let who = who.clone();
    let read = move |sql: &mut dyn Sql| tasks::list(sql, &who, &filter, limit);
    engine.database().read(read).await.expect("the list can be read")
}

/// What the audit says of a subject, as action and sentence, oldest first.
pub(crate) async fn audit_of(engine: &Engine, kind: &'static str) -> Vec<(String, String)> {
    let read = move |sql: &mut dyn Sql| {
        let rows = sql.query(
            "SELECT action, summary FROM audit__events WHERE subject_kind = ?1
             ORDER BY event_key",
            &[kind.into()],
        )?;
        rows.iter()
            .map(|row| Ok::<_, StoreError>((row.text(0)?.to_owned(), row.text(1)?.to_owned())))
            .collect::<Result<Vec<_>, _>>()
    };
    engine.database().read(read).await.expect("the audit can be read")
}

/// The files of an engine, in its folder.
pub(crate) async fn files(engine: &Engine, size_max: u64) -> Files {
    let blobs = BlobStore::open(&engine.folder.join("files")).expect("the folder can be made");
    Files::open(engine.execution.clone(), blobs, size_max).await.expect("the tables are there")
}
