//! Reads ad-hoc sub-processes (BPMN 2.0, 10.3.5, with `zeebe:adHoc`).
//!
//! Must not know what begins in one.

use super::context::Context;
use super::drafts::Draft;
use super::xml;
use crate::core::model::{AdHocDefinition, ElementKind};

/// Reads which elements begin and when it is done.
pub(super) fn sub_process(ctx: &mut Context<'_, '_, '_>, draft: &Draft<'_>) -> Option<ElementKind> {
    let node = draft.node;
    let zeebe = xml::zeebe(node, "adHoc");
    let given = |name| zeebe.and_then(|it| xml::attribute(it, name));
    if xml::zeebe(node, "taskDefinition").is_some() {
        let instead = "a `zeebe:adHoc` with an `activeElementsCollection`";
        return ctx.refuse(node, "ad-hoc sub-process with a job", instead);
    }
    if given("outputCollection").is_some() || given("outputElement").is_some() {
        let instead = "output mappings of the elements inside";
        return ctx.refuse(node, "output collection of an ad-hoc sub-process", instead);
    }
    if node.attribute("ordering").is_some_and(|it| it == "Sequential") {
        let instead = "sequence flows inside";
        return ctx.refuse(node, "ad-hoc sub-process in sequence", instead);
    }
    let condition = xml::bpmn_child(node, "completionCondition").and_then(xml::text);
    let definition = AdHocDefinition {
        active_elements: ctx
            .expression(given("activeElementsCollection"), "list of active elements"),
        completion_condition: ctx.expression(condition, "completion condition"),
        cancels_remaining: xml::flag(node, "cancelRemainingInstances", true),
    };
    Some(ElementKind::AdHocSubProcess(definition))
}
