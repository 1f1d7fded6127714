//! Copies of an instance as it was after one of its turns: its history is told again of new keys,
//! and the copy goes on from there.
//!
//! Must not know where histories are kept, or which turn was chosen.
//!
//! **Invariant:** folding a copied history gives the original's state with other keys: everything
//! that is true of the one is true of the other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::context::Keys;
use super::event::{Event, Step};
use super::facts::TimerScheduled;
use super::instance::{Parent, Timer, VariableMap};
use super::rejection::{Rejection, Target};
use super::timers;
use super::triggers::trigger_of;
use super::turn::Turn;
use crate::core::model::{EventTrigger, TimerDefinition};

/// Of whom a copied history is to be told.
#[derive(Debug, Clone, Copy)]
pub struct CopyPlan<'a> {
    /// Key of the new instance.
    pub key: i64,
    /// The copied call activity that waits for it.
    pub parent: Option<Parent>,
    /// New keys of the called instances that are copied too, by their own.
    pub children: &'a BTreeMap<i64, i64>,
}

/// Tells the turns of an instance of a new one, in place. Gives the new keys by the old ones.
///
/// New keys are in the order of the old ones, so that what was older stays older.
pub fn copy_history(
    turns: &mut [Vec<Event>],
    plan: &CopyPlan<'_>,
    keys: &mut Keys,
) -> BTreeMap<i64, i64> {
    let mut renamed = BTreeMap::new();
    for event in turns.iter_mut().flatten() {
        if let Event::InstanceCreated(facts) = event {
            renamed.insert(facts.key, plan.key);
            facts.parent = plan.parent;
        }
        event.visit_own_keys(&mut |key| {
            renamed.entry(*key).or_insert(0);
        });
    }
    for new in renamed.values_mut().filter(|new| **new == 0) {
        *new = keys.take();
    }
    for event in turns.iter_mut().flatten() {
        event.visit_own_keys(&mut |key| *key = renamed[key]);
        if let Event::ChildCalled { child_key, .. } | Event::ChildReturned { child_key, .. } = event
            && let Some(new) = plan.children.get(child_key)
        {
            *child_key = *new;
        }
    }
    renamed
}

/// How a copy goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoOnAsCopy {
    /// The instance it is a copy of.
    pub source_key: i64,
    /// The last of the turns it has from there.
    pub source_turn: i64,
    /// When that turn was taken, in milliseconds UTC.
    pub taken_at: i64,
    /// New values, by the scope that holds them.
    pub variables: BTreeMap<i64, VariableMap>,
    /// Called instances that were copied too; what else was called is called again.
    pub children: Vec<i64>,
}

/// Goes on with a copy: new values are set, waits count from now, lost calls are made again.
pub(crate) fn go_on(turn: &mut Turn<'_>, how: &GoOnAsCopy) -> Result<(), Rejection> {
    if let Some(key) = how.variables.keys().copied().find(|key| turn.at(*key).is_none()) {
        return Err(Rejection::NotFound { target: Target::ElementInstance, key });
    }
    turn.emit(Event::InstanceCopied { source_key: how.source_key, turn: how.source_turn });
    for (scope_key, variables) in &how.variables {
        turn.set_local(*scope_key, variables);
    }
    postpone(turn, turn.context.now.as_millisecond() - how.taken_at);
    call_again(turn, &how.children);
    Ok(())
}

/// Durations are waited for as long as was left of them; dates stay what they are.
fn postpone(turn: &mut Turn<'_>, by_ms: i64) {
    let all: Vec<(i64, Timer)> =
        turn.instance.timers.iter().map(|(key, timer)| (*key, timer.clone())).collect();
    for (key, timer) in all {
        if !counts_from_its_start(turn, &timer) {
            continue;
        }
        turn.emit(Event::TimerCanceled { key });
        let key = turn.take_key();
        turn.emit(Event::TimerScheduled(TimerScheduled {
            key,
            element_instance_key: timer.element_instance_key,
            element_id: timer.element_id,
            due_at: timer.due_at.saturating_add(by_ms),
            repetition: timer.repetition,
            part: timer.part,
        }));
    }
}

/// Whether a timer is a duration, or a cycle of one.
fn counts_from_its_start(turn: &Turn<'_>, timer: &Timer) -> bool {
    let event = turn.definition.find(&timer.element_id);
    let trigger = event.and_then(|event| trigger_of(turn.definition, event));
    let trigger = trigger.and_then(|it| it.parts().get(timer.part.unwrap_or(0) as usize));
    match trigger {
        Some(EventTrigger::Timer(TimerDefinition::Duration(_))) => true,
        Some(EventTrigger::Timer(TimerDefinition::Cycle(_))) => {
            timer.repetition.as_ref().is_none_or(|it| timers::is_duration(&it.interval))
        }
        _ => false,
    }
}

fn call_again(turn: &mut Turn<'_>, copied: &[i64]) {
    let called = turn.instance.elements.iter().filter_map(|(key, it)| Some((*key, it.child_key?)));
    let lost: Vec<(i64, i64)> = called.filter(|(_, child)| !copied.contains(child)).collect();
    for (element_instance_key, child_key) in lost {
        turn.emit(Event::ChildReturned { element_instance_key, child_key });
        turn.push(Step::Call, element_instance_key);
    }
}
