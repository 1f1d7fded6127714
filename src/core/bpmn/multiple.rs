//! Reads events with several definitions: any or all of them are waited for, all of them are thrown
//! (BPMN 2.0, 10.5.5: multiple and parallel multiple).
//!
//! Must not know what a single definition needs.

use super::context::Context;
use super::drafts::Draft;
use super::events::{self, Position, trigger_name};
use super::rules;
use super::xml::{self, Node};
use crate::core::model::{EndEvent, EventTrigger};

/// Reads what an event with several definitions waits for.
pub(super) fn caught<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
    definitions: &[Node<'a>],
    position: Position,
) -> Option<EventTrigger> {
    let needs_all = xml::flag(draft.node, "parallelMultiple", false);
    let mut triggers: Vec<EventTrigger> = Vec::with_capacity(definitions.len());
    for definition in definitions {
        let name = trigger_name(*definition);
        let ends_alone = needs_all && matches!(name, "error" | "cancellation");
        if ends_alone || matches!(name, "link" | "compensation") {
            let message = if ends_alone {
                format!("nothing can come after the {name} that ends the activity")
            } else {
                format!("the {name} can't be one of several triggers")
            };
            return ctx.error(*definition, &message, "an event of its own for it");
        }
        let trigger = events::trigger(ctx, draft, *definition, position)?;
        if triggers.iter().any(|earlier| rules::is_same_trigger(earlier, &trigger)) {
            let message = "the event waits for the same twice";
            return ctx.error(*definition, message, "triggers that differ");
        }
        triggers.push(trigger);
    }
    Some(EventTrigger::Multiple { triggers, needs_all })
}

/// Reads what an event with several definitions throws.
pub(super) fn thrown<'a>(
    ctx: &mut Context<'a, '_, '_>,
    draft: &Draft<'a>,
    definitions: &[Node<'a>],
) -> Option<Vec<EndEvent>> {
    if xml::flag(draft.node, "parallelMultiple", false) {
        let message = "only what an event waits for can be parallel";
        return ctx.error(draft.node, message, "no `parallelMultiple`: all results are thrown");
    }
    let mut results: Vec<EndEvent> = Vec::with_capacity(definitions.len());
    for definition in definitions {
        if trigger_name(*definition) == "link" {
            let message = "the link can't be one of several results";
            return ctx.error(*definition, message, "an event of its own for it");
        }
        results.push(events::result(ctx, draft, *definition)?);
    }
    let ways_out = results.iter().filter(|it| leads_out(it)).count();
    if ways_out > 1 {
        let message = "the event leaves its scope in several ways";
        return ctx.error(draft.node, message, "one of error, cancel and terminate");
    }
    Some(results)
}

fn leads_out(result: &EndEvent) -> bool {
    matches!(result, EndEvent::Error { .. } | EndEvent::Cancel | EndEvent::Terminate)
}
