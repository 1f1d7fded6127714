//! The keys that an event names, so that a history can be told of another instance.
//!
//! Must not know why keys change.
//!
//! **Invariant:** every key of something inside the instance is visited. Keys of messages, signals,
//! definitions and callers are not: those stay what they are wherever the history is told.

use super::event::Event;
use super::instance::Compensation;

impl Event {
    /// Visits the keys of the instance itself and of everything in it.
    pub(crate) fn visit_own_keys(&mut self, visit: &mut dyn FnMut(&mut i64)) {
        match self {
            Self::InstanceCompleted
            | Self::InstanceTerminated
            | Self::InstanceEnding { .. }
            | Self::InstanceSuspended
            | Self::InstanceResumed
            | Self::InstanceMigrated(_)
            | Self::InstanceCopied { .. } => {}
            Self::InstanceCreated(_)
            | Self::ElementActivating(_)
            | Self::LoopStarted(_)
            | Self::LoopExtended(_)
            | Self::CompensationRecorded { .. }
            | Self::CompensationTaken { .. }
            | Self::DecisionEvaluated(_)
            | Self::TriggerCollected(_)
            | Self::IncidentRaised(_) => self.visit_keys_of_facts(visit),
            Self::JobCreated(_)
            | Self::UserTaskCreated(_)
            | Self::UserTaskCreating(_)
            | Self::TimerScheduled(_)
            | Self::SubscriptionOpened(_)
            | Self::SignalSubscribed(_)
            | Self::ConditionSubscribed(_) => self.visit_keys_of_wait(visit),
            Self::ElementActivated { key }
            | Self::ElementCompleting { key }
            | Self::ElementCompleted { key }
            | Self::ElementTerminating { key }
            | Self::ElementTerminated { key }
            | Self::LoopResultCollected { key, .. }
            | Self::SequenceFlowTaken { scope_key: key, .. }
            | Self::JoinReached { scope_key: key, .. }
            | Self::JoinReleased { scope_key: key, .. }
            | Self::ComplexGatewayOpened { scope_key: key, .. }
            | Self::ComplexGatewayReset { scope_key: key, .. }
            | Self::TriggersReleased { element_instance_key: key, .. }
            | Self::VariableSet { scope_key: key, .. }
            | Self::ChildCalled { element_instance_key: key, .. }
            | Self::ChildReturned { element_instance_key: key, .. }
            | Self::ErrorThrown { element_instance_key: key, .. }
            | Self::EscalationThrown { element_instance_key: key, .. }
            | Self::SignalThrown { element_instance_key: key, .. }
            | Self::CompensationThrown { element_instance_key: key, .. }
            | Self::JobCompleted { key }
            | Self::JobFailed { key, .. }
            | Self::JobErrorThrown { key, .. }
            | Self::JobRetriesUpdated { key, .. }
            | Self::JobReopened { key }
            | Self::JobCanceled { key }
            | Self::AdHocProgressed { key, .. }
            | Self::TriggerHeldBack { key, .. }
            | Self::UserTaskTransition { key, .. }
            | Self::UserTaskAssigned { key, .. }
            | Self::UserTaskUpdated { key, .. }
            | Self::UserTaskCompleted { key, .. }
            | Self::UserTaskCanceled { key }
            | Self::TimerFired { key }
            | Self::TimerCanceled { key }
            | Self::MessageCorrelated { key, .. }
            | Self::SubscriptionClosed { key }
            | Self::SignalCaught { key, .. }
            | Self::SignalPostponed { key, .. }
            | Self::StepPostponed { element_instance_key: key, .. }
            | Self::SignalUnsubscribed { key }
            | Self::ConditionMet { key }
            | Self::ConditionUnsubscribed { key }
            | Self::IncidentResolved { key } => visit(key),
        }
    }

    /// Of what says more than a key.
    fn visit_keys_of_facts(&mut self, visit: &mut dyn FnMut(&mut i64)) {
        match self {
            Self::InstanceCreated(facts) => visit(&mut facts.key),
            Self::ElementActivating(facts) => {
                visit(&mut facts.key);
                facts.scope_key.iter_mut().for_each(&mut *visit);
                facts.compensates.iter_mut().for_each(visit);
            }
            Self::LoopStarted(facts) => visit(&mut facts.key),
            Self::LoopExtended(facts) => visit(&mut facts.key),
            // What was decided is kept once, with the instance that asked for it.
            Self::DecisionEvaluated(facts) => visit(&mut facts.element_instance_key),
            Self::TriggerCollected(facts) => visit(&mut facts.element_instance_key),
            Self::CompensationRecorded { scope_key, record } => {
                visit(scope_key);
                visit_record(record, visit);
            }
            Self::CompensationTaken { scope_key, key } => {
                visit(scope_key);
                visit(key);
            }
            Self::IncidentRaised(facts) => {
                visit(&mut facts.key);
                visit(&mut facts.element_instance_key);
                facts.job_key.iter_mut().for_each(visit);
            }
            _ => {}
        }
    }

    /// Of work and of waits, which have a key and somebody who waits.
    fn visit_keys_of_wait(&mut self, visit: &mut dyn FnMut(&mut i64)) {
        let (key, holder) = match self {
            Self::JobCreated(it) => (&mut it.key, &mut it.element_instance_key),
            Self::UserTaskCreated(it) | Self::UserTaskCreating(it) => {
                (&mut it.key, &mut it.element_instance_key)
            }
            Self::TimerScheduled(it) => (&mut it.key, &mut it.element_instance_key),
            Self::SubscriptionOpened(it) => (&mut it.key, &mut it.element_instance_key),
            Self::SignalSubscribed(it) => (&mut it.key, &mut it.element_instance_key),
            Self::ConditionSubscribed(it) => (&mut it.key, &mut it.element_instance_key),
            _ => return,
        };
        visit(key);
        visit(holder);
    }
}

/// A record has a key of its own, and so has all that it remembers.
fn visit_record(record: &mut Compensation, visit: &mut dyn FnMut(&mut i64)) {
    visit(&mut record.key);
    for inner in &mut record.inner {
        visit_record(inner, visit);
    }
}
