//! Warnings about what is never executed: unreachable elements and joins that never complete.
//!
//! Must not know conditions: what could be taken counts as taken.

use super::{compensation, place};
use crate::core::bpmn::process::Compiled;
use crate::core::bpmn::report::Report;
use crate::core::model::{
    ElementIndex, ElementKind, EventBasedGateway, FlowIndex, ProcessDefinition,
};

/// Warns about every element that is never reached and every join that can't complete.
pub(super) fn check(compiled: &Compiled<'_>, report: &mut Report<'_>) {
    let reached = reached(compiled);
    for (index, element) in compiled.elements() {
        let is_inside_reached = element.parent.is_none_or(|parent| reached[parent.0 as usize]);
        if !reached[index.0 as usize] && is_inside_reached {
            let message = format!("the {} is never reached", element.kind.name());
            let expected = "a sequence flow from an element that is reached";
            report.warning(place(compiled, index), message, expected);
        }
        if matches!(element.kind, ElementKind::ParallelGateway) && reached[index.0 as usize] {
            check_join(compiled, index, &reached, report);
        }
    }
}

/// Which elements a path from a start leads to.
fn reached(compiled: &Compiled<'_>) -> Vec<bool> {
    let definition = &compiled.definition;
    let mut reached = vec![false; definition.elements.len()];
    let mut agenda = vec![ProcessDefinition::ROOT];
    agenda.extend(compiled.stand_ins.iter().copied());
    while let Some(index) = agenda.pop() {
        if std::mem::replace(&mut reached[index.0 as usize], true) {
            continue;
        }
        let element = definition.element(index);
        agenda.extend(element.outgoing.iter().map(|it| definition.flow(*it).target));
        agenda.extend(&element.boundary_events);
        agenda.extend(compensation::handler_at(compiled, index));
        if let ElementKind::LinkThrowEvent { target } = element.kind {
            agenda.push(target);
        }
        // What is inside a refused scope is not judged: its own way to begin is not known here.
        let is_refused = compiled.stand_ins.contains(&index);
        let is_ad_hoc = matches!(element.kind, ElementKind::AdHocSubProcess(_));
        let begins_alone = |child: &&ElementIndex| {
            is_refused
                || (is_ad_hoc && definition.element(**child).incoming.is_empty())
                || matches!(
                    definition.element(**child).kind,
                    ElementKind::StartEvent(_)
                        | ElementKind::EventSubProcess { .. }
                        | ElementKind::InstantiatingReceiveTask(_)
                        | ElementKind::EventBasedGateway(EventBasedGateway {
                            is_instantiating: true,
                            ..
                        })
                )
        };
        agenda.extend(element.children.iter().filter(begins_alone));
    }
    reached
}

/// A join waits for all its flows; two that exclude each other never both arrive.
fn check_join(
    compiled: &Compiled<'_>,
    join: ElementIndex,
    reached: &[bool],
    report: &mut Report<'_>,
) {
    let definition = &compiled.definition;
    let incoming = &definition.element(join).incoming;
    if incoming.len() < 2 {
        return;
    }
    let is_dead = |it: &FlowIndex| !reached[definition.flow(*it).source.0 as usize];
    if incoming.iter().any(is_dead) {
        let message = "the join never completes: a flow to it is never taken";
        report.warning(place(compiled, join), message, "flows that are all taken");
        return;
    }
    let mut choices: Vec<ElementIndex> =
        incoming.iter().filter_map(|it| choice_before(definition, *it)).collect();
    choices.sort_unstable();
    if let Some(pair) = choices.windows(2).find(|pair| pair[0] == pair[1]) {
        let choice = &definition.element(pair[0]).id;
        let message = format!("the join never completes: `{choice}` takes only one of its flows");
        report.warning(place(compiled, join), message, "an exclusive gateway to join them");
    }
}

/// Whether only one of the flows behind it is taken.
fn may_choose(kind: &ElementKind) -> bool {
    match kind {
        ElementKind::ExclusiveGateway => true,
        ElementKind::EventBasedGateway(it) => !it.needs_all,
        _ => false,
    }
}

/// The exclusive choice that a flow comes from, when nothing else leads to it.
fn choice_before(definition: &ProcessDefinition, flow: FlowIndex) -> Option<ElementIndex> {
    let mut flow = flow;
    // Bounded: a cycle of single flows would otherwise be walked for ever.
    for _ in 0..definition.flows.len() {
        let source = definition.flow(flow).source;
        let element = definition.element(source);
        if may_choose(&element.kind) && element.outgoing.len() > 1 {
            return Some(source);
        }
        let [only] = element.incoming.as_slice() else { return None };
        if element.outgoing.len() > 1 {
            return None;
        }
        flow = *only;
    }
    None
}
