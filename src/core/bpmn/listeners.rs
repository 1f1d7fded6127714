//! Reads execution listeners and the listeners of user tasks (`zeebe:executionListeners`,
//! `zeebe:taskListeners`).
//!
//! Must not know when they are worked off.

use super::context::Context;
use super::tasks;
use super::xml::{self, Node};
use crate::core::model::{JobDefinition, Listeners, TaskListener, TaskListenerEvent};

/// Reads the execution listeners of an element or a process.
pub(super) fn execution(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Listeners {
    let mut listeners = Listeners::default();
    let Some(holder) = xml::zeebe(node, "executionListeners") else { return listeners };
    if let Some(reason) = unheard(node) {
        ctx.error::<()>(holder, reason, "listeners of the elements around it");
        return listeners;
    }
    let mut seen = Vec::new();
    for listener in xml::children(holder, xml::ZEEBE, "executionListener") {
        let Some(event) = xml::attribute(listener, "eventType") else {
            ctx.error::<()>(listener, "the listener listens to nothing", "an `eventType`");
            continue;
        };
        let refused = match event.value {
            "start" => refused_start(node),
            "end" => refused_end(node),
            other => {
                let message = format!("`{other}` is not an event of an execution listener");
                ctx.report.error(event.place, message, "`start` or `end`");
                continue;
            }
        };
        if let Some((reason, instead)) = refused {
            ctx.report.error(event.place, reason, instead);
            continue;
        }
        let job = job(ctx, listener, event.value, &mut seen);
        let list = if event.value == "start" { &mut listeners.start } else { &mut listeners.end };
        list.extend(job);
    }
    listeners
}

/// Where Camunda 8 knows no listeners at all.
fn unheard(node: Node<'_>) -> Option<&'static str> {
    let undoes = xml::bpmn_child(node, "compensateEventDefinition").is_some();
    let is_boundary = node.tag_name().name() == "boundaryEvent";
    (undoes && is_boundary).then_some("a compensation boundary event has no listeners")
}

/// What has begun when it comes to be has no start to listen to.
fn refused_start(node: Node<'_>) -> Option<(&'static str, &'static str)> {
    match node.tag_name().name() {
        "startEvent" => Some((
            "a start event has no start listeners",
            "`end`, or a start listener of the process or sub-process",
        )),
        "boundaryEvent" => Some(("a boundary event has no start listeners", "`end`")),
        _ => None,
    }
}

/// Gateways choose their flows and errors leave at once: neither has an end to listen to.
fn refused_end(node: Node<'_>) -> Option<(&'static str, &'static str)> {
    let name = node.tag_name().name();
    if name.ends_with("Gateway") {
        return Some(("a gateway has no end listeners", "`start`"));
    }
    let throws = name == "endEvent" && xml::bpmn_child(node, "errorEventDefinition").is_some();
    throws.then_some(("an error end event has no end listeners", "`start`"))
}

/// Reads the listeners of a user task.
pub(super) fn task(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Vec<TaskListener> {
    let Some(holder) = xml::zeebe(node, "taskListeners") else { return Vec::new() };
    let mut seen = Vec::new();
    let mut listeners = Vec::new();
    for listener in xml::children(holder, xml::ZEEBE, "taskListener") {
        let Some(event) = xml::attribute(listener, "eventType") else {
            ctx.error::<()>(listener, "the listener listens to nothing", "an `eventType`");
            continue;
        };
        let Some(on) = task_event(event.value) else {
            let message = format!("`{}` is not an event of a user task", event.value);
            let expected = "`creating`, `assigning`, `updating`, `completing` or `canceling`";
            ctx.report.error(event.place, message, expected);
            continue;
        };
        let job = job(ctx, listener, on.name(), &mut seen);
        listeners.extend(job.map(|job| TaskListener { on, job }));
    }
    listeners
}

/// The event of a name; early versions of Camunda 8.8 wrote them as verbs.
fn task_event(name: &str) -> Option<TaskListenerEvent> {
    let early = match name {
        "create" => "creating",
        "assignment" => "assigning",
        "update" => "updating",
        "complete" => "completing",
        "cancel" => "canceling",
        other => other,
    };
    TaskListenerEvent::ALL.into_iter().find(|event| event.name() == early)
}

/// The job of a listener; the same type twice for one event is likely a mistake (Camunda 8).
fn job<'a>(
    ctx: &mut Context<'_, '_, '_>,
    listener: Node<'a>,
    event: &'a str,
    seen: &mut Vec<(&'a str, &'a str)>,
) -> Option<JobDefinition> {
    let job_type = listener.attribute("type").unwrap_or_default();
    if seen.contains(&(event, job_type)) {
        let message = format!("another listener for `{event}` has the type `{job_type}`");
        return ctx.error(listener, &message, "a type of its own");
    }
    seen.push((event, job_type));
    tasks::listener_job(ctx, listener)
}
