//! Suspension: an instance that rests until somebody lets it go on.
//!
//! While it rests nothing is handed out, completed, fired or correlated. What can't be sent back,
//! because nobody would send it again, is kept and done on resumption: steps that the answer of a
//! called process or a person's repair leads to, and signals. Called processes rest with it. Must
//! not know who keeps timers, jobs and messages waiting: that is the shell.

use super::command::Command;
use super::effect::Effect;
use super::event::{Event, Step};
use super::instance::{ElementInstance, InstanceState, Postponed, ProcessInstance, VariableMap};
use super::joins;
use super::rejection::{Rejection, Target};
use super::signals;
use super::turn::Turn;

/// Whether a suspended instance takes a command: people's repairs, and what can't come again.
pub(crate) fn is_taken(command: &Command) -> bool {
    match command {
        Command::Resume
        | Command::Cancel
        | Command::SetVariables { .. }
        | Command::UpdateJobRetries { .. }
        | Command::AssignUserTask { .. }
        | Command::UpdateUserTask { .. }
        | Command::ModifyInstance { .. }
        | Command::MigrateInstance(_)
        | Command::GoOnAsCopy(_)
        | Command::CatchSignal { .. }
        | Command::CompleteCalledInstance { .. }
        | Command::FailCalledInstance { .. }
        | Command::EscalateCalledInstance { .. }
        | Command::CalledInstanceTerminated { .. }
        | Command::CalledInstanceRefused { .. } => true,
        Command::CreateInstance(_)
        | Command::Suspend
        | Command::CompleteJob { .. }
        | Command::FailJob { .. }
        | Command::ThrowJobError { .. }
        | Command::CompleteUserTask { .. }
        | Command::FireTimer { .. }
        | Command::CorrelateMessage { .. }
        | Command::ResolveIncident { .. }
        | Command::RepairIncident(_)
        | Command::ActivateElements { .. } => false,
    }
}

/// The instance rests from now on.
pub(crate) fn suspend(turn: &mut Turn<'_>) {
    turn.emit(Event::InstanceSuspended);
    for child_key in called(turn.instance) {
        turn.request(Effect::SuspendCalledInstance { child_key });
    }
}

/// The instance goes on with what was kept, and looks again at what may have changed.
pub(crate) fn resume(turn: &mut Turn<'_>) {
    let postponed = turn.instance.postponed.clone();
    turn.emit(Event::InstanceResumed);
    for one in postponed {
        match one {
            Postponed::Step { step, element_instance_key } => turn.push(step, element_instance_key),
            Postponed::Signal { subscription_key, signal_key, variables } => {
                // Whoever waited for it may have been ended by a modification.
                let _ = signals::catch(turn, subscription_key, signal_key, &variables);
            }
        }
    }
    look_again(turn);
    for child_key in called(turn.instance) {
        turn.request(Effect::ResumeCalledInstance { child_key });
    }
}

/// Keeps a signal for later.
pub(crate) fn keep_signal(
    turn: &mut Turn<'_>,
    subscription_key: i64,
    signal_key: i64,
    variables: &VariableMap,
) -> Result<(), Rejection> {
    if !turn.instance.signals.contains_key(&subscription_key) {
        let target = Target::SignalSubscription;
        return Err(Rejection::NotFound { target, key: subscription_key });
    }
    let variables = variables.clone();
    turn.emit(Event::SignalPostponed { key: subscription_key, signal_key, variables });
    Ok(())
}

/// Keeps a step for later.
pub(crate) fn postpone(turn: &mut Turn<'_>, step: Step, element_instance_key: i64) {
    turn.emit(Event::StepPostponed { element_instance_key, step });
}

/// Looks at every join, every condition and every scope: what they wait for may have come while
/// nothing moved, or the rules may be others now.
pub(crate) fn look_again(turn: &mut Turn<'_>) {
    let conditions: Vec<i64> = turn.instance.conditions.keys().copied().collect();
    for key in conditions {
        turn.reconsider(key);
    }
    let scopes = turn.instance.elements.iter();
    let is_idle =
        |it: &ElementInstance| it.children == 0 || !it.joins.is_empty() || !it.resets.is_empty();
    let idle = scopes.filter(|(_, it)| is_idle(it));
    let idle: Vec<i64> = idle.map(|(key, _)| *key).collect();
    for key in idle {
        joins::look_again(turn, key);
    }
}

/// The called instances an instance waits for.
fn called(instance: &ProcessInstance) -> Vec<i64> {
    if instance.state == InstanceState::Terminated {
        return Vec::new();
    }
    instance.elements.values().filter_map(|it| it.child_key).collect()
}
