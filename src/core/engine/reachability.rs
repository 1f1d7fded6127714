//! From which elements a path can lead to given incoming flows of a gateway.
//!
//! A pure function of the graph. Must not know where paths are.

use crate::core::model::{ElementIndex, ElementKind, FlowIndex, ProcessDefinition};

/// All elements from which one of some incoming flows of a gateway can be reached without going
/// through that gateway. Found by searching backward, so it costs no more than the part of the
/// scope that lies before the gateway.
pub(crate) struct Upstream {
    is_upstream: Vec<bool>,
}

impl Upstream {
    pub(crate) fn of(
        definition: &ProcessDefinition,
        gateway: ElementIndex,
        flows: &[FlowIndex],
    ) -> Self {
        let mut found = Self { is_upstream: vec![false; definition.elements.len()] };
        let mut open: Vec<ElementIndex> =
            flows.iter().map(|flow| definition.flow(*flow).source).collect();
        while let Some(index) = open.pop() {
            if std::mem::replace(&mut found.is_upstream[index.0 as usize], true) {
                continue;
            }
            // A path that comes out of the gateway itself may start there, but none goes through.
            if index == gateway {
                continue;
            }
            let element = definition.element(index);
            open.extend(element.incoming.iter().map(|flow| definition.flow(*flow).source));
            // From an activity a path can also leave by its boundary events.
            match &element.kind {
                ElementKind::BoundaryEvent(boundary) => open.push(boundary.attached_to),
                ElementKind::LinkCatchEvent => open.extend(links_to(definition, index)),
                _ => {}
            }
        }
        found
    }

    pub(crate) fn contains(&self, place: ElementIndex) -> bool {
        self.is_upstream[place.0 as usize]
    }
}

/// The link throw events that lead to a link catch event; they stand in its scope.
fn links_to(
    definition: &ProcessDefinition,
    catch: ElementIndex,
) -> impl Iterator<Item = ElementIndex> + '_ {
    let scope = definition.element(catch).parent.unwrap_or(ProcessDefinition::ROOT);
    definition.element(scope).children.iter().copied().filter(move |it| {
        let kind = &definition.element(*it).kind;
        matches!(kind, ElementKind::LinkThrowEvent { target } if *target == catch)
    })
}
