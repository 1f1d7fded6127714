//! Reads how often an activity is repeated: multi-instance and standard loop (BPMN 2.0, 10.3.7 and
//! 10.3.8).
//!
//! Must not know what the activity does.

use super::codes;
use super::context::Context;
use super::data;
use super::expressions;
use super::references::local_name;
use super::signals;
use super::xml::{self, Located, Node};
use crate::core::feel::Expression;
use crate::core::model::{
    ComplexBehavior, LoopBehavior, LoopCharacteristics, LoopItems, StandardLoop, ThrownEvent,
};

/// Reads the marker of an activity, when it has one.
pub(super) fn characteristics<'a>(
    ctx: &mut Context<'a, '_, '_>,
    activity: Node<'a>,
) -> Option<LoopCharacteristics> {
    if let Some(node) = xml::bpmn_child(activity, "standardLoopCharacteristics") {
        return standard(ctx, node);
    }
    let node = xml::bpmn_child(activity, "multiInstanceLoopCharacteristics")?;
    multi_instance(ctx, activity, node)
}

fn standard(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<LoopCharacteristics> {
    let condition = xml::bpmn_child(node, "loopCondition").and_then(xml::text);
    let maximum = xml::attribute(node, "loopMaximum");
    if condition.is_none() && maximum.is_none() {
        let expected = "a `loopCondition` such as `= tries < 3`, or a `loopMaximum`";
        return ctx.error(node, "the loop never ends", expected);
    }
    let maximum = match maximum {
        Some(text) => Some(whole(ctx, text)?),
        None => None,
    };
    let condition = match condition {
        Some(text) => Some(ctx.expression(Some(text), "loop condition")?),
        None => None,
    };
    let tests_before = xml::flag(node, "testBefore", false);
    Some(LoopCharacteristics {
        is_sequential: true,
        items: LoopItems::While(StandardLoop { condition, tests_before, maximum }),
        input_element: None,
        output_collection: None,
        output_element: None,
        completion_condition: None,
        behavior: LoopBehavior::All,
    })
}

fn whole(ctx: &mut Context<'_, '_, '_>, text: Located<'_>) -> Option<u32> {
    let number = text.value.trim().parse().ok().filter(|number| *number > 0);
    if number.is_none() {
        let message = format!("`{}` is not a number of times", text.value.trim());
        ctx.report.error(text.place, message, "a whole number from 1");
    }
    number
}

fn multi_instance<'a>(
    ctx: &mut Context<'a, '_, '_>,
    activity: Node<'a>,
    node: Node<'a>,
) -> Option<LoopCharacteristics> {
    let zeebe = xml::zeebe(node, "loopCharacteristics");
    let given = |name| zeebe.and_then(|it| xml::attribute(it, name));
    let collection = given("inputCollection").or_else(|| xml::camunda(node, "collection"));
    let cardinality = xml::bpmn_child(node, "loopCardinality").and_then(xml::text);
    let element = given("inputElement")
        .or_else(|| xml::camunda(node, "elementVariable"))
        .or_else(|| data::item(node, "inputDataItem"));
    let data_input = data::collection(ctx, activity, node, "loopDataInputRef");
    let output_collection = given("outputCollection")
        .or_else(|| data::collection(ctx, activity, node, "loopDataOutputRef"));
    let output = given("outputElement");
    let data_output = data::item(node, "outputDataItem").filter(|_| output.is_none());
    let output = output.or(data_output);
    if output_collection.is_some() != output.is_some() {
        let expected = "both `outputCollection` and `outputElement`, or none of them";
        ctx.error::<()>(node, "the multi-instance gives only half an output", expected);
    }
    let items = match (collection, cardinality) {
        (Some(list), _) => LoopItems::Collection(ctx.expression(Some(list), "input collection")?),
        (None, _) if let Some(list) = data_input => {
            LoopItems::Collection(Expression::parse(list.value).ok()?)
        }
        (None, Some(number)) => LoopItems::Cardinality(cardinality_of(ctx, number)?),
        (None, None) => {
            let expected = "`zeebe:loopCharacteristics` with an `inputCollection` such as \
                            `= items`, or a `loopCardinality`";
            return ctx.error(node, "the multi-instance has no input collection", expected);
        }
    };
    let condition = xml::bpmn_child(node, "completionCondition").and_then(xml::text);
    Some(LoopCharacteristics {
        is_sequential: xml::flag(node, "isSequential", false),
        items,
        input_element: element.and_then(|it| expressions::variable(ctx.report, it)),
        output_collection: output_collection.and_then(|it| expressions::variable(ctx.report, it)),
        output_element: match data_output {
            Some(item) => Expression::parse(item.value).ok(),
            None => ctx.expression(output, "output element"),
        },
        completion_condition: ctx.expression(condition, "completion condition"),
        behavior: behavior(ctx, node).unwrap_or_default(),
    })
}

/// A number as it stands, or an expression that gives one.
fn cardinality_of(ctx: &mut Context<'_, '_, '_>, text: Located<'_>) -> Option<Expression> {
    let trimmed = text.value.trim();
    if trimmed.parse::<u32>().is_ok() {
        return Expression::parse(trimmed).ok();
    }
    ctx.expression(Some(text), "loop cardinality")
}

/// Reads which events a multi-instance throws.
fn behavior(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<LoopBehavior> {
    let behavior = xml::attribute(node, "behavior")?;
    match behavior.value {
        "All" => Some(LoopBehavior::All),
        "None" => referred(ctx, node, "noneBehaviorEventRef").map(LoopBehavior::None),
        "One" => referred(ctx, node, "oneBehaviorEventRef").map(LoopBehavior::One),
        "Complex" => complex(ctx, node).map(LoopBehavior::Complex),
        other => {
            let message = format!("`{other}` is not a behaviour of a multi-instance");
            ctx.report.error(behavior.place, message, "`None`, `One`, `All` or `Complex`");
            None
        }
    }
}

/// The event definition of the file that an attribute names.
fn referred(
    ctx: &mut Context<'_, '_, '_>,
    node: Node<'_>,
    attribute: &'static str,
) -> Option<ThrownEvent> {
    let Some(reference) = xml::attribute(node, attribute) else {
        let expected = format!("a `{attribute}`");
        return ctx.error(node, "the multi-instance names no event to throw", &expected);
    };
    let id = local_name(reference.value);
    let Some(definition) = ctx.references.event_definitions.get(id).copied() else {
        let message = format!("the event definition `{id}` doesn't exist");
        ctx.report.error(reference.place, message, "the id of an event definition of the file");
        return None;
    };
    thrown(ctx, definition)
}

fn complex(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> Option<Vec<ComplexBehavior>> {
    const EXPECTED: &str = "a `condition` and an `event` with an event definition";
    let mut behaviors = Vec::new();
    for definition in xml::children(node, xml::BPMN, "complexBehaviorDefinition") {
        let condition = xml::bpmn_child(definition, "condition").and_then(xml::text);
        let event = xml::bpmn_child(definition, "event").and_then(|event| {
            xml::elements(event, xml::BPMN)
                .find(|it| it.tag_name().name().ends_with("EventDefinition"))
        });
        let (Some(condition), Some(event)) = (condition, event) else {
            ctx.error::<()>(definition, "the complex behaviour is incomplete", EXPECTED);
            continue;
        };
        let condition = ctx.expression(Some(condition), "condition");
        let event = thrown(ctx, event);
        if let (Some(condition), Some(event)) = (condition, event) {
            behaviors.push(ComplexBehavior { condition, event });
        }
    }
    if xml::bpmn_child(node, "complexBehaviorDefinition").is_none() {
        let expected = "a `complexBehaviorDefinition`";
        return ctx.error(node, "the complex behaviour of the multi-instance is missing", expected);
    }
    Some(behaviors)
}

/// What can be thrown inside the turn; a message would have to be sent by a worker.
fn thrown(ctx: &mut Context<'_, '_, '_>, definition: Node<'_>) -> Option<ThrownEvent> {
    match definition.tag_name().name() {
        "signalEventDefinition" => signals::name(ctx, definition).map(ThrownEvent::Signal),
        "escalationEventDefinition" => {
            codes::thrown_escalation(ctx, definition).map(ThrownEvent::Escalation)
        }
        "errorEventDefinition" => codes::thrown_error(ctx, definition).map(ThrownEvent::Error),
        other => {
            let message = format!("a multi-instance can't throw `{other}`");
            ctx.error(definition, &message, "a signal, an escalation or an error")
        }
    }
}
