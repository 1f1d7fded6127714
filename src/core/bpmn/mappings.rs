//! Reads input and output mappings.
//!
//! Must not know when they are worked off.

use super::context::Context;
use super::expressions;
use super::xml::{self, Located, Node};
use crate::core::model::{IoMapping, Mapping};

/// Reads `zeebe:ioMapping` and, where a model has it, `camunda:inputOutput`.
pub(super) fn io(ctx: &mut Context<'_, '_, '_>, node: Node<'_>) -> IoMapping {
    let mut io = IoMapping::default();
    if let Some(mapping) = xml::zeebe(node, "ioMapping") {
        for part in xml::elements(mapping, xml::ZEEBE) {
            let list = match part.tag_name().name() {
                "input" => &mut io.inputs,
                "output" => &mut io.outputs,
                _ => continue,
            };
            let (source, target) = (xml::attribute(part, "source"), xml::attribute(part, "target"));
            list.extend(one(ctx, part, source, target));
        }
    }
    read_input_output(ctx, node, &mut io);
    io
}

fn one(
    ctx: &mut Context<'_, '_, '_>,
    node: Node<'_>,
    source: Option<Located<'_>>,
    target: Option<Located<'_>>,
) -> Option<Mapping> {
    let Some(target) = target else {
        return ctx.error(node, "the mapping has no target", "a `target` variable");
    };
    let Some(source) = source else {
        return ctx.error(node, "the mapping has no source", "a `source`: a text or `= …`");
    };
    let target = expressions::variable_path(ctx.report, target);
    Some(Mapping { source: ctx.dynamic(Some(source))?, target: target? })
}

fn read_input_output(ctx: &mut Context<'_, '_, '_>, node: Node<'_>, io: &mut IoMapping) {
    let holders: Vec<_> = xml::extensions(node, xml::CAMUNDA)
        .filter(|it| it.tag_name().name() == "inputOutput")
        .collect();
    for part in holders.into_iter().flat_map(|it| xml::elements(it, xml::CAMUNDA)) {
        let list = match part.tag_name().name() {
            "inputParameter" => &mut io.inputs,
            "outputParameter" => &mut io.outputs,
            _ => continue,
        };
        if part.children().any(|it| it.is_element()) {
            let message = "a parameter made of a list, a map or a script can't be translated";
            ctx.error::<()>(part, message, "a `zeebe:ioMapping` with a FEEL expression");
            continue;
        }
        list.extend(one(ctx, part, xml::text(part), xml::attribute(part, "name")));
    }
}
