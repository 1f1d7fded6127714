//! What the index holds of each thing: its words, its facets, who may find it.
//!
//! Must not know where things are kept.
//!
//! **Invariant:** who may find a document is who may see the thing.

use serde_json::Value as Json;

use crate::platform::search::Document;
use crate::services::audit::AuditEvent;

/// Kind of audit events.
pub(super) const EVENT: &str = "audit";
/// Kind of audit events that are comments.
pub(super) const COMMENT: &str = "comment";
/// Kind of process instances.
pub(super) const INSTANCE: &str = "instance";
/// Kind of user tasks.
pub(super) const TASK: &str = "task";

/// Ids of events of the domain begin so.
pub(super) const DOMAIN_EVENT: &str = "event:domain:";
/// Ids of events of the system begin so.
pub(super) const SYSTEM_EVENT: &str = "event:system:";
/// Facet that tells the events of the two databases apart.
pub(super) const SOURCE: &str = "source";
/// The system's value of it.
pub(super) const SYSTEM: &str = "system";

pub(super) const ACCESS_AUDIT: &str = "audit";
pub(super) const ACCESS_INSTANCES: &str = "instances";
pub(super) const ACCESS_TASKS: &str = "tasks";
/// Tasks that name nobody are for everybody who works on tasks.
pub(super) const ACCESS_WORKERS: &str = "workers";

/// What words of JSON are taken at most from one thing; the index takes no more either.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// Whoever started it.
pub(super) fn access_of_user(user_id: &str) -> String {
    format!("user:{user_id}")
}

/// Assignees and candidates, while they work on tasks.
pub(super) fn access_of_worker(user_id: &str) -> String {
    format!("worker:{user_id}")
}

/// Members of candidate groups, while they work on tasks.
pub(super) fn access_of_group(group_id: &str) -> String {
    format!("group:{group_id}")
}

/// An instance as it is now.
pub(super) struct IndexedInstance {
    pub(super) key: i64,
    pub(super) process_id: String,
    pub(super) process_name: String,
    pub(super) version: i64,
    pub(super) state: String,
    pub(super) incidents: i64,
    pub(super) started_by: String,
    pub(super) started_at: i64,
    /// JSON.
    pub(super) variables: String,
}

/// A user task as it is now.
pub(super) struct IndexedTask {
    pub(super) key: i64,
    pub(super) process_id: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) assignee: Option<String>,
    pub(super) candidate_groups: Vec<String>,
    pub(super) candidate_users: Vec<String>,
    pub(super) created_at: i64,
}

/// Which database an event is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Domain,
    System,
}

/// An audit event. A comment may also be found by those who may see what it is about.
pub(super) fn event(event: &AuditEvent, source: Source, task: Option<&IndexedTask>) -> Document {
    let is_comment = event.action.ends_with(".commented");
    let mut body = event.summary.clone();
    match &event.details {
        Some(details) if is_comment => add_rest_of_comment(&mut body, details),
        Some(details) => add_words(&mut body, details),
        None => {}
    }
    for more in [&event.subject_id, &event.process_id].into_iter().flatten() {
        body.push('\n');
        body.push_str(more);
    }
    let mut facets = vec![
        ("actor".to_owned(), event.actor_id.clone()),
        ("action".to_owned(), event.action.clone()),
    ];
    facets.extend(event.process_id.iter().map(|id| ("process".to_owned(), id.clone())));
    let prefix = match source {
        Source::Domain => DOMAIN_EVENT,
        Source::System => {
            facets.push((SOURCE.to_owned(), SYSTEM.to_owned()));
            SYSTEM_EVENT
        }
    };
    let mut access = vec![ACCESS_AUDIT.to_owned()];
    if is_comment {
        access.push(ACCESS_INSTANCES.to_owned());
        access.extend(task.into_iter().flat_map(access_of_task));
    }
    Document {
        id: format!("{prefix}{}", event.key),
        kind: if is_comment { COMMENT } else { EVENT }.to_owned(),
        title: event.summary.clone(),
        body,
        at_ms: event.at_ms,
        facets,
        access,
    }
}

/// A process instance with its variables.
pub(super) fn instance(instance: &IndexedInstance) -> Document {
    let mut body = format!("{} {}", instance.process_id, instance.key);
    if let Ok(variables) = serde_json::from_str::<Json>(&instance.variables) {
        add_words(&mut body, &variables);
    }
    let mut facets = vec![
        ("process".to_owned(), instance.process_id.clone()),
        ("state".to_owned(), instance.state.clone()),
        ("version".to_owned(), instance.version.to_string()),
    ];
    if instance.incidents > 0 {
        facets.push(("state".to_owned(), "stuck".to_owned()));
    }
    Document {
        id: format!("{INSTANCE}:{}", instance.key),
        kind: INSTANCE.to_owned(),
        title: instance.process_name.clone(),
        body,
        at_ms: instance.started_at,
        facets,
        access: vec![ACCESS_INSTANCES.to_owned(), access_of_user(&instance.started_by)],
    }
}

/// A user task.
pub(super) fn task(task: &IndexedTask) -> Document {
    let mut body = task.process_id.clone();
    let people = task.assignee.iter().chain(&task.candidate_groups).chain(&task.candidate_users);
    for name in people {
        body.push('\n');
        body.push_str(name);
    }
    let mut facets = vec![
        ("process".to_owned(), task.process_id.clone()),
        ("state".to_owned(), task.state.clone()),
    ];
    facets.extend(task.assignee.iter().map(|id| ("assignee".to_owned(), id.clone())));
    Document {
        id: format!("{TASK}:{}", task.key),
        kind: TASK.to_owned(),
        title: task.name.clone(),
        body,
        at_ms: task.created_at,
        facets,
        access: access_of_task(task),
    }
}

fn access_of_task(task: &IndexedTask) -> Vec<String> {
    let mut access = vec![ACCESS_TASKS.to_owned()];
    access.extend(task.assignee.iter().map(|id| access_of_worker(id)));
    access.extend(task.candidate_users.iter().map(|id| access_of_worker(id)));
    access.extend(task.candidate_groups.iter().map(|id| access_of_group(id)));
    if access.len() == 1 {
        access.push(ACCESS_WORKERS.to_owned());
    }
    access
}

/// The whole text of a comment, unless the audit's sentence has it already.
fn add_rest_of_comment(body: &mut String, details: &Json) {
    let text = details.get("text").and_then(Json::as_str).unwrap_or_default();
    if !body.contains(text) {
        body.push('\n');
        body.push_str(text);
    }
}

/// Names and values as lines: `amount: 12`.
fn add_words(body: &mut String, json: &Json) {
    if body.len() > TEXT_BYTES_MAX {
        return;
    }
    match json {
        Json::Null => {}
        Json::Bool(flag) => body.push_str(if *flag { " true" } else { " false" }),
        Json::Number(number) => {
            body.push(' ');
            body.push_str(&number.to_string());
        }
        Json::String(text) => {
            body.push(' ');
            body.push_str(text);
        }
        Json::Array(items) => items.iter().for_each(|item| add_words(body, item)),
        Json::Object(fields) => {
            for (name, value) in fields {
                body.push('\n');
                body.push_str(name);
                body.push(':');
                add_words(body, value);
            }
        }
    }
}
