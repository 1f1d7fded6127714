//! Escalations: told outward from one place, while the work may go on (BPMN 2.0, 10.5.5).
//!
//! Must not know why an escalation is thrown.

use super::catching::{Code, find_catch};
use super::effect::Effect;
use super::event::Event;
use super::facts::AwaitedTrigger;
use super::instance::VariableMap;
use super::triggers;
use super::turn::{At, Turn};

/// Hands an escalation outward from an element instance, which ends if what catches it interrupts.
/// What nothing catches goes on to the caller, or has no effect (as in Camunda 8).
pub(crate) fn throw(turn: &mut Turn<'_>, at: At<'_>, code: &str) {
    let catch = find_catch(turn, at, Code::Escalation(code));
    let caught_by = catch.as_ref().map(|it| turn.definition.element(it.awaits.event).id.clone());
    let (element_instance_key, thrown) = (at.key, code.to_owned());
    turn.emit(Event::EscalationThrown { element_instance_key, code: thrown, caught_by });
    match (catch, turn.instance.parent) {
        (Some(catch), _) => {
            let what = AwaitedTrigger::Thrown;
            triggers::come(turn, catch.host, catch.awaits, what, &VariableMap::new());
        }
        (None, Some(parent)) => {
            turn.request(Effect::EscalateToParent { parent, code: code.to_owned() });
        }
        (None, None) => {}
    }
}
