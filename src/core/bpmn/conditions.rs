//! Reads conditional events and their filter (`zeebe:conditionalFilter`).
//!
//! Must not know when a condition is looked at.

use super::context::Context;
use super::expressions;
use super::xml::{self, Located, Node};
use crate::core::model::{ConditionDefinition, EventTrigger};

/// Reads what a conditional event waits for.
pub(super) fn caught(ctx: &mut Context<'_, '_, '_>, definition: Node<'_>) -> Option<EventTrigger> {
    let condition = xml::bpmn_child(definition, "condition").and_then(xml::text);
    if condition.is_none() {
        let expected = "a `condition` such as `= amount > 100`";
        return ctx.error(definition, "the conditional event has no condition", expected);
    }
    let condition = ctx.expression(condition, "condition");
    let filter = xml::zeebe(definition, "conditionalFilter");
    let given = |name| filter.and_then(|it| xml::attribute(it, name));
    let variable_names = given("variableNames").map(|it| names(ctx, it));
    let (sees_new, sees_changed) = match given("variableEvents") {
        None => (true, true),
        Some(events) => variable_events(ctx, events)?,
    };
    let condition = condition?;
    Some(EventTrigger::Condition(ConditionDefinition {
        condition,
        variable_names,
        sees_new,
        sees_changed,
    }))
}

fn names(ctx: &mut Context<'_, '_, '_>, list: Located<'_>) -> Vec<String> {
    let one = |value| expressions::variable(ctx.report, Located { value, ..list });
    list.value.split(',').filter_map(one).collect()
}

/// Which changes count: `create`, `update`, or both.
fn variable_events(ctx: &mut Context<'_, '_, '_>, list: Located<'_>) -> Option<(bool, bool)> {
    let words: Vec<&str> = list.value.split(',').map(str::trim).collect();
    if let Some(unknown) = words.iter().find(|it| !matches!(**it, "create" | "update")) {
        let message = format!("`{unknown}` is no event of a variable");
        ctx.report.error(list.place, message, "`create`, `update`, or `create, update`");
        return None;
    }
    Some((words.contains(&"create"), words.contains(&"update")))
}
