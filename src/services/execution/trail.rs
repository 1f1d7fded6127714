//! What a turn is called in the audit: one event for each command that was taken.
//!
//! Must not decide whether a command is taken.

use super::snapshots::Hot;
use crate::core::engine::{Command, IncidentRaised, Instruction, MoveSource};
use crate::services::audit::{Change, Subject};

/// What the audit says of a command about to be carried out.
pub(crate) fn describe(command: &Command, hot: &Hot) -> Change {
    match command {
        Command::CompleteJob { .. }
        | Command::CompleteJobWithResult { .. }
        | Command::FailJob { .. }
        | Command::ThrowJobError { .. }
        | Command::UpdateJobRetries { .. } => describe_job(command, hot),
        Command::CompleteUserTask { user_task_key, .. } => {
            of_task(hot, "user_task.completed", "completed", *user_task_key)
        }
        Command::AssignUserTask { user_task_key, assignee } => {
            let verb = assignee.as_ref().map_or("put back".into(), |who| format!("given to {who}"));
            of_task(hot, "user_task.assigned", &verb, *user_task_key)
        }
        Command::UpdateUserTask { user_task_key, .. } => {
            of_task(hot, "user_task.updated", "changed", *user_task_key)
        }
        Command::FireTimer { timer_key } => {
            let element = hot.instance.timers.get(timer_key).map(|timer| &*timer.element_id);
            let summary = format!("the timer of {} fired", label(hot, element));
            of(hot, "timer.fired", ("timer", *timer_key), summary)
        }
        Command::CorrelateMessage { subscription_key, .. } => {
            let subscription = hot.instance.subscriptions.get(subscription_key);
            let name = subscription.map_or("", |it| it.message_name.as_str());
            let summary = format!("the message \"{name}\" arrived");
            of(hot, "message.correlated", ("message_subscription", *subscription_key), summary)
        }
        Command::CatchSignal { subscription_key, .. } => {
            let subscription = hot.instance.signals.get(subscription_key);
            let name = subscription.map_or("", |it| it.signal_name.as_str());
            let summary = format!("the signal \"{name}\" arrived");
            of(hot, "signal.caught", ("signal_subscription", *subscription_key), summary)
        }
        Command::ResolveIncident { incident_key } => {
            let summary = "an incident was resolved and its step tried again".to_owned();
            of(hot, "incident.resolved", ("incident", *incident_key), summary)
        }
        Command::RepairIncident(repair) => {
            let names: Vec<&str> = repair.variables.keys().map(String::as_str).collect();
            let with =
                if names.is_empty() { String::new() } else { names.join(", ") + " set and " };
            let summary = format!("an incident was resolved, with {with}its step tried again");
            of(hot, "incident.resolved", ("incident", repair.incident_key), summary)
        }
        Command::ModifyInstance { .. }
        | Command::MigrateInstance(_)
        | Command::Suspend
        | Command::Resume => describe_change(command, hot),
        Command::CreateInstance(_)
        | Command::SetVariables { .. }
        | Command::ActivateElements { .. }
        | Command::AddLoopInstances { .. }
        | Command::GoOnAsCopy(_)
        | Command::Cancel => describe_instance(command, hot),
        Command::CompleteCalledInstance { .. }
        | Command::FailCalledInstance { .. }
        | Command::EscalateCalledInstance { .. }
        | Command::CalledInstanceTerminated { .. }
        | Command::CalledInstanceRefused { .. } => describe_call(command, hot),
    }
}

fn of(hot: &Hot, action: &'static str, subject: (&'static str, i64), summary: String) -> Change {
    Change {
        action,
        subject: Subject { kind: subject.0, key: Some(subject.1), id: None },
        process_id: Some(hot.deployed.process_id.to_string()),
        instance_key: Some(hot.instance.key),
        summary,
        details: None,
    }
}

fn of_task(hot: &Hot, action: &'static str, verb: &str, user_task_key: i64) -> Change {
    let task = hot.instance.user_tasks.get(&user_task_key);
    let element = task.and_then(|task| element_of(hot, task.element_instance_key));
    let summary = format!("{} was {verb}", label(hot, element));
    of(hot, action, ("user_task", user_task_key), summary)
}

fn describe_job(command: &Command, hot: &Hot) -> Change {
    let about = |job_key: &i64, verb: &str| {
        let job = hot.instance.jobs.get(job_key);
        let element = job.and_then(|job| element_of(hot, job.element_instance_key));
        format!("the job of {} {verb}", label(hot, element))
    };
    let (action, job_key, summary) = match command {
        Command::FailJob { job_key, message, .. } => {
            ("job.failed", job_key, format!("{}: {message}", about(job_key, "failed")))
        }
        Command::ThrowJobError { job_key, code, .. } => {
            let summary = format!("{}: {code}", about(job_key, "ended in an error"));
            ("job.error_thrown", job_key, summary)
        }
        Command::UpdateJobRetries { job_key, retries } => {
            let summary = format!("{}: {retries}", about(job_key, "got new retries"));
            ("job.retries_updated", job_key, summary)
        }
        Command::CompleteJobWithResult { job_key, result, .. } if result.denied => {
            ("job.denied", job_key, about(job_key, "refused what was asked"))
        }
        Command::CompleteJob { job_key, .. } | Command::CompleteJobWithResult { job_key, .. } => {
            ("job.completed", job_key, about(job_key, "completed"))
        }
        _ => return describe_instance(command, hot),
    };
    of(hot, action, ("job", *job_key), summary)
}

fn describe_instance(command: &Command, hot: &Hot) -> Change {
    let key = hot.instance.key;
    match command {
        Command::CreateInstance(create) => Change {
            instance_key: Some(create.key),
            ..of(hot, "instance.started", ("process_instance", create.key), {
                let after = create.origin_key.map(|key| format!(", after instance {key}"));
                started(hot) + after.as_deref().unwrap_or_default()
            })
        },
        Command::SetVariables { variables, .. } => {
            let names: Vec<&str> = variables.keys().map(String::as_str).collect();
            let summary = format!("set the variables {}", names.join(", "));
            of(hot, "variables.set", ("process_instance", key), summary)
        }
        Command::ActivateElements { element_ids, .. } => {
            let summary = format!("began {} in an ad-hoc sub-process", element_ids.join(", "));
            of(hot, "elements.activated", ("process_instance", key), summary)
        }
        Command::GoOnAsCopy(how) => {
            let summary = format!("goes on from turn {} of {}", how.source_turn, how.source_key);
            of(hot, "instance.copied", ("process_instance", key), summary)
        }
        Command::AddLoopInstances { items, .. } => {
            let summary = format!("added {} items to a multi-instance", items.len());
            of(hot, "loop_instances.added", ("process_instance", key), summary)
        }
        _ => {
            let summary = format!("canceled an instance of {}", hot.deployed.process_id);
            of(hot, "instance.canceled", ("process_instance", key), summary)
        }
    }
}

/// Changes of a running instance as a whole.
fn describe_change(command: &Command, hot: &Hot) -> Change {
    let key = hot.instance.key;
    let name = hot.deployed.graph.name.as_deref().unwrap_or(&hot.deployed.process_id);
    let (action, summary) = match command {
        Command::ModifyInstance { instructions } => {
            let told: Vec<String> = instructions.iter().map(|it| instruction(hot, it)).collect();
            ("instance.modified", format!("modified an instance of {name}: {}", told.join("; ")))
        }
        Command::MigrateInstance(plan) => {
            let (from, to) = (hot.deployed.version, plan.version);
            let summary = format!("migrated an instance of {name} from version {from} to {to}");
            ("instance.migrated", summary)
        }
        Command::Suspend => ("instance.suspended", format!("suspended an instance of {name}")),
        _ => ("instance.resumed", format!("resumed an instance of {name}")),
    };
    of(hot, action, ("process_instance", key), summary)
}

fn instruction(hot: &Hot, instruction: &Instruction) -> String {
    let named = |id: &str| label(hot, Some(id));
    let one = |key: &i64| label(hot, element_of(hot, *key));
    match instruction {
        Instruction::Activate(to) => format!("began {}", named(&to.element_id)),
        Instruction::Terminate { element_instance_key: key } => format!("ended {}", one(key)),
        Instruction::TerminateAll { element_id } => format!("ended all {}", named(element_id)),
        Instruction::Move { from, to } => {
            let from = match from {
                MoveSource::Instance(key) => one(key),
                MoveSource::Element(id) => format!("all {}", named(id)),
            };
            format!("moved {from} to {}", named(&to.element_id))
        }
    }
}

fn describe_call(command: &Command, hot: &Hot) -> Change {
    let (action, child_key, summary) = match command {
        Command::FailCalledInstance { child_key, code, .. } => {
            let summary = format!("a called instance ended in the error {code}");
            ("called_instance.failed", *child_key, summary)
        }
        Command::EscalateCalledInstance { child_key, code, .. } => {
            let summary = format!("a called instance escalated: {code}");
            ("called_instance.escalated", *child_key, summary)
        }
        Command::CalledInstanceTerminated { child_key, .. } => {
            ("called_instance.canceled", *child_key, "a called instance was canceled".to_owned())
        }
        Command::CalledInstanceRefused { child_key, message, .. } => {
            let summary = format!("a process could not be called: {message}");
            ("called_instance.refused", *child_key, summary)
        }
        Command::CompleteCalledInstance { child_key, .. } => {
            ("called_instance.completed", *child_key, "a called instance completed".to_owned())
        }
        _ => return describe_instance(command, hot),
    };
    of(hot, action, ("process_instance", child_key), summary)
}

/// What the audit says of an instance that was rewound: to which turn, and which copy goes on.
pub(crate) fn describe_rewind(key: i64, turn: i64, copy: &Hot) -> Change {
    let copy_key = copy.instance.key;
    let summary = format!("was rewound to turn {turn}: instance {copy_key} goes on from there");
    let change = of(copy, "instance.rewound", ("process_instance", key), summary);
    Change { instance_key: Some(key), ..change }
}

/// What the audit says of an incident.
pub(crate) fn describe_incident(key: i64, hot: &Hot, incident: &IncidentRaised) -> Change {
    let element = label(hot, Some(&*incident.element_id));
    let summary = format!("{element} is stuck: {}", incident.message);
    let change = of(hot, "incident.raised", ("incident", incident.key), summary);
    Change { instance_key: Some(key), ..change }
}

fn started(hot: &Hot) -> String {
    let name = hot.deployed.graph.name.as_deref().unwrap_or(&hot.deployed.process_id);
    format!("started {name}, version {}", hot.deployed.version)
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
