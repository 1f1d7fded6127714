//! Reads link events: two places of one scope between which no sequence flow is drawn (BPMN 2.0,
//! 10.5.5).
//!
//! Must not know sequence flows.

use super::context::Context;
use super::drafts::Draft;
use super::xml::{self, Located, Node};
use crate::core::model::{ElementIndex, ElementKind};

/// The element that makes an event a link.
pub(super) const DEFINITION: &str = "linkEventDefinition";

/// Reads where a link begins; its target is the catch event of the same name.
pub(super) fn throw(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
) -> Option<ElementKind> {
    let name = name(ctx, definition)?;
    let target = catches(ctx, draft, name.value).next();
    let Some(target) = target else {
        let message = format!("the link `{}` leads nowhere", name.value.trim());
        let expected = "a link catch event of the same name in the same scope";
        ctx.report.error(name.place, message, expected);
        return None;
    };
    Some(ElementKind::LinkThrowEvent { target })
}

/// Reads where a link ends; several may begin, but one place only can be meant by the name.
pub(super) fn catch(
    ctx: &mut Context<'_, '_, '_>,
    draft: &Draft<'_>,
    definition: Node<'_>,
) -> Option<ElementKind> {
    let name = name(ctx, definition)?;
    let first = catches(ctx, draft, name.value).next();
    let first = first.map(|it| ctx.drafts.element(it).id).filter(|id| *id != draft.id);
    if let Some(first) = first {
        let message = format!("the link `{}` ends at `{first}` already", name.value.trim());
        ctx.report.error(name.place, message, "a name of its own");
        return None;
    }
    Some(ElementKind::LinkCatchEvent)
}

fn name<'a>(ctx: &mut Context<'_, '_, '_>, definition: Node<'a>) -> Option<Located<'a>> {
    let name = xml::attribute(definition, "name");
    if name.is_none() {
        return ctx.error(definition, "the link has no name", "a `name`");
    }
    name
}

/// The link catch events of a name in the scope of a draft.
fn catches<'c>(
    ctx: &'c Context<'_, '_, '_>,
    draft: &Draft<'_>,
    name: &'c str,
) -> impl Iterator<Item = ElementIndex> + 'c {
    let scope = draft.parent.map(|it| ctx.drafts.element(it).children.as_slice());
    scope.unwrap_or_default().iter().copied().filter(move |index| {
        let node = ctx.drafts.element(*index).node;
        let definition = xml::bpmn_child(node, DEFINITION);
        let found = definition.and_then(|it| xml::attribute(it, "name"));
        node.tag_name().name() == "intermediateCatchEvent"
            && found.is_some_and(|it| it.value.trim() == name.trim())
    })
}
