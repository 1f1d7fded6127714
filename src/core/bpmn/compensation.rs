//! Reads compensation: who undoes what, and who asks for it (BPMN 2.0, 10.7); and cancellation.
//!
//! Must not know how something is undone.

use super::context::Context;
use super::drafts::Draft;
use super::events::Position;
use super::references::local_name;
use super::xml::{self, Node};
use crate::core::model::{ElementIndex, EventTrigger};

/// Reads a compensation event at a boundary or at the start of an event sub-process.
pub(super) fn caught(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
    position: Position,
) -> Option<EventTrigger> {
    match position {
        Position::Boundary { .. } => {
            let handler = Some(handler(ctx, draft, definition)?);
            Some(EventTrigger::Compensation { handler })
        }
        Position::EventSubProcessStart { .. } if is_inside_sub_process(ctx, draft) => {
            Some(EventTrigger::Compensation { handler: None })
        }
        _ => {
            let expected = "a boundary event, or the start event of an event sub-process inside a \
                            sub-process";
            ctx.error(definition, "compensation can't be caught here", expected)
        }
    }
}

/// Only what has completed is undone, which a process that runs has not.
fn is_inside_sub_process(ctx: &Context<'_, '_, '_>, start: &Draft<'_>) -> bool {
    let scope = start.parent.and_then(|it| ctx.drafts.element(it).parent);
    scope.is_some_and(|it| ctx.drafts.element(it).parent.is_some())
}

/// The activity that an association leads to from a compensation boundary event.
fn handler(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
) -> Option<ElementIndex> {
    const EXPECTED: &str = "an `association` to an activity with `isForCompensation=\"true\"` in \
                            the same scope";
    let scope = draft.parent.map(|it| ctx.drafts.element(it).node)?;
    let found = xml::children(scope, xml::BPMN, "association").find_map(|it| {
        let end = |name| it.attribute(name).map(local_name);
        let (source, target) = (end("sourceRef")?, end("targetRef")?);
        let other = if source == draft.id {
            target
        } else if target == draft.id {
            source
        } else {
            return None;
        };
        let index = ctx.drafts.by_id.get(other).copied()?;
        let element = ctx.drafts.element(index);
        let undoes = xml::flag(element.node, "isForCompensation", false);
        (undoes && element.parent == draft.parent).then_some(index)
    });
    if found.is_none() {
        return ctx.error(definition, "nothing undoes the activity", EXPECTED);
    }
    found
}

/// Reads what a compensation throw or end event undoes; `None` inside is everything.
#[expect(clippy::option_option, reason = "outer: it was reported; inner: everything is undone")]
pub(super) fn thrown(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
) -> Option<Option<ElementIndex>> {
    if !xml::flag(definition, "waitForCompletion", true) {
        let message = "a compensation event waits until everything is undone";
        return ctx.error(definition, message, "`waitForCompletion` left out or `true`");
    }
    let Some(reference) = xml::attribute(definition, "activityRef") else { return Some(None) };
    let id = local_name(reference.value);
    let found = ctx.drafts.by_id.get(id).copied();
    let in_reach = scopes_in_reach(ctx, draft);
    if found.is_some_and(|it| in_reach.contains(&ctx.drafts.element(it).parent)) {
        return Some(found);
    }
    let message = match found {
        None => format!("the activity `{id}` to be undone doesn't exist"),
        Some(_) => format!("the activity `{id}` can't be undone from here"),
    };
    let expected = "the id of an activity in the same scope, or in the scope around the event \
                    sub-process";
    ctx.report.error(reference.place, message, expected);
    None
}

fn scopes_in_reach(ctx: &Context<'_, '_, '_>, draft: &Draft<'_>) -> Vec<Option<ElementIndex>> {
    let mut scopes = Vec::new();
    let mut next = draft.parent;
    while let Some(scope) = next {
        scopes.push(Some(scope));
        let scope = ctx.drafts.element(scope);
        let is_event = xml::flag(scope.node, "triggeredByEvent", false);
        next = scope.parent.filter(|_| is_event);
    }
    scopes
}

/// Reads a cancel boundary event; only a transaction can be cancelled (BPMN 2.0, 10.5.4).
pub(super) fn caught_cancellation(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
    position: Position,
) -> Option<EventTrigger> {
    let host = xml::attribute(draft.node, "attachedToRef");
    let host = host.and_then(|it| ctx.drafts.by_id.get(local_name(it.value)));
    let is_at_transaction = host.is_none_or(|it| is_transaction(ctx.drafts.element(*it).node));
    match position {
        Position::Boundary { is_interrupting: true } if is_at_transaction => {
            Some(EventTrigger::Cancel)
        }
        Position::Boundary { is_interrupting: false } if is_at_transaction => {
            ctx.error(definition, "a cancellation always interrupts", "an interrupting event")
        }
        _ => {
            let expected = "a boundary event of a transaction";
            ctx.error(definition, "a cancellation can't be caught here", expected)
        }
    }
}

/// Checks where a cancel end event stands (BPMN 2.0, 10.5.3).
pub(super) fn check_cancel_end(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
) -> Option<()> {
    let scope = draft.parent.map(|it| ctx.drafts.element(it));
    let Some(scope) = scope.filter(|it| is_transaction(it.node)) else {
        let message = "only a transaction can be cancelled";
        return ctx.error(definition, message, "a cancel end event directly in a `transaction`");
    };
    let is_caught = ctx.drafts.elements.iter().any(|it| {
        let host = xml::attribute(it.node, "attachedToRef");
        host.is_some_and(|host| local_name(host.value) == scope.id)
            && xml::bpmn_child(it.node, "cancelEventDefinition").is_some()
    });
    if !is_caught {
        let message = "nothing catches the cancellation of the transaction";
        return ctx.error(definition, message, "a cancel boundary event at the transaction");
    }
    Some(())
}

fn is_transaction(node: Node<'_>) -> bool {
    node.tag_name().name() == "transaction"
}
