//! What each kind of element does when it is activated, completed, left and terminated.
//!
//! Must not know commands: those have done their part when a step is taken here.
//!
//! - *activate*: inputs, then subscriptions, then the element's own work. Passes at once or waits.
//! - *complete*: the work is done; output mappings.
//! - *leave*: sequence flows; the element instance is gone afterwards.

pub(crate) mod ad_hoc;
mod business_rule_task;
pub(crate) mod call_activity;
mod compensation_event;
mod end_event;
mod escalation_event;
mod job_task;
pub(crate) mod multiple_event;
mod passing;
pub(crate) mod scope;
mod script_task;
mod signal_event;
mod user_task;
mod waiting;

pub(crate) use ad_hoc::check as check_ad_hoc;
pub(crate) use call_activity::release as release_child;

use crate::core::engine::event::{Event, Step};
use crate::core::engine::facts::Role;
use crate::core::engine::turn::{At, Failure, Turn};
use crate::core::engine::{
    compensation, data, flows, listeners, mappings, multi_instance, subscriptions,
};
use crate::core::model::{ElementKind, EndEvent, ScriptDefinition};

/// Takes an element instance from its creation to where it waits or passes.
pub(crate) fn activate(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    turn.check_limits(at)?;
    if compensation::is_back(at) {
        compensation::activate_again(turn, at);
        return Ok(());
    }
    if let (Role::Body, Some(characteristics)) = (at.role, &at.element.multi_instance) {
        return multi_instance::activate(turn, at, characteristics);
    }
    data::declare(turn, at);
    mappings::apply_inputs(turn, at)?;
    data::check_inputs(turn, at)?;
    begin(turn, at)
}

/// Waits for the start listeners, then begins the element's own work.
pub(crate) fn begin(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if listeners::await_start(turn, at)? {
        return Ok(());
    }
    match &at.element.kind {
        ElementKind::Process
        | ElementKind::SubProcess
        | ElementKind::Transaction
        | ElementKind::EventSubProcess { .. } => scope::activate(turn, at),
        ElementKind::AdHocSubProcess(definition) => ad_hoc::activate(turn, at, definition),
        ElementKind::StartEvent(_)
        | ElementKind::BoundaryEvent(_)
        | ElementKind::IntermediateThrowEvent
        | ElementKind::LinkThrowEvent { .. }
        | ElementKind::LinkCatchEvent
        | ElementKind::ManualTask
        | ElementKind::UndefinedTask
        | ElementKind::ExclusiveGateway
        | ElementKind::ParallelGateway
        | ElementKind::InclusiveGateway
        | ElementKind::ComplexGateway { .. }
        | ElementKind::InstantiatingReceiveTask(_)
        | ElementKind::EndEvent(EndEvent::None | EndEvent::Terminate) => {
            passing::activate(turn, at);
            Ok(())
        }
        ElementKind::IntermediateCatchEvent(_)
        | ElementKind::ReceiveTask(_)
        | ElementKind::EventBasedGateway(_) => waiting::activate(turn, at),
        ElementKind::EndEvent(EndEvent::Multiple(results))
        | ElementKind::MultipleThrowEvent(results) => multiple_event::activate(turn, at, results),
        ElementKind::EndEvent(EndEvent::Error { code }) => end_event::throw(turn, at, code),
        ElementKind::EndEvent(EndEvent::Escalation { code })
        | ElementKind::EscalationThrowEvent { code } => escalation_event::activate(turn, at, code),
        ElementKind::EndEvent(EndEvent::Compensation { activity })
        | ElementKind::CompensationThrowEvent { activity } => {
            compensation_event::activate(turn, at, *activity);
            Ok(())
        }
        ElementKind::EndEvent(EndEvent::Cancel) => {
            compensation_event::cancel(turn, at);
            Ok(())
        }
        ElementKind::EndEvent(EndEvent::Signal { name })
        | ElementKind::SignalThrowEvent { name } => signal_event::activate(turn, at, name),
        ElementKind::EndEvent(EndEvent::Message(job))
        | ElementKind::MessageThrowEvent(job)
        | ElementKind::ServiceTask(job)
        | ElementKind::SendTask(job)
        | ElementKind::ScriptTask(ScriptDefinition::Job(job)) => job_task::activate(turn, at, job),
        ElementKind::ScriptTask(ScriptDefinition::Feel { expression, result_variable }) => {
            script_task::activate(turn, at, expression, result_variable)
        }
        ElementKind::BusinessRuleTask(called) => business_rule_task::activate(turn, at, called),
        ElementKind::UserTask(definition) => user_task::activate(turn, at, definition),
        ElementKind::CallActivity(call) => call_activity::activate(turn, at, call),
    }
}

/// The element's work is done: its results go outward.
pub(crate) fn complete(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if compensation::is_back(at) {
        turn.next(Step::Leave, at.key);
        return Ok(());
    }
    if at.role == Role::Body {
        multi_instance::hand_over_results(turn, at);
    } else {
        if at.element.kind.is_scope() {
            subscriptions::close_inside(turn, at);
            ad_hoc::finish(turn, at);
        }
        data::check_outputs(turn, at)?;
        mappings::apply_outputs(turn, at)?;
        // Last, as what has been thrown outward can't be thrown once more.
        if let Some(results) = multiple_event::results(&at.element.kind)
            && !multiple_event::finish(turn, at, results)?
        {
            return Ok(());
        }
    }
    turn.next(Step::Leave, at.key);
    Ok(())
}

/// The element instance goes, and the path goes on.
pub(crate) fn leave(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    if listeners::await_end(turn, at)? {
        return Ok(());
    }
    let Some(scope_key) = at.scope_key else {
        scope::leave_process(turn, at);
        return Ok(());
    };
    if let (Role::Inner { loop_counter }, Some(characteristics)) =
        (at.role, &at.element.multi_instance)
    {
        return multi_instance::leave_inner(turn, at, characteristics, loop_counter);
    }
    let flows = if compensation::is_back(at) { Vec::new() } else { flows::choose(turn, at)? };
    let flows = flows::repeated(&flows, at.element.completion_quantity);
    if flows.is_empty() && !matches!(at.element.kind, ElementKind::LinkThrowEvent { .. }) {
        ad_hoc::collect(turn, at, scope_key)?;
    }
    let records = compensation::records_of(turn, at);
    turn.release_all(at.key);
    turn.emit(Event::ElementCompleted { key: at.key });
    compensation::remember(turn, scope_key, records);
    after_leaving(turn, at, scope_key);
    turn.take(&flows, scope_key);
    if flows.is_empty() && !matches!(at.element.kind, ElementKind::LinkThrowEvent { .. }) {
        ad_hoc::end_path(turn, scope_key);
    }
    turn.settle(scope_key);
    Ok(())
}

/// What some elements do when they have left, beside taking their flows.
fn after_leaving(turn: &mut Turn<'_>, at: At<'_>, scope_key: i64) {
    let kind = &at.element.kind;
    if multiple_event::throws(kind, |it| matches!(it, EndEvent::Terminate)) {
        end_event::terminate_scope(turn, scope_key);
    } else if multiple_event::throws(kind, |it| matches!(it, EndEvent::Cancel)) {
        compensation_event::leave_transaction(turn, scope_key);
    } else if let ElementKind::LinkThrowEvent { target } = *kind {
        turn.jump(target, scope_key);
    }
    if let Some(thrower) = at.compensates {
        compensation::undone(turn, thrower);
    }
}

/// Calls another process again, after an incident.
pub(crate) fn call(turn: &mut Turn<'_>, at: At<'_>) -> Result<(), Failure> {
    match &at.element.kind {
        ElementKind::CallActivity(call) => call_activity::call(turn, at, call),
        _ => Ok(()),
    }
}
