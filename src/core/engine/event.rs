//! What happened to a process instance: the journal's vocabulary.
//!
//! Must not know how events are stored or shown.
//!
//! **Invariant:** a stored event's meaning never changes. New facts get new variants or optional
//! fields; `journal` lifts older formats when reading.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::command::{ElementActivation, TaskCorrections, UserTaskChanges};
use super::effect::CallResult;
use super::facts::{
    ConditionSubscribed, DecisionEvaluated, ElementActivating, InstanceCreated, InstanceMigrated,
    JobCreated, LoopExtended, LoopStarted, SignalSubscribed, SubscriptionOpened, TimerScheduled,
    TriggerCollected, UserTaskCreated,
};
use super::instance::{Compensation, VariableMap};
use super::listened::TaskTransition;

/// A fact about one process instance. Keys named `key` are of the thing the event is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The instance exists. Its outermost element instance, with the same key, follows.
    InstanceCreated(Box<InstanceCreated>),
    /// All has been done. The outermost scope keeps its variables.
    InstanceCompleted,
    /// It was cancelled, or ended by an error handed to the calling instance.
    InstanceTerminated,
    /// It is being ended, but something in it ends first.
    InstanceEnding {
        /// What the caller will be told.
        result: Box<CallResult>,
    },
    /// It rests: nothing advances until it is resumed.
    InstanceSuspended,
    /// It goes on; what was postponed is done next.
    InstanceResumed,
    /// It runs another version of its process from now on.
    InstanceMigrated(Box<InstanceMigrated>),
    /// A suspended instance is to take a step when it goes on.
    StepPostponed {
        /// The element instance.
        element_instance_key: i64,
        /// The step.
        step: Step,
    },
    /// A signal reached a suspended instance and is kept until it goes on.
    SignalPostponed {
        /// The subscription.
        key: i64,
        /// The signal.
        signal_key: i64,
        /// What it carries.
        variables: VariableMap,
    },
    /// All turns before this one are another instance's, told again of this one.
    InstanceCopied {
        /// The other instance.
        source_key: i64,
        /// The last of its turns that was taken over.
        turn: i64,
    },

    /// An element instance exists and is being prepared.
    ElementActivating(ElementActivating),
    /// It is at work or waits. Elements that pass at once skip this state.
    ElementActivated {
        /// The element instance.
        key: i64,
    },
    /// Its work is done, but it can't leave yet: an incident says why.
    ElementCompleting {
        /// The element instance.
        key: i64,
    },
    /// It has left the instance.
    ElementCompleted {
        /// The element instance.
        key: i64,
    },
    /// It is being ended from outside; what it holds ends first.
    ElementTerminating {
        /// The element instance.
        key: i64,
    },
    /// It was ended from outside and has left the instance.
    ElementTerminated {
        /// The element instance.
        key: i64,
    },
    /// An event happened, but what it interrupts ends first.
    TriggerHeldBack {
        /// What it interrupts: its host, or the scope of its event sub-process.
        key: i64,
        /// The event.
        event_id: Arc<str>,
        /// What it brought.
        variables: VariableMap,
    },
    /// A sequence flow was taken.
    SequenceFlowTaken {
        /// The scope in which it was taken.
        scope_key: i64,
        /// The sequence flow.
        flow_id: Arc<str>,
    },
    /// A path has arrived at a joining gateway and waits there.
    JoinReached {
        /// The scope of the gateway.
        scope_key: i64,
        /// The gateway.
        gateway_id: Arc<str>,
        /// The flow by which the path arrived.
        flow_id: Arc<str>,
    },
    /// One waiting path of each of the flows has gone into the gateway, or was ended.
    JoinReleased {
        /// The scope of the gateway.
        scope_key: i64,
        /// The gateway.
        gateway_id: Arc<str>,
        /// The flows.
        flow_ids: Vec<Arc<str>>,
    },
    /// A complex gateway has opened and waits for its reset (BPMN 2.0, 13.4.5).
    ComplexGatewayOpened {
        /// The scope of the gateway.
        scope_key: i64,
        /// The gateway.
        gateway_id: Arc<str>,
        /// The flows whose paths went in; a reset awaits the others.
        flow_ids: Vec<Arc<str>>,
    },
    /// A complex gateway waits for its first path again.
    ComplexGatewayReset {
        /// The scope of the gateway.
        scope_key: i64,
        /// The gateway.
        gateway_id: Arc<str>,
    },
    /// A variable has a new value.
    VariableSet {
        /// The element instance that holds the variable.
        scope_key: i64,
        /// Its name.
        name: String,
        /// Its value.
        value: Value,
    },
    /// A multi-instance body knows its items.
    LoopStarted(LoopStarted),
    /// A multi-instance body has more items.
    LoopExtended(LoopExtended),
    /// An inner instance, or a path of an ad-hoc sub-process, gave its result.
    LoopResultCollected {
        /// The multi-instance body.
        key: i64,
        /// Which inner instance or path, from 1.
        loop_counter: u32,
        /// The result.
        value: Value,
    },

    /// An ad-hoc sub-process has come nearer to its end.
    AdHocProgressed {
        /// The ad-hoc sub-process.
        key: i64,
        /// How.
        step: AdHocStep,
    },

    /// Work for a job worker exists.
    JobCreated(Box<JobCreated>),
    /// The work is done; the job is gone.
    JobCompleted {
        /// The job.
        key: i64,
    },
    /// An attempt failed. With no retries left the job rests until its incident is resolved.
    JobFailed {
        /// The job.
        key: i64,
        /// Attempts left, never negative.
        retries: i32,
        /// Why.
        message: String,
        /// Not to be tried again before, in milliseconds UTC.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        backoff_until: Option<i64>,
    },
    /// The work ended in a business error. If it is caught, [`Event::JobCanceled`] follows;
    /// otherwise the job rests until its incident is resolved.
    JobErrorThrown {
        /// The job.
        key: i64,
        /// The error's code.
        code: String,
        /// For people.
        message: String,
    },
    /// The job has new attempts.
    JobRetriesUpdated {
        /// The job.
        key: i64,
        /// Attempts left.
        retries: i32,
    },
    /// A resting job can be taken again.
    JobReopened {
        /// The job.
        key: i64,
    },
    /// Nobody needs the work any more; the job is gone.
    JobCanceled {
        /// The job.
        key: i64,
    },

    /// Work for a person is being prepared; nobody sees it yet.
    UserTaskCreating(Box<UserTaskCreated>),
    /// A user task is about to change, once its listeners are done, or has come nearer to it.
    UserTaskTransition {
        /// The user task.
        key: i64,
        /// How far it is.
        step: TransitionStep,
    },
    /// Work for a person exists.
    UserTaskCreated(Box<UserTaskCreated>),
    /// It was given to a person, or put back.
    UserTaskAssigned {
        /// The user task.
        key: i64,
        /// The person.
        assignee: Option<String>,
    },
    /// What surrounds it changed.
    UserTaskUpdated {
        /// The user task.
        key: i64,
        /// Only what changed.
        changes: UserTaskChanges,
    },
    /// It is done and gone.
    UserTaskCompleted {
        /// The user task.
        key: i64,
        /// Who did it.
        by: Option<String>,
    },
    /// Nobody needs it any more; it is gone.
    UserTaskCanceled {
        /// The user task.
        key: i64,
    },

    /// A timer waits.
    TimerScheduled(TimerScheduled),
    /// It was due and is gone; a repeating one is followed by its next [`Event::TimerScheduled`].
    TimerFired {
        /// The timer.
        key: i64,
    },
    /// Nobody waits for it any more; it is gone.
    TimerCanceled {
        /// The timer.
        key: i64,
    },

    /// A message is waited for.
    SubscriptionOpened(SubscriptionOpened),
    /// A message came. The subscription stays until [`Event::SubscriptionClosed`].
    MessageCorrelated {
        /// The subscription.
        key: i64,
        /// The message.
        message_key: i64,
    },
    /// The message is not waited for any more.
    SubscriptionClosed {
        /// The subscription.
        key: i64,
    },

    /// A signal is waited for.
    SignalSubscribed(SignalSubscribed),
    /// A signal came. The subscription stays until [`Event::SignalUnsubscribed`].
    SignalCaught {
        /// The subscription.
        key: i64,
        /// The signal.
        signal_key: i64,
    },
    /// The signal is not waited for any more.
    SignalUnsubscribed {
        /// The subscription.
        key: i64,
    },
    /// A signal was thrown to everybody (BPMN 2.0, 10.5.5).
    SignalThrown {
        /// Where.
        element_instance_key: i64,
        /// The signal.
        signal_key: i64,
        /// Its name.
        signal_name: String,
    },

    /// A condition is waited for.
    ConditionSubscribed(ConditionSubscribed),
    /// It was met. It is waited for on until [`Event::ConditionUnsubscribed`].
    ConditionMet {
        /// The wait.
        key: i64,
    },
    /// The condition is not waited for any more.
    ConditionUnsubscribed {
        /// The wait.
        key: i64,
    },

    /// A decision was made, or failed, which an incident follows.
    DecisionEvaluated(Box<DecisionEvaluated>),
    /// One of several triggers came; the event happens when all of them have (BPMN 2.0, 10.5.5).
    TriggerCollected(Box<TriggerCollected>),
    /// All have come, or none is waited for any more: the element instance forgets them.
    TriggersReleased {
        /// The element instance that waited.
        element_instance_key: i64,
        /// The event.
        element_id: Arc<str>,
    },

    /// An activity completed that can be compensated (BPMN 2.0, 10.7).
    CompensationRecorded {
        /// The scope that remembers it.
        scope_key: i64,
        /// What it remembers.
        record: Box<Compensation>,
    },
    /// What completed is being undone; the scope forgets it.
    CompensationTaken {
        /// The scope.
        scope_key: i64,
        /// The record.
        key: i64,
    },
    /// Compensation was asked for.
    CompensationThrown {
        /// Where.
        element_instance_key: i64,
        /// What is to be undone; `None` is everything that can be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        activity_id: Option<Arc<str>>,
    },

    /// The instance can't go on here without a person.
    IncidentRaised(Box<IncidentRaised>),
    /// It is gone: the step is tried again, or its element has ended.
    IncidentResolved {
        /// The incident.
        key: i64,
    },

    /// A call activity has called another process.
    ChildCalled {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
        /// The called process.
        process_id: String,
    },
    /// The called instance is over, or never was.
    ChildReturned {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
    },
    /// A business error was thrown (BPMN 2.0, 10.5.5).
    ErrorThrown {
        /// Where.
        element_instance_key: i64,
        /// Its code.
        code: String,
        /// For people.
        message: String,
        /// The catching event; `None` when nothing in this instance catches it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caught_by: Option<Arc<str>>,
    },
    /// An escalation was thrown (BPMN 2.0, 10.5.5).
    EscalationThrown {
        /// Where.
        element_instance_key: i64,
        /// Its code.
        code: String,
        /// The catching event; `None` when nothing in this instance catches it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        caught_by: Option<Arc<str>>,
    },
}

/// How far the transition of a user task is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransitionStep {
    /// What it is about to become; its listeners come first.
    Begun(Box<TaskTransition>),
    /// A listener corrects what surrounds it; that takes effect with the transition.
    Corrected(Box<TaskCorrections>),
    /// All listeners are done: what the user task becomes follows.
    Accepted,
    /// A listener refused: the user task stays what it was. The reason is for people.
    Denied(String),
}

/// How an ad-hoc sub-process goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdHocStep {
    /// Elements wait, in order, until nothing else in it is at work.
    Queued(Vec<ElementActivation>),
    /// The first of them begins.
    Dequeued,
    /// It is done when nothing is left in it; nothing more begins.
    Fulfilled,
}

/// Facts about a new incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentRaised {
    /// Key of the incident.
    pub key: i64,
    /// Where the instance can't go on.
    pub element_instance_key: i64,
    /// Its element.
    pub element_id: Arc<str>,
    /// What kind of trouble it is.
    pub kind: IncidentKind,
    /// What happened and what was expected.
    pub message: String,
    /// The job it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_key: Option<i64>,
    /// What is tried again when it is resolved.
    pub step: Step,
}

/// Kinds of trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentKind {
    /// An input or output mapping couldn't be computed.
    IoMapping,
    /// A condition couldn't be computed or isn't true or false.
    Condition,
    /// No sequence flow could be taken and there is no default flow.
    NoMatchingFlow,
    /// A message's name or correlation key couldn't be computed.
    Message,
    /// A timer's date, duration or cycle isn't one.
    Timer,
    /// A job's type, retries or priority couldn't be computed.
    JobDefinition,
    /// A job has no retries left.
    JobNoRetries,
    /// A user task's assignment, dates, priority or form couldn't be computed.
    UserTask,
    /// A script couldn't be computed.
    Script,
    /// The called decision's id couldn't be computed, or there is no such decision.
    CalledDecision,
    /// A decision couldn't be evaluated.
    DecisionEvaluation,
    /// The called process couldn't be started or was cancelled.
    CalledElement,
    /// Nothing catches an error.
    UnhandledError,
    /// A signal's name couldn't be computed.
    Signal,
    /// An escalation's code couldn't be computed.
    Escalation,
    /// A multi-instance's items or results couldn't be computed.
    MultiInstance,
    /// The elements of an ad-hoc sub-process or whether it is done couldn't be computed.
    AdHoc,
    /// No set of inputs or outputs is complete.
    Data,
    /// A joining gateway waits for paths that can't come any more.
    Deadlock,
    /// The instance went on and on without waiting.
    StepLimit,
}

/// The step an incident stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Becoming active: inputs, subscriptions, the element's own work.
    Activate,
    /// What follows the inputs: start listeners, subscriptions, the element's own work.
    Begin,
    /// The next listener of a user task, or what follows the last one.
    TaskListener,
    /// Output mappings and all after them.
    Complete,
    /// What follows the output mappings: collecting a result, choosing sequence flows.
    Leave,
    /// A job's work.
    Job,
    /// Calling another process.
    Call,
    /// Passing a joining gateway.
    Join,
    /// Checking whether an ad-hoc sub-process is done.
    CompletionCondition,
}
