//! Reads what is thrown and caught by a code: errors and escalations (BPMN 2.0, 10.5.5).
//!
//! Must not know the graph around an event but for what it is attached to.

use super::context::Context;
use super::drafts::is_scope;
use super::events::Position;
use super::expressions;
use super::references::local_name;
use super::xml::{self, Node};
use crate::core::model::{Dynamic, EventTrigger};

/// Reads the code that an error end event throws.
pub(super) fn thrown_error(ctx: &mut Context<'_, '_, '_>, definition: Node<'_>) -> Option<Dynamic> {
    let Some(reference) = xml::attribute(definition, "errorRef") else {
        return ctx.error(definition, "the thrown error is not named", "an `errorRef`");
    };
    let code = error_code(ctx, reference)?;
    ctx.dynamic(Some(code))
}

fn error_code<'a>(
    ctx: &mut Context<'a, '_, '_>,
    reference: xml::Located<'_>,
) -> Option<xml::Located<'a>> {
    let found = ctx.references.errors.get(local_name(reference.value)).copied();
    code(ctx, reference, found, "error", "an `errorCode`")
}

/// The code of what a reference names; `what` and `expected` are for people.
fn code<'a>(
    ctx: &mut Context<'a, '_, '_>,
    reference: xml::Located<'_>,
    found: Option<(Node<'a>, Option<xml::Located<'a>>)>,
    what: &str,
    expected: &str,
) -> Option<xml::Located<'a>> {
    let id = local_name(reference.value);
    match found {
        None => {
            let message = format!("the {what} `{id}` doesn't exist");
            let expected = format!("the id of an `{what}` of the file");
            ctx.report.error(reference.place, message, expected);
            None
        }
        Some((node, None)) => {
            let message = format!("the {what} `{id}` has no code");
            let line = ctx.report.line(node.range().start);
            ctx.report.error(reference.place, message, format!("{expected}, in line {line}"));
            None
        }
        Some((_, code)) => code,
    }
}

/// Errors are caught at a boundary or by an event sub-process (BPMN 2.0, 10.5.5).
pub(super) fn caught_error(
    ctx: &mut Context<'_, '_, '_>,
    definition: Node<'_>,
    position: Position,
) -> Option<EventTrigger> {
    match position {
        Position::ProcessStart | Position::Intermediate => {
            let expected = "a boundary event or the start event of an event sub-process";
            return ctx.error(definition, "an error can't be caught here", expected);
        }
        Position::Boundary { is_interrupting: false }
        | Position::EventSubProcessStart { is_interrupting: false } => {
            let expected = "an interrupting event";
            return ctx.error(definition, "an error always interrupts", expected);
        }
        _ => {}
    }
    let Some(reference) = xml::attribute(definition, "errorRef") else {
        return Some(EventTrigger::Error { code: None });
    };
    let code = error_code(ctx, reference)?;
    let code = expressions::fixed(ctx.report, code, "caught error code")?;
    Some(EventTrigger::Error { code: Some(code.to_owned()) })
}

/// Reads the code that an escalation event throws.
pub(super) fn thrown_escalation(
    ctx: &mut Context<'_, '_, '_>,
    definition: Node<'_>,
) -> Option<Dynamic> {
    let Some(reference) = xml::attribute(definition, "escalationRef") else {
        let message = "the thrown escalation is not named";
        return ctx.error(definition, message, "an `escalationRef`");
    };
    let code = escalation_code(ctx, reference)?;
    ctx.dynamic(Some(code))
}

fn escalation_code<'a>(
    ctx: &mut Context<'a, '_, '_>,
    reference: xml::Located<'_>,
) -> Option<xml::Located<'a>> {
    let found = ctx.references.escalations.get(local_name(reference.value)).copied();
    code(ctx, reference, found, "escalation", "an `escalationCode`")
}

/// Escalations are caught by event sub-processes and at what holds other elements: sub-processes
/// and call activities (BPMN 2.0, 10.5.4, table 10.90).
pub(super) fn caught_escalation(
    ctx: &mut Context<'_, '_, '_>,
    event: Node<'_>,
    definition: Node<'_>,
    position: Position,
) -> Option<EventTrigger> {
    if matches!(position, Position::ProcessStart | Position::Intermediate) {
        let expected = "a boundary event or the start event of an event sub-process";
        return ctx.error(definition, "an escalation can't be caught here", expected);
    }
    if matches!(position, Position::Boundary { .. }) && !is_at_scope(ctx, event) {
        let expected = "a boundary event of a sub-process or a call activity";
        return ctx.error(definition, "nothing inside the activity can escalate", expected);
    }
    let Some(reference) = xml::attribute(definition, "escalationRef") else {
        return Some(EventTrigger::Escalation { code: None });
    };
    let code = escalation_code(ctx, reference)?;
    let code = expressions::fixed(ctx.report, code, "caught escalation code")?;
    Some(EventTrigger::Escalation { code: Some(code.to_owned()) })
}

/// Whether a boundary event stands at something from which an escalation can come; where it is
/// attached to nothing, that is reported elsewhere.
fn is_at_scope(ctx: &Context<'_, '_, '_>, event: Node<'_>) -> bool {
    let reference = xml::attribute(event, "attachedToRef");
    let host = reference.and_then(|it| ctx.drafts.by_id.get(local_name(it.value)));
    host.is_none_or(|index| {
        let name = ctx.drafts.element(*index).node.tag_name().name();
        is_scope(name) || name == "callActivity" || throws(ctx.drafts.element(*index).node)
    })
}

/// Whether an activity escalates by itself, as a multi-instance can.
fn throws(activity: Node<'_>) -> bool {
    let marker = xml::bpmn_child(activity, "multiInstanceLoopCharacteristics");
    marker.and_then(|it| it.attribute("behavior")).is_some_and(|behavior| behavior != "All")
}
