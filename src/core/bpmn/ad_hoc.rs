//! Reads ad-hoc sub-processes (BPMN 2.0, 10.3.5, with `zeebe:adHoc`).
//!
//! Must not know what begins in one.

use super::context::Context;
use super::drafts::Draft;
use super::expressions;
use super::tasks;
use super::xml;
use crate::core::model::{AdHocDefinition, ElementKind};

/// Reads which elements begin and when it is done.
pub(super) fn sub_process(ctx: &mut Context<'_, '_, '_>, draft: &Draft<'_>) -> Option<ElementKind> {
    let node = draft.node;
    let zeebe = xml::zeebe(node, "adHoc");
    let given = |name| zeebe.and_then(|it| xml::attribute(it, name));
    let job = match xml::zeebe(node, "taskDefinition") {
        Some(_) => Some(tasks::job(ctx, node)?),
        None => None,
    };
    if job.is_some() && given("activeElementsCollection").is_some() {
        let expected = "a `zeebe:taskDefinition` or an `activeElementsCollection`";
        return ctx.error(node, "a list and a worker choose what begins", expected);
    }
    let (collection, output) = (given("outputCollection"), given("outputElement"));
    if collection.is_some() != output.is_some() {
        let expected = "both `outputCollection` and `outputElement`, or none of them";
        ctx.error::<()>(node, "the ad-hoc sub-process gives only half an output", expected);
    }
    let ordering = xml::attribute(node, "ordering");
    if let Some(other) = ordering.filter(|it| !matches!(it.value, "Parallel" | "Sequential")) {
        let message = format!("`{}` is not an order", other.value);
        ctx.report.error(other.place, message, "`Parallel` or `Sequential`");
    }
    let condition = xml::bpmn_child(node, "completionCondition").and_then(xml::text);
    if let Some(condition) = condition.filter(|_| job.is_some()) {
        let message = "the worker decides when it is done, but there is a condition too";
        ctx.report.error(condition.place, message, "no `completionCondition`");
        return None;
    }
    let definition = AdHocDefinition {
        active_elements: ctx
            .expression(given("activeElementsCollection"), "list of active elements"),
        completion_condition: ctx.expression(condition, "completion condition"),
        cancels_remaining: xml::flag(node, "cancelRemainingInstances", true),
        is_sequential: ordering.is_some_and(|it| it.value == "Sequential"),
        output_collection: collection.and_then(|it| expressions::variable(ctx.report, it)),
        output_element: ctx.expression(output, "output element"),
        job,
    };
    Some(ElementKind::AdHocSubProcess(definition))
}
