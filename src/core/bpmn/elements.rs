//! Reads one element of a process: picks its kind by its BPMN name.
//!
//! Must not know the rules between elements.

use super::ad_hoc;
use super::context::Context;
use super::drafts::Draft;
use super::events;
use super::tasks;
use super::xml::{self, Node};
use crate::core::model::{
    ElementIndex, ElementKind, EndEvent, EventBasedGateway, ProcessDefinition, StartEvent,
    UserTaskDefinition,
};

/// The kind of an element; `None` when it can't be executed, which has been reported.
pub(super) fn kind<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    match node.tag_name().name() {
        "process" => Some(ElementKind::Process),
        "startEvent" => events::start(ctx, draft),
        "endEvent" => events::end(ctx, draft),
        "intermediateCatchEvent" => events::catch(ctx, draft),
        "intermediateThrowEvent" => events::throw(ctx, draft),
        "boundaryEvent" => events::boundary(ctx, draft),
        "adHocSubProcess" => ad_hoc::sub_process(ctx, draft),
        "subProcess" | "transaction" => sub_process(ctx, draft),
        "exclusiveGateway" => Some(ElementKind::ExclusiveGateway),
        "parallelGateway" => Some(ElementKind::ParallelGateway),
        "inclusiveGateway" => Some(ElementKind::InclusiveGateway),
        "eventBasedGateway" => event_based_gateway(ctx, node),
        "complexGateway" => {
            let condition = xml::bpmn_child(node, "activationCondition").and_then(xml::text);
            let is_given = condition.is_some();
            let activation_condition = ctx.expression(condition, "activation condition");
            if is_given && activation_condition.is_none() {
                return None;
            }
            Some(ElementKind::ComplexGateway { activation_condition })
        }
        _ => activity(ctx, draft),
    }
}

fn activity<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    match node.tag_name().name() {
        "task" => Some(ElementKind::UndefinedTask),
        "manualTask" => Some(ElementKind::ManualTask),
        "userTask" => Some(ElementKind::UserTask(user_task(ctx, node))),
        "serviceTask" => tasks::job(ctx, node).map(ElementKind::ServiceTask),
        "sendTask" => tasks::job(ctx, node).map(ElementKind::SendTask),
        "scriptTask" => tasks::script(ctx, node),
        "receiveTask" => receive_task(ctx, draft),
        "callActivity" => tasks::call_activity(ctx, node),
        "businessRuleTask" => business_rule_task(ctx, node),
        other => ctx.refuse(node, other, "an event with a type"),
    }
}

fn user_task(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> UserTaskDefinition {
    let task = tasks::user_task(ctx, node);
    let has_people = task.assignee.is_some()
        || task.candidate_groups.is_some()
        || task.candidate_users.is_some();
    // Someone who was given but can't be read has been reported already.
    let was_given = xml::zeebe(node, "assignmentDefinition")
        .is_some_and(|it| it.attributes().any(|people| !people.value().trim().is_empty()));
    if !has_people && !was_given {
        let expected = "a `zeebe:assignmentDefinition` with an assignee or candidates";
        ctx.report.warning(xml::place(node), "nobody is asked to do the user task", expected);
    }
    task
}

/// A receive task whose message starts the process comes first in it (BPMN 2.0, 10.3.3).
fn receive_task<'a>(ctx: &mut Context<'a, '_, '_>, draft: &Draft<'a>) -> Option<ElementKind> {
    let node = draft.node;
    if !xml::flag(node, "instantiate", false) {
        let needs_key = !events::starts_alone(ctx, draft);
        return events::message(ctx, node, node, needs_key).map(ElementKind::ReceiveTask);
    }
    let expected = "a receive task without incoming sequence flows, directly in the process";
    let index = ctx.drafts.by_id.get(draft.id);
    let has_incoming = ctx.drafts.flows.iter().any(|flow| Some(&flow.target) == index);
    if has_incoming || draft.parent != Some(ProcessDefinition::ROOT) {
        return ctx.error(node, "the receive task can't start the process here", expected);
    }
    if xml::elements(node, xml::BPMN).any(|it| it.tag_name().name().ends_with("Characteristics")) {
        let message = "a receive task that starts the process can't be repeated";
        return ctx.error(node, message, "no loop and no multi-instance");
    }
    if xml::flag(node, "isForCompensation", false) {
        let message = "a receive task that starts the process can't undo anything";
        return ctx.error(node, message, "`isForCompensation` left out");
    }
    let message = events::message(ctx, node, node, false)?;
    events::check_fixed_name(ctx, node, &message)?;
    Some(ElementKind::InstantiatingReceiveTask(message))
}

/// A decision is made in the turn, or by a worker where the file names one.
fn business_rule_task(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<ElementKind> {
    let called = xml::zeebe(node, "calledDecision");
    let is_job =
        xml::zeebe(node, "taskDefinition").is_some() || node.has_attribute((xml::CAMUNDA, "topic"));
    let expected = "either a `zeebe:calledDecision` or a `zeebe:taskDefinition`";
    match called {
        Some(called) if is_job => {
            ctx.error(called, "the business rule task has both a decision and a job", expected)
        }
        Some(called) => tasks::called_decision(ctx, called).map(ElementKind::BusinessRuleTask),
        None if is_job => tasks::job(ctx, node).map(ElementKind::ServiceTask),
        None => ctx.error(node, "the business rule task decides nothing", expected),
    }
}

fn event_based_gateway(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<ElementKind> {
    let is_instantiating = xml::flag(node, "instantiate", false);
    let needs_all = match node.attribute("eventGatewayType") {
        None | Some("Exclusive") => false,
        Some("Parallel") if is_instantiating => true,
        Some("Parallel") => {
            let message = "only an event-based gateway that starts the process can be parallel";
            return ctx.error(node, message, "`instantiate=\"true\"`, or an exclusive one");
        }
        Some(other) => {
            let message = format!("`{other}` is no type of an event-based gateway");
            return ctx.error(node, &message, "`Exclusive` or `Parallel`");
        }
    };
    Some(ElementKind::EventBasedGateway(EventBasedGateway { is_instantiating, needs_all }))
}

/// Embedded or event sub-process (BPMN 2.0, 10.3.5).
fn sub_process(ctx: &mut Context<'_, '_, '_>, draft: &Draft<'_>) -> Option<ElementKind> {
    if draft.children.is_empty() {
        let expected = "at least a start event and an end event inside";
        return ctx.error(draft.node, "the sub-process is empty", expected);
    }
    if !xml::flag(draft.node, "triggeredByEvent", false) {
        let is_transaction = draft.node.tag_name().name() == "transaction";
        return Some(if is_transaction {
            ElementKind::Transaction
        } else {
            ElementKind::SubProcess
        });
    }
    let starts: Vec<ElementIndex> = draft
        .children
        .iter()
        .copied()
        .filter(|it| ctx.drafts.element(*it).node.tag_name().name() == "startEvent")
        .collect();
    let expected = "exactly one start event with a message, a timer or an error";
    let [start] = starts.as_slice() else {
        let message = format!("the event sub-process has {} start events", starts.len());
        return ctx.error(draft.node, &message, expected);
    };
    let start_node = ctx.drafts.element(*start).node;
    let has_trigger = xml::elements(start_node, xml::BPMN)
        .any(|it| it.tag_name().name().contains("ventDefinition"));
    if !has_trigger {
        let message = "the event sub-process's start event has no trigger";
        return ctx.error(start_node, message, expected);
    }
    Some(ElementKind::EventSubProcess { start: *start })
}

/// What stands in for an element that can't be executed, so that the rules can go on around it.
pub(super) fn stand_in(name: &str) -> ElementKind {
    match name {
        "startEvent" => {
            ElementKind::StartEvent(StartEvent { trigger: None, is_interrupting: true, form: None })
        }
        "endEvent" => ElementKind::EndEvent(EndEvent::None),
        "subProcess" | "transaction" | "adHocSubProcess" => ElementKind::SubProcess,
        "complexGateway" | "eventBasedGateway" => ElementKind::ParallelGateway,
        _ => ElementKind::UndefinedTask,
    }
}
