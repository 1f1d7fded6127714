//! Reads events: what they wait for and what they throw.
//!
//! Must not know the graph around them but for the scope that a start event stands in.

use super::codes;
use super::compensation;
use super::conditions;
use super::context::Context;
use super::drafts::{Draft, is_scope};
use super::links;
use super::multiple;
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
    let definitions = definitions(ctx, node)?;
    if !definitions.is_empty() && !is_process && !is_event_sub_process {
        let expected = "a start event without a trigger";
        return ctx.error(node, "a sub-process starts with its activity", expected);
    }
    let trigger = match definitions.as_slice() {
        [] => None,
        some => Some(triggers(ctx, draft, some, position)?),
    };
    let form = if is_process { tasks::form(ctx, node) } else { None };
    Some(ElementKind::StartEvent(StartEvent { trigger, is_interrupting, form }))
}

/// Reads an intermediate catch event (BPMN 2.0, 10.5.4).
pub(super) fn catch<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    let definitions = definitions(ctx, node)?;
    let Some(first) = definitions.first() else {
        let expected = "a message or a timer to wait for";
        return ctx.error(node, "the catch event waits for nothing", expected);
    };
    if definitions.len() == 1 && first.tag_name().name() == links::DEFINITION {
        return links::catch(ctx, draft, *first);
    }
    let position = match start_gateway(ctx, draft) {
        Some(gateway) if !needs_all(gateway) => Position::ProcessStart,
        _ => Position::Intermediate,
    };
    let trigger = triggers(ctx, draft, &definitions, position)?;
    if let EventTrigger::Message(message) = &trigger
        && start_gateway(ctx, draft).is_some()
    {
        check_fixed_name(ctx, node, message)?;
    }
    Some(ElementKind::IntermediateCatchEvent(trigger))
}

/// The instantiating event-based gateway in front of an element.
fn start_gateway<'a>(ctx: &Context<'a, '_, '_>, draft: &Draft<'_>) -> Option<Node<'a>> {
    let index = ctx.drafts.by_id.get(draft.id)?;
    let flows = ctx.drafts.flows.iter().filter(|flow| flow.target == *index);
    flows.map(|flow| ctx.drafts.element(flow.source).node).find(|source| {
        source.tag_name().name() == "eventBasedGateway" && xml::flag(*source, "instantiate", false)
    })
}

fn needs_all(gateway: Node<'_>) -> bool {
    gateway.attribute("eventGatewayType") == Some("Parallel")
}

/// Whether the message of an element starts the process, and is no other's to wait for.
pub(super) fn starts_alone(ctx: &Context<'_, '_, '_>, draft: &Draft<'_>) -> bool {
    start_gateway(ctx, draft).is_some_and(|gateway| !needs_all(gateway))
}

/// A process can't compute what starts it.
pub(super) fn check_fixed_name(
    ctx: &mut Context<'_, '_, '_>,
    event: Node<'_>,
    message: &MessageDefinition,
) -> Option<()> {
    if matches!(message.name, Dynamic::Literal(_)) {
        return Some(());
    }
    ctx.error(event, "a start event's message has a computed name", "a message with a fixed name")
}

/// Reads an intermediate throw event (BPMN 2.0, 10.5.4).
pub(super) fn throw<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let definitions = definitions(ctx, draft.node)?;
    let definition = match definitions.as_slice() {
        [] => return Some(ElementKind::IntermediateThrowEvent),
        [single] => *single,
        several => {
            let results = multiple::thrown(ctx, draft, several)?;
            return Some(ElementKind::MultipleThrowEvent(results));
        }
    };
    if definition.tag_name().name() == links::DEFINITION {
        return links::throw(ctx, draft, definition);
    }
    match result(ctx, draft, definition)? {
        EndEvent::Message(job) => Some(ElementKind::MessageThrowEvent(job)),
        EndEvent::Escalation { code } => Some(ElementKind::EscalationThrowEvent { code }),
        EndEvent::Signal { name } => Some(ElementKind::SignalThrowEvent { name }),
        EndEvent::Compensation { activity } => {
            Some(ElementKind::CompensationThrowEvent { activity })
        }
        EndEvent::None
        | EndEvent::Error { .. }
        | EndEvent::Cancel
        | EndEvent::Terminate
        | EndEvent::Multiple(_) => None,
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
    let definitions = definitions(ctx, node)?;
    if definitions.is_empty() {
        let expected = "a message, a timer or an error to wait for";
        return ctx.error(node, "the boundary event waits for nothing", expected);
    }
    let position = Position::Boundary { is_interrupting };
    let trigger = triggers(ctx, draft, &definitions, position)?;
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
    let definitions = definitions(ctx, draft.node)?;
    let end = match definitions.as_slice() {
        [] => EndEvent::None,
        [single] => result(ctx, draft, *single)?,
        several => EndEvent::Multiple(multiple::thrown(ctx, draft, several)?),
    };
    Some(ElementKind::EndEvent(end))
}

/// Reads one thing that an event throws; an error, a cancellation and a termination end more than
/// their path, and so only an end event throws them (BPMN 2.0, 10.5.3 and 10.5.4).
pub(super) fn result<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
    definition: Node<'a>,
) -> Option<EndEvent> {
    let is_end = draft.node.tag_name().name() == "endEvent";
    let result = match definition.tag_name().name() {
        "messageEventDefinition" => EndEvent::Message(message_job(ctx, draft.node, definition)?),
        "escalationEventDefinition" => {
            EndEvent::Escalation { code: codes::thrown_escalation(ctx, definition)? }
        }
        "signalEventDefinition" => EndEvent::Signal { name: signals::name(ctx, definition)? },
        "compensateEventDefinition" => {
            EndEvent::Compensation { activity: compensation::thrown(ctx, draft, definition)? }
        }
        "terminateEventDefinition" if is_end => EndEvent::Terminate,
        "cancelEventDefinition" if is_end => {
            compensation::check_cancel_end(ctx, draft, definition)?;
            EndEvent::Cancel
        }
        "errorEventDefinition" if is_end => {
            EndEvent::Error { code: codes::thrown_error(ctx, definition)? }
        }
        _ => {
            let message =
                format!("{} can't be thrown here", with_article(trigger_name(definition)));
            let expected = if is_end {
                "a message, a signal, an error, an escalation, compensation, a cancellation or \
                 the end of all"
            } else {
                "a message, a signal, an escalation, compensation or a link"
            };
            return ctx.error(definition, &message, expected);
        }
    };
    Some(result)
}

/// The event definitions of an event, its own and those it shares, in document order.
fn definitions<'a>(ctx: &mut Context<'a, '_, '_>, event: Node<'a>) -> Option<Vec<Node<'a>>> {
    let mut found = Vec::new();
    for it in xml::elements(event, xml::BPMN) {
        let name = it.tag_name().name();
        if name == "eventDefinitionRef" {
            found.push(shared_definition(ctx, it)?);
        } else if name.ends_with("EventDefinition") {
            found.push(it);
        }
    }
    Some(found)
}

fn shared_definition<'a>(ctx: &mut Context<'a, '_, '_>, reference: Node<'a>) -> Option<Node<'a>> {
    let text = xml::text(reference);
    let id = text.map_or("", |it| local_name(it.value));
    let found = ctx.references.event_definitions.get(id).copied();
    if found.is_none() {
        let message = format!("the event definition `{id}` doesn't exist");
        let place = text.map_or(xml::place(reference), |it| it.place);
        ctx.report.error(place, message, "the id of an event definition of the file");
    }
    found
}

/// What people call the kind of an event definition.
pub(super) fn trigger_name(definition: Node<'_>) -> &str {
    let name = definition.tag_name().name();
    match name.strip_suffix("EventDefinition").unwrap_or(name) {
        "compensate" => "compensation",
        "terminate" => "termination",
        "cancel" => "cancellation",
        "conditional" => "condition",
        other => other,
    }
}

/// A name of a kind, as it stands in a sentence.
pub(super) fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

fn triggers<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
    definitions: &[Node<'a>],
    position: Position,
) -> Option<EventTrigger> {
    match definitions {
        [single] => trigger(ctx, draft, *single, position),
        several => multiple::caught(ctx, draft, several, position),
    }
}

/// Reads one trigger of a catching event.
pub(super) fn trigger(
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
            if position == Position::ProcessStart {
                check_fixed_name(ctx, event, &message)?;
            }
            Some(EventTrigger::Message(message))
        }
        "timerEventDefinition" => {
            let timer = timers::timer(ctx.report, definition)?;
            check_timer(ctx, definition, &timer, position)?;
            Some(EventTrigger::Timer(timer))
        }
        "errorEventDefinition" => codes::caught_error(ctx, definition, position),
        "conditionalEventDefinition" => conditions::caught(ctx, definition),
        "compensateEventDefinition" => compensation::caught(ctx, draft, definition, position),
        "cancelEventDefinition" => {
            compensation::caught_cancellation(ctx, draft, definition, position)
        }
        "signalEventDefinition" => signals::caught(ctx, definition, position),
        "escalationEventDefinition" => codes::caught_escalation(ctx, event, definition, position),
        _ => {
            let message =
                format!("{} can't be caught here", with_article(trigger_name(definition)));
            ctx.error(definition, &message, "a message, a timer, a signal or a condition")
        }
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
