//! Carrying out a migration that fits.
//!
//! What is to be waited for anew is computed before the first event, so that a failure there
//! refuses the whole. Must not know what the events lead to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{MigrationProblem, MigrationReason, check_migration, flow_in, waiting_gateways};
use crate::core::engine::changes::{Mapping, MigrateInstance};
use crate::core::engine::context::{Outcome, TurnContext};
use crate::core::engine::event::Event;
use crate::core::engine::facts::{InstanceMigrated, SubscriptionOpened};
use crate::core::engine::instance::{ElementInstance, Held, ProcessInstance};
use crate::core::engine::lifecycle::Lifecycle;
use crate::core::engine::rejection::Rejection;
use crate::core::engine::subscriptions::{
    self, Awaits, Prepared, awaited, ends_wait, event_of, is_interrupting,
};
use crate::core::engine::turn::Turn;
use crate::core::engine::{conditions, signals, suspension};
use crate::core::model::{ElementIndex, ElementKind, EndEvent, ProcessDefinition};

/// What one element instance waits for differently in the new version.
#[derive(Default)]
struct Waits {
    /// Waits of events that become nothing.
    closed: Vec<Held>,
    /// Waits that end what they happen to now, or no longer do.
    remade: Vec<Held>,
    /// New events.
    opened: Vec<Prepared>,
}

/// Checks everything, then lets the instance go on in the new version.
pub(crate) fn migrate(
    old: &ProcessDefinition,
    instance: &mut ProcessInstance,
    plan: &MigrateInstance,
    context: &mut TurnContext,
) -> Result<Outcome, Rejection> {
    let target = context.target.clone().ok_or(Rejection::NoTarget)?;
    let problems = problems(old, &target, instance, plan);
    if !problems.is_empty() {
        return Err(Rejection::CannotMigrate { problems });
    }
    let facts = facts(old, &target, instance, plan);
    let mut turn = Turn::new(&target, instance, context);
    let waits = changed_waits(&turn, old, &plan.mapping)?;
    for held in waits.values().flat_map(|waits| &waits.closed) {
        turn.release_held(*held);
    }
    for (key, event_id) in forgotten(turn.instance, &plan.mapping) {
        turn.emit(Event::TriggersReleased { element_instance_key: key, element_id: event_id });
    }
    turn.emit(Event::InstanceMigrated(Box::new(facts)));
    for (key, waits) in waits {
        for held in waits.remade {
            remake(&mut turn, held);
        }
        if let Some(at) = turn.at(key) {
            subscriptions::open(&mut turn, at, waits.opened);
        }
    }
    suspension::look_again(&mut turn);
    Ok(turn.run())
}

fn problems(
    old: &ProcessDefinition,
    new: &ProcessDefinition,
    instance: &ProcessInstance,
    plan: &MigrateInstance,
) -> Vec<MigrationProblem> {
    if plan.definition_key == instance.definition_key {
        return vec![MigrationProblem {
            element_id: old.id.clone(),
            element_instance_key: None,
            reason: MigrationReason::SameVersion { version: instance.version },
        }];
    }
    check_migration(old, new, instance, &plan.mapping)
}

/// Only what gets another id is written down.
fn facts(
    old: &ProcessDefinition,
    new: &ProcessDefinition,
    instance: &ProcessInstance,
    plan: &MigrateInstance,
) -> InstanceMigrated {
    let renamed = plan.mapping.iter().filter(|(source, target)| source != target);
    let elements = renamed.map(|(source, target)| (source.clone(), target.clone())).collect();
    let mut flows: BTreeMap<Arc<str>, Arc<str>> = BTreeMap::new();
    for scope in instance.elements.values() {
        for (gateway_id, flow_ids) in waiting_gateways(scope) {
            let Some(target) = plan.mapping.get(gateway_id).and_then(|id| new.find(id)) else {
                continue;
            };
            for flow_id in flow_ids {
                let flow = flow_in(old, flow_id, gateway_id, new, target, &plan.mapping);
                let id = flow.map(|flow| new.flow(flow).id.clone()).filter(|id| id != flow_id);
                flows.extend(id.map(|id| (flow_id.clone(), id)));
            }
        }
    }
    let (definition_key, version) = (plan.definition_key, plan.version);
    InstanceMigrated { definition_key, version, elements, flows: flows.into_iter().collect() }
}

/// What every open element instance waits for differently.
fn changed_waits(
    turn: &Turn<'_>,
    old: &ProcessDefinition,
    mapping: &Mapping,
) -> Result<BTreeMap<i64, Waits>, Rejection> {
    let mut changed = BTreeMap::new();
    let mut problems = Vec::new();
    for (key, it) in &turn.instance.elements {
        let has_waits = turn.instance.held(*key).any(|held| held_event(turn, held).is_some());
        if !has_waits && it.lifecycle != Lifecycle::Activated {
            continue;
        }
        let Some(host) = old.find(&it.element_id) else { continue };
        let mut waits = kept_waits(turn, old, *key, mapping);
        for event in new_events(turn, old, (*key, it), host, mapping) {
            match subscriptions::prepare_events(turn, *key, &[event]) {
                Ok(prepared) => waits.opened.extend(prepared),
                Err(failure) => problems.push(MigrationProblem {
                    element_id: it.element_id.clone(),
                    element_instance_key: Some(*key),
                    reason: MigrationReason::CannotWait {
                        event_id: turn.definition.element(event).id.clone(),
                        message: failure.message,
                    },
                }),
            }
        }
        changed.insert(*key, waits);
    }
    if problems.is_empty() { Ok(changed) } else { Err(Rejection::CannotMigrate { problems }) }
}

fn held_event<'t>(turn: &'t Turn<'_>, held: Held) -> Option<&'t Arc<str>> {
    event_of(turn.instance, held)
}

/// Sorts the waits of an element instance into those that end and those that are made anew.
fn kept_waits(turn: &Turn<'_>, old: &ProcessDefinition, key: i64, mapping: &Mapping) -> Waits {
    let mut waits = Waits::default();
    for held in turn.instance.held(key) {
        let Some(event_id) = held_event(turn, held) else { continue };
        let target = mapping.get(event_id).and_then(|id| turn.definition.find(id));
        match (old.find(event_id), target) {
            (Some(source), Some(target)) => {
                let was = ends_wait(old, source);
                if was != ends_wait(turn.definition, target) {
                    waits.remade.push(held);
                }
            }
            _ => waits.closed.push(held),
        }
    }
    waits
}

/// Events of the new version that no awaited event of the old one becomes.
fn new_events(
    turn: &Turn<'_>,
    old: &ProcessDefinition,
    (key, it): (i64, &ElementInstance),
    host: ElementIndex,
    mapping: &Mapping,
) -> Vec<ElementIndex> {
    let is_undone = it.compensates.is_some() && !old.element(host).is_for_compensation;
    if it.lifecycle != Lifecycle::Activated || is_undone {
        return Vec::new();
    }
    let target = match mapping.get(&it.element_id) {
        Some(id) => turn.definition.find(id),
        None => (it.element_id == old.id).then_some(ProcessDefinition::ROOT),
    };
    let Some(target) = target else { return Vec::new() };
    let becomes = |event: ElementIndex| {
        mapping.get(&old.element(event).id).and_then(|id| turn.definition.find(id))
    };
    let known: Vec<ElementIndex> =
        awaited(old, host, it.role).into_iter().filter_map(becomes).collect();
    let interrupted = is_interrupted(turn, old, key);
    let is_new = |event: &ElementIndex| {
        let is_start = matches!(turn.definition.element(*event).kind, ElementKind::StartEvent(_));
        let is_over = is_start && interrupted;
        !known.contains(event) && !is_over
    };
    awaited(turn.definition, target, it.role).into_iter().filter(is_new).collect()
}

/// Whether an event sub-process has ended everything else in a scope, or a cancel event is ending
/// it: nothing in it is triggered any more.
fn is_interrupted(turn: &Turn<'_>, old: &ProcessDefinition, key: i64) -> bool {
    turn.instance.children(key).any(|child| {
        let element = turn.instance.elements.get(&child).and_then(|it| old.find(&it.element_id));
        let kind = element.map(|index| &old.element(index).kind);
        match kind {
            Some(ElementKind::EventSubProcess { start }) => is_interrupting(old, *start),
            Some(ElementKind::EndEvent(EndEvent::Cancel)) => true,
            _ => false,
        }
    })
}

/// Events that become nothing and of which some triggers have come.
fn forgotten(instance: &ProcessInstance, mapping: &Mapping) -> Vec<(i64, Arc<str>)> {
    let elements = instance.elements.iter();
    let collected = elements.flat_map(|(key, it)| it.collected.keys().map(|id| (*key, id.clone())));
    collected.filter(|(_, id)| !mapping.contains_key(id)).collect()
}

/// Waits for the same again, ending the wait or not as the new version says. Timers ask the
/// definition when they fire and stay as they are.
fn remake(turn: &mut Turn<'_>, held: Held) {
    let Some(event) = event_of(turn.instance, held).and_then(|id| turn.definition.find(id)) else {
        return;
    };
    let is_interrupting = ends_wait(turn.definition, event);
    match held {
        Held::Subscription(key) => {
            let Some(it) = turn.instance.subscriptions.get(&key).cloned() else { return };
            turn.release_held(held);
            let key = turn.take_key();
            turn.emit(Event::SubscriptionOpened(SubscriptionOpened {
                key,
                element_instance_key: it.element_instance_key,
                element_id: it.element_id,
                message_name: it.message_name,
                correlation_key: it.correlation_key,
                is_interrupting,
                part: it.part,
            }));
        }
        Held::Signal(key) => {
            let Some(it) = turn.instance.signals.get(&key).cloned() else { return };
            turn.release_held(held);
            let (host, awaits) = (it.element_instance_key, Awaits { event, part: it.part });
            signals::subscribe(turn, host, awaits, it.signal_name, is_interrupting);
        }
        Held::Condition(key) => {
            let Some(it) = turn.instance.conditions.get(&key).cloned() else { return };
            turn.release_held(held);
            let (host, awaits) = (it.element_instance_key, Awaits { event, part: it.part });
            conditions::subscribe(turn, host, awaits, is_interrupting);
        }
        Held::Job(_) | Held::UserTask(_) | Held::Timer(_) | Held::Incident(_) => {}
    }
}
