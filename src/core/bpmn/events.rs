//! Reads events: what they wait for and what they throw.
//!
//! Must not know the graph around them but for the scope that a start event stands in.

use super::codes;
use super::compensation;
use super::conditions;
use super::context::Context;
use super::drafts::{Draft, is_scope};
use super::links;
use super::references::local_name;
use super::signals;
use super::tasks;
use super::timers;
use super::xml::{self, Node};
use crate::core::model::{
    BoundaryEvent, Dynamic, ElementIndex, ElementKind, EndEvent, EventTrigger, JobDefinition,
    MessageDefinition, StartEvent, TimerDefinition,
};

/// Where a catching event stands; the place decides what it may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    ProcessStart,
    EventSubProcessStart { is_interrupting: bool },
    Intermediate,
    Boundary { is_interrupting: bool },
}

/// Reads a start event (BPMN 2.0, 10.5.2).
pub(super) fn start<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    let scope = draft.parent.map(|it| ctx.drafts.element(it).node)?;
    let is_event_sub_process = xml::flag(scope, "triggeredByEvent", false);
    let is_process = scope.tag_name().name() == "process";
    let is_interrupting = xml::flag(node, "isInterrupting", true);
    let position = if is_event_sub_process {
        Position::EventSubProcessStart { is_interrupting }
    } else {
        Position::ProcessStart
    };
    let trigger = match definition(ctx, node)? {
        None => None,
        Some(_) if !is_process && !is_event_sub_process => {
            let expected = "a start event without a trigger";
            return ctx.error(node, "a sub-process starts with its activity", expected);
        }
        Some(it) => Some(trigger(ctx, draft, it, position)?),
    };
    let form = if is_process { tasks::form(ctx, node) } else { None };
    Some(ElementKind::StartEvent(StartEvent { trigger, is_interrupting, form }))
}

/// Reads an intermediate catch event (BPMN 2.0, 10.5.4).
pub(super) fn catch<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    let Some(definition) = definition(ctx, node)? else {
        let expected = "a message or a timer to wait for";
        return ctx.error(node, "the catch event waits for nothing", expected);
    };
    if definition.tag_name().name() == links::DEFINITION {
        return links::catch(ctx, draft, definition);
    }
    trigger(ctx, draft, definition, Position::Intermediate).map(ElementKind::IntermediateCatchEvent)
}

/// Reads an intermediate throw event (BPMN 2.0, 10.5.4).
pub(super) fn throw<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    let Some(definition) = definition(ctx, node)? else {
        return Some(ElementKind::IntermediateThrowEvent);
    };
    match definition.tag_name().name() {
        "messageEventDefinition" => {
            message_job(ctx, node, definition).map(ElementKind::MessageThrowEvent)
        }
        "escalationEventDefinition" => {
            let code = codes::thrown_escalation(ctx, definition)?;
            Some(ElementKind::EscalationThrowEvent { code })
        }
        "signalEventDefinition" => {
            Some(ElementKind::SignalThrowEvent { name: signals::name(ctx, definition)? })
        }
        "compensateEventDefinition" => {
            let activity = compensation::thrown(ctx, draft, definition)?;
            Some(ElementKind::CompensationThrowEvent { activity })
        }
        links::DEFINITION => links::throw(ctx, draft, definition),
        _ => refuse(ctx, definition, "throw event", "a message throw event or a service task"),
    }
}

/// Reads a boundary event (BPMN 2.0, 10.5.4).
pub(super) fn boundary<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
) -> Option<ElementKind> {
    let node = draft.node;
    let attached_to = host(ctx, draft);
    let is_interrupting = xml::flag(node, "cancelActivity", true);
    let Some(definition) = definition(ctx, node)? else {
        let expected = "a message, a timer or an error to wait for";
        return ctx.error(node, "the boundary event waits for nothing", expected);
    };
    let trigger = trigger(ctx, draft, definition, Position::Boundary { is_interrupting })?;
    Some(ElementKind::BoundaryEvent(BoundaryEvent {
        attached_to: attached_to?,
        is_interrupting,
        trigger,
    }))
}

/// The activity a boundary event is attached to; it must stand in the same scope.
pub(super) fn host(ctx: &mut Context<'_, '_, '_>, draft: &Draft<'_>) -> Option<ElementIndex> {
    const EXPECTED: &str = "the id of an activity in the same scope";
    let Some(reference) = xml::attribute(draft.node, "attachedToRef") else {
        return ctx.error(draft.node, "the boundary event is attached to nothing", EXPECTED);
    };
    let id = local_name(reference.value);
    let found = ctx.drafts.by_id.get(id).copied();
    let is_activity = |index: ElementIndex| {
        let host = ctx.drafts.element(index);
        let name = host.node.tag_name().name();
        host.parent == draft.parent
            && !xml::flag(host.node, "triggeredByEvent", false)
            && (name.ends_with("ask") || is_scope(name) || name == "callActivity")
    };
    if found.is_some_and(is_activity) {
        return found;
    }
    let message = match found {
        None => format!("the boundary event is attached to `{id}`, which doesn't exist"),
        Some(_) => format!("the boundary event can't be attached to `{id}`"),
    };
    ctx.report.error(reference.place, message, EXPECTED);
    None
}

/// Reads an end event (BPMN 2.0, 10.5.3).
pub(super) fn end<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    let Some(definition) = definition(ctx, node)? else {
        return Some(ElementKind::EndEvent(EndEvent::None));
    };
    let end = match definition.tag_name().name() {
        "terminateEventDefinition" => EndEvent::Terminate,
        "compensateEventDefinition" => {
            EndEvent::Compensation { activity: compensation::thrown(ctx, draft, definition)? }
        }
        "cancelEventDefinition" => {
            compensation::check_cancel_end(ctx, draft, definition)?;
            EndEvent::Cancel
        }
        "errorEventDefinition" => EndEvent::Error { code: codes::thrown_error(ctx, definition)? },
        "escalationEventDefinition" => {
            EndEvent::Escalation { code: codes::thrown_escalation(ctx, definition)? }
        }
        "signalEventDefinition" => EndEvent::Signal { name: signals::name(ctx, definition)? },
        "messageEventDefinition" => EndEvent::Message(message_job(ctx, node, definition)?),
        _ => {
            let instead = "a message, an error or a terminate end event";
            return refuse(ctx, definition, "end event", instead);
        }
    };
    Some(ElementKind::EndEvent(end))
}

/// The only event definition of an event; `None` outside when there are too many.
#[expect(clippy::option_option, reason = "outer: it was reported; inner: there is none")]
fn definition<'a>(ctx: &mut Context<'a, '_, '_>, event: Node<'a>) -> Option<Option<Node<'a>>> {
    let mut found = xml::elements(event, xml::BPMN).filter(|it| {
        let name = it.tag_name().name();
        name.ends_with("EventDefinition") || name == "eventDefinitionRef"
    });
    let first = found.next();
    if found.next().is_some() {
        return ctx.refuse(event, "multiple event", "an event with one trigger");
    }
    match first {
        Some(it) if it.tag_name().name() == "eventDefinitionRef" => {
            let reference = xml::text(it);
            let id = reference.map_or("", |it| local_name(it.value));
            let found = ctx.references.event_definitions.get(id).copied();
            if found.is_none() {
                let message = format!("the event definition `{id}` doesn't exist");
                let place = reference.map_or(xml::place(it), |it| it.place);
                ctx.report.error(place, message, "the id of an event definition of the file");
                return None;
            }
            Some(found)
        }
        other => Some(other),
    }
}

fn refuse<T>(
    ctx: &mut Context<'_, '_, '_>,
    definition: Node<'_>,
    place: &str,
    instead: &str,
) -> Option<T> {
    let name = definition.tag_name().name();
    let trigger = match name.strip_suffix("EventDefinition").unwrap_or(name) {
        "compensate" => "compensation",
        other => other,
    };
    ctx.refuse(definition, &format!("{trigger} {place}"), instead)
}

fn trigger(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
    position: Position,
) -> Option<EventTrigger> {
    let event = draft.node;
    match definition.tag_name().name() {
        "messageEventDefinition" => {
            let needs_key = position != Position::ProcessStart;
            let message = message(ctx, event, definition, needs_key)?;
            if position == Position::ProcessStart && !matches!(message.name, Dynamic::Literal(_)) {
                let message = "a start event's message has a computed name";
                return ctx.error(event, message, "a message with a fixed name");
            }
            Some(EventTrigger::Message(message))
        }
        "timerEventDefinition" => {
            let timer = timers::timer(ctx.report, definition)?;
            check_timer(ctx, definition, &timer, position)?;
            Some(EventTrigger::Timer(timer))
        }
        "errorEventDefinition" => codes::caught_error(ctx, definition, position),
        "conditionalEventDefinition" => conditions::caught(ctx, definition, position),
        "compensateEventDefinition" => compensation::caught(ctx, draft, definition, position),
        "cancelEventDefinition" => {
            compensation::caught_cancellation(ctx, draft, definition, position)
        }
        "signalEventDefinition" => signals::caught(ctx, definition, position),
        "escalationEventDefinition" => codes::caught_escalation(ctx, event, definition, position),
        _ => refuse(ctx, definition, "event", "a message, a timer or an error"),
    }
}

/// Camunda 8's table of which timers may stand where: a cycle would restart what it interrupts.
fn check_timer(
    ctx: &mut Context<'_, '_, '_>,
    node: Node<'_>,
    timer: &TimerDefinition,
    position: Position,
) -> Option<()> {
    let is_cycle = matches!(timer, TimerDefinition::Cycle(_));
    match position {
        Position::ProcessStart if matches!(timer, TimerDefinition::Duration(_)) => {
            ctx.error(node, "a process can't start after a duration", "a date or a cycle")
        }
        Position::Intermediate if is_cycle => {
            ctx.error(node, "a catch event can't wait for a cycle", "a date or a duration")
        }
        Position::Boundary { is_interrupting: true }
        | Position::EventSubProcessStart { is_interrupting: true }
            if is_cycle =>
        {
            let expected = "a date, a duration, or a non-interrupting event";
            ctx.error(node, "an interrupting event can't have a cycle", expected)
        }
        _ => Some(()),
    }
}

/// Reads the message that an event or a receive task waits for.
pub(super) fn message(
    ctx: &mut Context<'_, '_, '_>,
    owner: Node<'_>,
    holder: Node<'_>,
    needs_key: bool,
) -> Option<MessageDefinition> {
    let Some(reference) = xml::attribute(holder, "messageRef") else {
        return ctx.error(owner, "there is no message to wait for", "a `messageRef`");
    };
    let id = local_name(reference.value);
    let Some(message) = ctx.references.messages.get(id) else {
        let text = format!("the message `{id}` doesn't exist");
        ctx.report.error(reference.place, text, "the id of a `message` of the file");
        return None;
    };
    if needs_key && !message.has_correlation_key {
        let text = format!("the message `{id}` has no correlation key");
        let line = ctx.report.line(message.node.range().start);
        let expected = format!(
            "a `zeebe:subscription` with a `correlationKey` such as `= orderId`, in line {line}"
        );
        ctx.report.error(reference.place, text, expected);
        return None;
    }
    let correlation_key = message.correlation_key.clone();
    if needs_key && correlation_key.is_none() {
        return None;
    }
    let correlation_key = if needs_key { correlation_key } else { None };
    Some(MessageDefinition { name: message.name.clone()?, correlation_key })
}

/// The job that sends the message; its definition stands at the event or in its definition.
fn message_job(
    ctx: &mut Context<'_, '_, '_>,
    event: Node<'_>,
    definition: Node<'_>,
) -> Option<JobDefinition> {
    let is_inside = xml::zeebe(event, "taskDefinition").is_none()
        && (xml::zeebe(definition, "taskDefinition").is_some()
            || definition.has_attribute((xml::CAMUNDA, "type")));
    tasks::job(ctx, if is_inside { definition } else { event })
}
