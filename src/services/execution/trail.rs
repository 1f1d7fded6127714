//! What a turn is called in the audit: one event for each command that was taken.
//!
//! Must not decide whether a command is taken.

use super::snapshots::Hot;
use crate::core::engine::{Command, IncidentRaised};
use crate::services::audit::{Change, Subject};

/// What the audit says of a command about to be carried out.
pub(crate) fn describe(command: &Command, hot: &Hot) -> Change {
    let key = hot.instance.key;
    let change = |action, kind, subject_key: i64, summary: String| Change {
        action,
        subject: Subject { kind, key: Some(subject_key), id: None },
        process_id: Some(hot.deployed.process_id.to_string()),
        instance_key: Some(key),
        summary,
        details: None,
    };
    match command {
        Command::CreateInstance(create) => Change {
            instance_key: Some(create.key),
            ..change("instance.started", "process_instance", create.key, started(hot))
        },
        Command::CompleteJob { job_key, .. } => {
            change("job.completed", "job", *job_key, about_job(hot, "completed", *job_key))
        }
        Command::FailJob { job_key, message, .. } => {
            let summary = format!("{}: {message}", about_job(hot, "failed", *job_key));
            change("job.failed", "job", *job_key, summary)
        }
        Command::ThrowJobError { job_key, code, .. } => {
            let summary = format!("{}: {code}", about_job(hot, "ended in an error", *job_key));
            change("job.error_thrown", "job", *job_key, summary)
        }
        Command::UpdateJobRetries { job_key, retries } => {
            let summary = format!("{}: {retries}", about_job(hot, "got new retries", *job_key));
            change("job.retries_updated", "job", *job_key, summary)
        }
        Command::CompleteUserTask { user_task_key, .. } => {
            let summary = about_task(hot, "completed", *user_task_key);
            change("user_task.completed", "user_task", *user_task_key, summary)
        }
        Command::AssignUserTask { user_task_key, assignee } => {
            let verb = assignee.as_ref().map_or("put back".into(), |who| format!("given to {who}"));
            let summary = about_task(hot, &verb, *user_task_key);
            change("user_task.assigned", "user_task", *user_task_key, summary)
        }
        Command::UpdateUserTask { user_task_key, .. } => {
            let summary = about_task(hot, "changed", *user_task_key);
            change("user_task.updated", "user_task", *user_task_key, summary)
        }
        Command::FireTimer { timer_key } => {
            let element = hot.instance.timers.get(timer_key).map(|timer| &*timer.element_id);
            let summary = format!("the timer of {} fired", label(hot, element));
            change("timer.fired", "timer", *timer_key, summary)
        }
        Command::CorrelateMessage { subscription_key, .. } => {
            let subscription = hot.instance.subscriptions.get(subscription_key);
            let name = subscription.map_or("", |it| it.message_name.as_str());
            let summary = format!("the message \"{name}\" arrived");
            change("message.correlated", "message_subscription", *subscription_key, summary)
        }
        Command::ResolveIncident { incident_key } => {
            let summary = "an incident was resolved and its step tried again".to_owned();
            change("incident.resolved", "incident", *incident_key, summary)
        }
        Command::SetVariables { variables, .. } => {
            let names: Vec<&str> = variables.keys().map(String::as_str).collect();
            let summary = format!("set the variables {}", names.join(", "));
            change("variables.set", "process_instance", key, summary)
        }
        Command::Cancel => {
            let summary = format!("canceled an instance of {}", hot.deployed.process_id);
            change("instance.canceled", "process_instance", key, summary)
        }
        Command::CompleteCalledInstance { child_key, .. } => {
            let summary = "a called instance completed".to_owned();
            change("called_instance.completed", "process_instance", *child_key, summary)
        }
        Command::FailCalledInstance { child_key, code, .. } => {
            let summary = format!("a called instance ended in the error {code}");
            change("called_instance.failed", "process_instance", *child_key, summary)
        }
        Command::CalledInstanceTerminated { child_key, .. } => {
            let summary = "a called instance was canceled".to_owned();
            change("called_instance.canceled", "process_instance", *child_key, summary)
        }
        Command::CalledInstanceRefused { child_key, message, .. } => {
            let summary = format!("a process could not be called: {message}");
            change("called_instance.refused", "process_instance", *child_key, summary)
        }
    }
}

/// What the audit says of an incident.
pub(crate) fn describe_incident(key: i64, hot: &Hot, incident: &IncidentRaised) -> Change {
    let element = label(hot, Some(&*incident.element_id));
    Change {
        action: "incident.raised",
        subject: Subject { kind: "incident", key: Some(incident.key), id: None },
        process_id: Some(hot.deployed.process_id.to_string()),
        instance_key: Some(key),
        summary: format!("{element} is stuck: {}", incident.message),
        details: None,
    }
}

fn started(hot: &Hot) -> String {
    let name = hot.deployed.graph.name.as_deref().unwrap_or(&hot.deployed.process_id);
    format!("started {name}, version {}", hot.deployed.version)
}

fn about_job(hot: &Hot, verb: &str, job_key: i64) -> String {
    let job = hot.instance.jobs.get(&job_key);
    let element = job.and_then(|job| element_of(hot, job.element_instance_key));
    format!("the job of {} {verb}", label(hot, element))
}

fn about_task(hot: &Hot, verb: &str, user_task_key: i64) -> String {
    let task = hot.instance.user_tasks.get(&user_task_key);
    let element = task.and_then(|task| element_of(hot, task.element_instance_key));
    format!("{} was {verb}", label(hot, element))
}

fn element_of(hot: &Hot, element_instance_key: i64) -> Option<&str> {
    hot.instance.elements.get(&element_instance_key).map(|element| &*element.element_id)
}

/// An element's name as people know it.
fn label(hot: &Hot, element_id: Option<&str>) -> String {
    let Some(id) = element_id else { return "an element".to_owned() };
    let element = hot.deployed.graph.find(id).map(|index| hot.deployed.graph.element(index));
    match element.and_then(|element| element.name.as_deref()) {
        Some(name) => format!("\"{name}\""),
        None => format!("\"{id}\""),
    }
}
