//! What a command does to an instance.
//!
//! Every command is checked whole before its first event. Must not know what elements do.

use super::command::{Command, CreateInstance};
use super::context::{Outcome, TurnContext};
use super::effect::{CallResult, Effect};
use super::elements::{ad_hoc, call_activity, scope};
use super::errors::Thrown;
use super::event::{Event, Step};
use super::facts::{AwaitedTrigger, CollectedTrigger, ElementActivating, InstanceCreated, Role};
use super::instance::{InstanceState, ProcessInstance, VariableMap};
use super::jobs::{self, Attempt};
use super::rejection::{Rejection, Target};
use super::turn::Turn;
use super::{
    copies, incidents, migration, modification, signals, subscriptions, suspension, triggers,
    user_tasks,
};
use crate::core::model::{ElementIndex, ElementKind, ProcessDefinition};

/// Advances an instance by one command, in place, until nothing can go on by itself.
///
/// The definition must be the one the instance was created with.
///
/// # Errors
///
/// When the command does not fit the instance; the instance is then exactly what it was.
pub fn decide(
    definition: &ProcessDefinition,
    instance: &mut ProcessInstance,
    command: &Command,
    turn: &mut TurnContext,
) -> Result<Outcome, Rejection> {
    check_state(definition, instance, command)?;
    if let Command::MigrateInstance(plan) = command {
        return migration::migrate(definition, instance, plan, turn);
    }
    let mut turn = Turn::new(definition, instance, turn);
    perform(&mut turn, command)?;
    Ok(turn.run())
}

fn check_state(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
    command: &Command,
) -> Result<(), Rejection> {
    let (key, state) = (instance.key, instance.state);
    let process_id = match (command, state) {
        (Command::CreateInstance(facts), InstanceState::Empty) => &facts.process_id,
        (Command::CreateInstance(_), _) => return Err(Rejection::AlreadyCreated { key }),
        (Command::Resume, InstanceState::Active) => {
            return Err(Rejection::NotSuspended { key, state });
        }
        (_, InstanceState::Active) => &instance.process_id,
        (command, InstanceState::Suspended) if suspension::is_taken(command) => {
            &instance.process_id
        }
        _ => return Err(Rejection::NotActive { key, state }),
    };
    if *process_id == definition.id {
        return Ok(());
    }
    let (expected, found) = (process_id.to_string(), definition.id.to_string());
    Err(Rejection::WrongDefinition { expected, found })
}

fn perform(turn: &mut Turn<'_>, command: &Command) -> Result<(), Rejection> {
    match command {
        Command::CreateInstance(facts) => create(turn, facts),
        Command::CompleteJob { job_key, variables } => jobs::complete(turn, *job_key, variables),
        Command::FailJob { job_key, retries, message, backoff_until, variables } => {
            let (retries, backoff_until) = (*retries, *backoff_until);
            jobs::fail(turn, *job_key, &Attempt { retries, message, backoff_until, variables })
        }
        Command::ThrowJobError { job_key, code, message, variables } => {
            jobs::throw_error(turn, *job_key, &Thrown { code, message, variables })
        }
        Command::UpdateJobRetries { job_key, retries } => {
            jobs::update_retries(turn, *job_key, *retries)
        }
        Command::CompleteUserTask { user_task_key, variables, by } => {
            user_tasks::complete(turn, *user_task_key, variables, by.as_ref())
        }
        Command::AssignUserTask { user_task_key, assignee } => {
            user_tasks::assign(turn, *user_task_key, assignee.as_ref())
        }
        Command::UpdateUserTask { user_task_key, changes } => {
            user_tasks::update(turn, *user_task_key, changes)
        }
        Command::FireTimer { timer_key } => subscriptions::fire_timer(turn, *timer_key),
        Command::CorrelateMessage { subscription_key, message_key, variables } => {
            subscriptions::correlate(turn, *subscription_key, *message_key, variables)
        }
        Command::CatchSignal { subscription_key, signal_key, variables }
            if turn.instance.state == InstanceState::Suspended =>
        {
            suspension::keep_signal(turn, *subscription_key, *signal_key, variables)
        }
        Command::CatchSignal { subscription_key, signal_key, variables } => {
            signals::catch(turn, *subscription_key, *signal_key, variables)
        }
        Command::ResolveIncident { incident_key } => incidents::resolve(turn, *incident_key),
        Command::SetVariables { scope_key, variables, is_local } => {
            set_variables(turn, *scope_key, variables, *is_local)
        }
        Command::ActivateElements { element_instance_key, element_ids } => {
            ad_hoc::begin(turn, *element_instance_key, element_ids)
        }
        Command::GoOnAsCopy(how) => copies::go_on(turn, how),
        Command::RepairIncident(repair) => incidents::repair(turn, repair),
        Command::ModifyInstance { instructions } => modification::modify(turn, instructions),
        // A migration is carried out before, as it needs both definitions.
        Command::Cancel | Command::Suspend | Command::Resume | Command::MigrateInstance(_) => {
            perform_whole(turn, command);
            Ok(())
        }
        Command::CompleteCalledInstance { .. }
        | Command::FailCalledInstance { .. }
        | Command::EscalateCalledInstance { .. }
        | Command::CalledInstanceTerminated { .. }
        | Command::CalledInstanceRefused { .. } => hear_of_called(turn, command),
    }
}

/// What a called instance, or whoever should have started it, has to say.
fn hear_of_called(turn: &mut Turn<'_>, command: &Command) -> Result<(), Rejection> {
    match command {
        Command::CompleteCalledInstance { element_instance_key, child_key, variables } => {
            call_activity::complete(turn, *element_instance_key, *child_key, variables)
        }
        Command::FailCalledInstance {
            element_instance_key: key,
            child_key,
            code,
            message,
            variables,
        } => call_activity::fail(turn, *key, *child_key, &Thrown { code, message, variables }),
        Command::EscalateCalledInstance { element_instance_key, child_key, code } => {
            call_activity::escalate(turn, *element_instance_key, *child_key, code)
        }
        Command::CalledInstanceTerminated { element_instance_key, child_key } => {
            let message = format!("called process instance {child_key} was cancelled");
            call_activity::lose(turn, *element_instance_key, *child_key, &message)
        }
        Command::CalledInstanceRefused { element_instance_key, child_key, message } => {
            call_activity::lose(turn, *element_instance_key, *child_key, message)
        }
        _ => Ok(()),
    }
}

/// Commands to the instance as a whole that always fit.
fn perform_whole(turn: &mut Turn<'_>, command: &Command) {
    match command {
        Command::Cancel => cancel(turn),
        Command::Suspend => suspension::suspend(turn),
        Command::Resume => suspension::resume(turn),
        _ => {}
    }
}

fn create(turn: &mut Turn<'_>, facts: &CreateInstance) -> Result<(), Rejection> {
    let start = find_start(turn.definition, facts.start_element_id.as_deref())?;
    let key = facts.key;
    turn.emit(Event::InstanceCreated(Box::new(InstanceCreated {
        key,
        definition_key: facts.definition_key,
        process_id: facts.process_id.clone(),
        version: facts.version,
        parent: facts.parent,
        start_element_id: facts.start_element_id.clone(),
        started_by: facts.started_by.clone(),
        origin_key: facts.origin_key,
    })));
    turn.emit(Event::ElementActivating(ElementActivating {
        key,
        element_id: turn.definition.id.clone(),
        scope_key: None,
        role: Role::Single,
        is_triggered: false,
        compensates: None,
    }));
    let holder = match start {
        Some(start) => {
            pass_gateway(turn, start, key);
            let start_key = turn.create_triggered(start, key);
            let chooses = !turn.definition.element(start).io.outputs.is_empty();
            if chooses { start_key } else { key }
        }
        None => key,
    };
    turn.set_local(holder, &facts.variables);
    turn.push(Step::Activate, key);
    Ok(())
}

/// What started the process may stand behind an event-based gateway: the gateway is passed, or,
/// when it needs all its events, waits for the others (BPMN 2.0, 10.6.6).
fn pass_gateway(turn: &mut Turn<'_>, start: ElementIndex, scope_key: i64) {
    let Some((gateway, flow)) = turn.definition.instantiating_gateway(start) else { return };
    let kind = &turn.definition.element(gateway).kind;
    let needs_all = matches!(kind, ElementKind::EventBasedGateway(it) if it.needs_all);
    let key = turn.create_waiting(gateway, scope_key);
    if needs_all {
        let (variables, awaited) = (VariableMap::new(), AwaitedTrigger::Thrown);
        triggers::collect(turn, key, start, CollectedTrigger { part: 0, variables, awaited });
    } else {
        turn.emit(Event::ElementCompleted { key });
    }
    let flow_id = turn.definition.flow(flow).id.clone();
    turn.emit(Event::SequenceFlowTaken { scope_key, flow_id });
}

/// The triggered start event; `None` when the process begins without a trigger.
fn find_start(
    definition: &ProcessDefinition,
    wanted: Option<&str>,
) -> Result<Option<ElementIndex>, Rejection> {
    let refused = |wanted: &str| Rejection::NoStartEvent {
        process_id: definition.id.to_string(),
        wanted: wanted.to_owned(),
    };
    let starts: Vec<ElementIndex> = definition
        .element(ProcessDefinition::ROOT)
        .children
        .iter()
        .copied()
        .filter(|child| matches!(definition.element(*child).kind, ElementKind::StartEvent(_)))
        .collect();
    let triggered: Vec<ElementIndex> =
        definition.starts().iter().map(|start| start.element).collect();
    match wanted {
        Some(id) => {
            let mut all = starts.into_iter().chain(triggered);
            let found = all.find(|start| *definition.element(*start).id == *id);
            found.map(Some).ok_or_else(|| refused(&format!("'{id}'")))
        }
        None if starts.is_empty() && triggered.is_empty() => Ok(None),
        None if starts.iter().any(|start| scope::is_none_start(definition, *start)) => Ok(None),
        None => Err(refused("without a trigger")),
    }
}

pub(crate) fn set_variables(
    turn: &mut Turn<'_>,
    scope_key: i64,
    variables: &VariableMap,
    is_local: bool,
) -> Result<(), Rejection> {
    if turn.at(scope_key).is_none() {
        let target = Target::ElementInstance;
        return Err(Rejection::NotFound { target, key: scope_key });
    }
    if is_local {
        turn.set_local(scope_key, variables);
    } else {
        turn.propagate(scope_key, variables);
    }
    Ok(())
}

fn cancel(turn: &mut Turn<'_>) {
    turn.terminate(turn.instance.key);
    turn.emit(Event::InstanceTerminated);
    if let Some(parent) = turn.instance.parent {
        turn.request(Effect::NotifyParent { parent, result: CallResult::Terminated });
    }
}
