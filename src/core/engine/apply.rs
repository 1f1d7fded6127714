//! How events change state: the only mutation of a process instance.
//!
//! Must not know the definition. An event about something that is not there changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::apply_inner::{apply_to_inner, apply_to_user_task, complete_job, start_loop};
use super::event::{Event, IncidentRaised};
use super::facts::{
    ConditionSubscribed, ElementActivating, InstanceCreated, InstanceMigrated, JobCreated, Role,
    SignalSubscribed, SubscriptionOpened, TimerScheduled,
};
use super::instance::{
    Compensation, ConditionSubscription, ElementInstance, Held, Incident, InstanceState, Job,
    JobState, LoopProgress, Postponed, ProcessInstance, SignalSubscription, Subscription, Timer,
    VariableMap,
};
use super::lifecycle::Lifecycle;

/// Changes the instance as the event says.
pub fn apply(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::InstanceCreated(facts) => create(it, facts),
        Event::InstanceEnding { result } => it.ending = Some(result.clone()),
        Event::InstanceCompleted
        | Event::InstanceTerminated
        | Event::InstanceSuspended
        | Event::InstanceResumed
        | Event::InstanceMigrated(_)
        | Event::StepPostponed { .. }
        | Event::SignalPostponed { .. } => apply_change(it, event),
        Event::ElementActivating(facts) => activate(it, facts),
        Event::ElementActivated { key } => move_to(it, *key, Lifecycle::Activated),
        Event::ElementCompleting { key } => begin_to_complete(it, *key),
        Event::ElementCompleted { key } => leave(it, *key, Lifecycle::Completed),
        Event::ElementTerminating { key } => move_to(it, *key, Lifecycle::Terminating),
        Event::ElementTerminated { key } => leave(it, *key, Lifecycle::Terminated),
        Event::JoinReached { .. } | Event::JoinReleased { .. } => apply_to_join(it, event),
        Event::VariableSet { scope_key, name, value } => set(it, *scope_key, name, value),
        Event::LoopStarted(facts) => start_loop(it, facts),
        Event::TriggerHeldBack { .. }
        | Event::LoopExtended(_)
        | Event::AdHocProgressed { .. }
        | Event::LoopResultCollected { .. } => apply_to_inner(it, event),
        Event::JobCreated(facts) => create_job(it, facts),
        Event::JobCompleted { key } => complete_job(it, *key),
        Event::JobCanceled { key } => remove_job(it, *key),
        Event::JobFailed { .. }
        | Event::JobErrorThrown { .. }
        | Event::JobReopened { .. }
        | Event::JobRetriesUpdated { .. } => change_job(it, event),
        Event::UserTaskCreated(_)
        | Event::UserTaskCreating(_)
        | Event::UserTaskAssigned { .. }
        | Event::UserTaskUpdated { .. }
        | Event::UserTaskTransition { .. } => apply_to_user_task(it, event),
        Event::UserTaskCompleted { key, .. } | Event::UserTaskCanceled { key } => {
            remove_user_task(it, *key);
        }
        Event::TimerScheduled(facts) => schedule(it, facts),
        Event::TimerFired { key } | Event::TimerCanceled { key } => remove_timer(it, *key),
        Event::SubscriptionOpened(facts) => subscribe(it, facts),
        Event::SubscriptionClosed { key } => unsubscribe(it, *key),
        Event::SignalSubscribed(_)
        | Event::SignalUnsubscribed { .. }
        | Event::ConditionSubscribed(_)
        | Event::ConditionUnsubscribed { .. }
        | Event::ComplexGatewayOpened { .. }
        | Event::ComplexGatewayReset { .. }
        | Event::TriggerCollected(_)
        | Event::TriggersReleased { .. }
        | Event::CompensationRecorded { .. }
        | Event::CompensationTaken { .. }
        | Event::ChildCalled { .. }
        | Event::ChildReturned { .. } => apply_later(it, event),
        Event::IncidentRaised(facts) => raise(it, facts),
        Event::IncidentResolved { key } => remove_incident(it, *key),
        // Facts for readers; nothing that is open changes.
        Event::InstanceCopied { .. }
        | Event::SequenceFlowTaken { .. }
        | Event::MessageCorrelated { .. }
        | Event::SignalCaught { .. }
        | Event::SignalThrown { .. }
        | Event::ConditionMet { .. }
        | Event::CompensationThrown { .. }
        | Event::DecisionEvaluated(_)
        | Event::ErrorThrown { .. }
        | Event::EscalationThrown { .. } => {}
    }
}

/// The kinds of events that came with and after format 2.
fn apply_later(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::SignalSubscribed(facts) => await_signal(it, facts),
        Event::SignalUnsubscribed { key } => forget_signal(it, *key),
        Event::ConditionSubscribed(facts) => await_condition(it, facts),
        Event::ConditionUnsubscribed { key } => forget_condition(it, *key),
        Event::CompensationRecorded { scope_key, record } => {
            if let Some(scope) = it.elements.get_mut(scope_key) {
                scope.compensations.push((**record).clone());
            }
        }
        Event::CompensationTaken { scope_key, key } => {
            if let Some(scope) = it.elements.get_mut(scope_key) {
                scope.compensations.retain(|record| record.key != *key);
            }
        }
        Event::ComplexGatewayOpened { scope_key, gateway_id, flow_ids } => {
            if let Some(scope) = it.elements.get_mut(scope_key) {
                scope.resets.insert(gateway_id.clone(), flow_ids.iter().cloned().collect());
            }
        }
        Event::ComplexGatewayReset { scope_key, gateway_id } => {
            if let Some(scope) = it.elements.get_mut(scope_key) {
                scope.resets.remove(gateway_id);
            }
        }
        Event::TriggerCollected(facts) => {
            if let Some(element) = it.elements.get_mut(&facts.element_instance_key) {
                let collected = element.collected.entry(facts.element_id.clone()).or_default();
                collected.push(facts.trigger.clone());
            }
        }
        Event::TriggersReleased { element_instance_key, element_id } => {
            if let Some(element) = it.elements.get_mut(element_instance_key) {
                element.collected.remove(element_id);
            }
        }
        Event::ChildCalled { element_instance_key: key, child_key, .. } => {
            set_child(it, *key, Some(*child_key));
        }
        Event::ChildReturned { element_instance_key: key, .. } => set_child(it, *key, None),
        _ => {}
    }
}

/// Changes of the instance as a whole.
fn apply_change(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::InstanceCompleted => it.state = InstanceState::Completed,
        Event::InstanceTerminated => {
            it.state = InstanceState::Terminated;
            it.ending = None;
            it.postponed.clear();
        }
        Event::InstanceSuspended => it.state = InstanceState::Suspended,
        Event::InstanceResumed => {
            it.state = InstanceState::Active;
            it.postponed.clear();
        }
        Event::InstanceMigrated(facts) => rename(it, facts),
        Event::StepPostponed { element_instance_key, step } => {
            let (step, element_instance_key) = (*step, *element_instance_key);
            it.postponed.push(Postponed::Step { step, element_instance_key });
        }
        Event::SignalPostponed { key, signal_key, variables } => {
            let (subscription_key, signal_key) = (*key, *signal_key);
            let variables = variables.clone();
            it.postponed.push(Postponed::Signal { subscription_key, signal_key, variables });
        }
        _ => {}
    }
}

/// Every id of the definition that the instance holds becomes the new version's.
fn rename(it: &mut ProcessInstance, facts: &InstanceMigrated) {
    it.definition_key = facts.definition_key;
    it.version = facts.version;
    let elements: Renames<'_> = facts.elements.iter().map(|(old, new)| (&**old, new)).collect();
    let flows: Renames<'_> = facts.flows.iter().map(|(old, new)| (&**old, new)).collect();
    for element in it.elements.values_mut() {
        rename_one(&elements, &mut element.element_id);
        rename_records(&elements, &mut element.compensations);
        let joins = std::mem::take(&mut element.joins);
        element.joins = joins
            .into_iter()
            .map(|(gateway, waiting)| {
                let waiting = waiting.into_iter().map(|(flow, n)| (renamed(&flows, flow), n));
                (renamed(&elements, gateway), waiting.collect())
            })
            .collect();
        let resets = std::mem::take(&mut element.resets).into_iter().map(|(gateway, used)| {
            let used = used.into_iter().map(|flow| renamed(&flows, flow));
            (renamed(&elements, gateway), used.collect())
        });
        element.resets = resets.collect();
        let collected = std::mem::take(&mut element.collected).into_iter();
        element.collected =
            collected.map(|(event, come)| (renamed(&elements, event), come)).collect();
        rename_planned(&elements, element);
    }
    for listened in it.user_tasks.values_mut().filter_map(|it| it.listened.as_deref_mut()) {
        rename_one(&elements, &mut listened.facts.element_id);
    }
    let waits = (it.timers.values_mut().map(|it| &mut it.element_id))
        .chain(it.subscriptions.values_mut().map(|it| &mut it.element_id))
        .chain(it.signals.values_mut().map(|it| &mut it.element_id))
        .chain(it.conditions.values_mut().map(|it| &mut it.element_id));
    for element_id in waits {
        rename_one(&elements, element_id);
    }
}

/// What is to happen or to begin in an element.
fn rename_planned(renames: &Renames<'_>, element: &mut ElementInstance) {
    if let Some(held) = element.held_back.as_deref_mut() {
        rename_one(renames, &mut held.event_id);
    }
    for activation in element.ad_hoc.iter_mut().flat_map(|it| it.queue.iter_mut()) {
        if let Some(new) = renames.get(activation.element_id.as_str()) {
            activation.element_id = new.to_string();
        }
    }
}

/// New ids by old ones.
type Renames<'f> = BTreeMap<&'f str, &'f Arc<str>>;

fn renamed(renames: &Renames<'_>, id: Arc<str>) -> Arc<str> {
    renames.get(&*id).map_or(id, |new| (*new).clone())
}

fn rename_one(renames: &Renames<'_>, id: &mut Arc<str>) {
    if let Some(new) = renames.get(&**id) {
        *id = (*new).clone();
    }
}

fn rename_records(renames: &Renames<'_>, records: &mut [Compensation]) {
    for record in records {
        rename_one(renames, &mut record.element_id);
        rename_records(renames, &mut record.inner);
    }
}

fn create(it: &mut ProcessInstance, facts: &InstanceCreated) {
    it.key = facts.key;
    it.definition_key = facts.definition_key;
    it.process_id = facts.process_id.clone();
    it.version = facts.version;
    it.parent = facts.parent;
    it.state = InstanceState::Active;
}

fn activate(it: &mut ProcessInstance, facts: &ElementActivating) {
    let element = ElementInstance {
        element_id: facts.element_id.clone(),
        scope_key: facts.scope_key,
        role: facts.role,
        lifecycle: Lifecycle::Activating,
        is_triggered: facts.is_triggered,
        variables: VariableMap::new(),
        joins: BTreeMap::new(),
        resets: BTreeMap::new(),
        collected: BTreeMap::new(),
        progress: None,
        child_key: None,
        compensates: facts.compensates,
        compensations: Vec::new(),
        undoing: 0,
        listeners_done: 0,
        held_back: None,
        ad_hoc: None,
        children: 0,
    };
    if let Some(thrower) = facts.compensates.and_then(|key| it.elements.get_mut(&key)) {
        thrower.undoing += 1;
    }
    if let Role::Inner { .. } = facts.role {
        count_inner(it, facts.scope_key, |progress| progress.started += 1);
    }
    it.insert_element(facts.key, element);
}

fn count_inner(
    it: &mut ProcessInstance,
    scope_key: Option<i64>,
    change: impl FnOnce(&mut LoopProgress),
) {
    let scope = scope_key.and_then(|key| it.elements.get_mut(&key));
    if let Some(progress) = scope.and_then(|scope| scope.progress.as_deref_mut()) {
        change(progress);
    }
}

fn move_to(it: &mut ProcessInstance, key: i64, lifecycle: Lifecycle) {
    if let Some(element) = it.elements.get_mut(&key) {
        element.lifecycle = lifecycle;
    }
}

/// The end has listeners of its own.
fn begin_to_complete(it: &mut ProcessInstance, key: i64) {
    move_to(it, key, Lifecycle::Completing);
    if let Some(element) = it.elements.get_mut(&key) {
        element.listeners_done = 0;
    }
}

/// The outermost scope stays, for its variables only.
fn leave(it: &mut ProcessInstance, key: i64, lifecycle: Lifecycle) {
    if key == it.key {
        if let Some(root) = it.elements.get_mut(&key) {
            root.lifecycle = lifecycle;
            root.joins.clear();
            root.resets.clear();
            root.collected.clear();
            root.compensations.clear();
        }
        return;
    }
    let Some(element) = it.elements.get(&key) else { return };
    let compensates = element.compensates;
    if lifecycle == Lifecycle::Completed && matches!(element.role, Role::Inner { .. }) {
        let scope_key = element.scope_key;
        count_inner(it, scope_key, |progress| progress.completed += 1);
    }
    if let Some(thrower) = compensates.and_then(|thrower| it.elements.get_mut(&thrower)) {
        thrower.undoing = thrower.undoing.saturating_sub(1);
    }
    it.remove_element(key);
}

fn apply_to_join(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::JoinReached { scope_key, gateway_id, flow_id } => {
            join(it, *scope_key, gateway_id, flow_id);
        }
        Event::JoinReleased { scope_key, gateway_id, flow_ids } => {
            unjoin(it, *scope_key, gateway_id, flow_ids);
        }
        _ => {}
    }
}

fn join(it: &mut ProcessInstance, scope_key: i64, gateway_id: &Arc<str>, flow_id: &Arc<str>) {
    if let Some(scope) = it.elements.get_mut(&scope_key) {
        let waiting = scope.joins.entry(gateway_id.clone()).or_default();
        *waiting.entry(flow_id.clone()).or_default() += 1;
    }
}

fn unjoin(it: &mut ProcessInstance, scope_key: i64, gateway_id: &Arc<str>, flows: &[Arc<str>]) {
    let Some(scope) = it.elements.get_mut(&scope_key) else { return };
    let Some(waiting) = scope.joins.get_mut(gateway_id) else { return };
    for flow_id in flows {
        if let Some(count) = waiting.get_mut(flow_id) {
            *count = count.saturating_sub(1);
        }
    }
    waiting.retain(|_, count| *count > 0);
    if waiting.is_empty() {
        scope.joins.remove(gateway_id);
    }
}

fn set(it: &mut ProcessInstance, scope_key: i64, name: &str, value: &Value) {
    if let Some(scope) = it.elements.get_mut(&scope_key) {
        scope.variables.insert(name.to_owned(), value.clone());
    }
}

fn create_job(it: &mut ProcessInstance, facts: &JobCreated) {
    let element_instance_key = facts.element_instance_key;
    let job = Job {
        element_instance_key,
        kind: facts.kind,
        retries: facts.retries,
        state: JobState::Available,
    };
    it.jobs.insert(facts.key, job);
    it.hold(element_instance_key, Held::Job(facts.key));
}

fn change_job(it: &mut ProcessInstance, event: &Event) {
    match event {
        Event::JobFailed { key, retries, .. } => fail_job(it, *key, *retries),
        Event::JobErrorThrown { key, .. } => set_job(it, *key, JobState::ErrorThrown),
        Event::JobReopened { key } => set_job(it, *key, JobState::Available),
        Event::JobRetriesUpdated { key, retries } => set_retries(it, *key, *retries),
        _ => {}
    }
}

fn fail_job(it: &mut ProcessInstance, key: i64, retries: i32) {
    if let Some(job) = it.jobs.get_mut(&key) {
        job.retries = retries;
        job.state = if retries > 0 { JobState::Available } else { JobState::Failed };
    }
}

fn set_job(it: &mut ProcessInstance, key: i64, state: JobState) {
    if let Some(job) = it.jobs.get_mut(&key) {
        job.state = state;
    }
}

fn set_retries(it: &mut ProcessInstance, key: i64, retries: i32) {
    if let Some(job) = it.jobs.get_mut(&key) {
        job.retries = retries;
    }
}

pub(super) fn remove_job(it: &mut ProcessInstance, key: i64) {
    if let Some(job) = it.jobs.remove(&key) {
        it.release(job.element_instance_key, Held::Job(key));
    }
}

fn remove_user_task(it: &mut ProcessInstance, key: i64) {
    if let Some(user_task) = it.user_tasks.remove(&key) {
        it.release(user_task.element_instance_key, Held::UserTask(key));
    }
}

fn schedule(it: &mut ProcessInstance, facts: &TimerScheduled) {
    let timer = Timer {
        element_instance_key: facts.element_instance_key,
        element_id: facts.element_id.clone(),
        due_at: facts.due_at,
        repetition: facts.repetition.clone(),
        part: facts.part,
    };
    it.timers.insert(facts.key, timer);
    it.hold(facts.element_instance_key, Held::Timer(facts.key));
}

fn remove_timer(it: &mut ProcessInstance, key: i64) {
    if let Some(timer) = it.timers.remove(&key) {
        it.release(timer.element_instance_key, Held::Timer(key));
    }
}

fn subscribe(it: &mut ProcessInstance, facts: &SubscriptionOpened) {
    let subscription = Subscription {
        element_instance_key: facts.element_instance_key,
        element_id: facts.element_id.clone(),
        message_name: facts.message_name.clone(),
        correlation_key: facts.correlation_key.clone(),
        is_interrupting: facts.is_interrupting,
        part: facts.part,
    };
    it.subscriptions.insert(facts.key, subscription);
    it.hold(facts.element_instance_key, Held::Subscription(facts.key));
}

fn unsubscribe(it: &mut ProcessInstance, key: i64) {
    if let Some(subscription) = it.subscriptions.remove(&key) {
        it.release(subscription.element_instance_key, Held::Subscription(key));
    }
}

fn await_signal(it: &mut ProcessInstance, facts: &SignalSubscribed) {
    let subscription = SignalSubscription {
        element_instance_key: facts.element_instance_key,
        element_id: facts.element_id.clone(),
        signal_name: facts.signal_name.clone(),
        is_interrupting: facts.is_interrupting,
        part: facts.part,
    };
    it.signals.insert(facts.key, subscription);
    it.hold(facts.element_instance_key, Held::Signal(facts.key));
}

fn forget_signal(it: &mut ProcessInstance, key: i64) {
    if let Some(subscription) = it.signals.remove(&key) {
        it.release(subscription.element_instance_key, Held::Signal(key));
    }
}

fn await_condition(it: &mut ProcessInstance, facts: &ConditionSubscribed) {
    let subscription = ConditionSubscription {
        element_instance_key: facts.element_instance_key,
        element_id: facts.element_id.clone(),
        is_interrupting: facts.is_interrupting,
        part: facts.part,
    };
    it.conditions.insert(facts.key, subscription);
    it.hold(facts.element_instance_key, Held::Condition(facts.key));
}

fn forget_condition(it: &mut ProcessInstance, key: i64) {
    if let Some(subscription) = it.conditions.remove(&key) {
        it.release(subscription.element_instance_key, Held::Condition(key));
    }
}

fn raise(it: &mut ProcessInstance, facts: &IncidentRaised) {
    let incident = Incident {
        element_instance_key: facts.element_instance_key,
        kind: facts.kind,
        job_key: facts.job_key,
        step: facts.step,
    };
    it.incidents.insert(facts.key, incident);
    it.hold(facts.element_instance_key, Held::Incident(facts.key));
}

fn remove_incident(it: &mut ProcessInstance, key: i64) {
    if let Some(incident) = it.incidents.remove(&key) {
        it.release(incident.element_instance_key, Held::Incident(key));
    }
}

fn set_child(it: &mut ProcessInstance, key: i64, child_key: Option<i64>) {
    if let Some(element) = it.elements.get_mut(&key) {
        element.child_key = child_key;
    }
}
