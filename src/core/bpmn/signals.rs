//! Reads signals, thrown and caught (BPMN 2.0, 10.5.5).
//!
//! Must not know who else throws or catches them.

use super::context::Context;
use super::events::Position;
use super::references::local_name;
use super::xml::{self, Node};
use crate::core::model::{Dynamic, EventTrigger};

/// Reads the name of the signal that an event names.
pub(super) fn name(ctx: &mut Context<'_, '_, '_>, definition: Node<'_>) -> Option<Dynamic> {
    let Some(reference) = xml::attribute(definition, "signalRef") else {
        return ctx.error(definition, "the event names no signal", "a `signalRef`");
    };
    let id = local_name(reference.value);
    let Some((node, name)) = ctx.references.signals.get(id).copied() else {
        let message = format!("the signal `{id}` doesn't exist");
        ctx.report.error(reference.place, message, "the id of a `signal` of the file");
        return None;
    };
    if name.is_none() {
        let line = ctx.report.line(node.range().start);
        let message = format!("the signal `{id}` has no name");
        ctx.report.error(reference.place, message, format!("a `name`, in line {line}"));
    }
    ctx.dynamic(name)
}

/// Reads the signal that an event waits for; a process can't compute what starts it.
pub(super) fn caught(
    ctx: &mut Context<'_, '_, '_>,
    definition: Node<'_>,
    position: Position,
) -> Option<EventTrigger> {
    let name = name(ctx, definition)?;
    if position == Position::ProcessStart && !matches!(name, Dynamic::Literal(_)) {
        let message = "a start event's signal has a computed name";
        return ctx.error(definition, message, "a signal with a fixed name");
    }
    Some(EventTrigger::Signal { name })
}
