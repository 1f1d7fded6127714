//! Facts of events that say more than a key.
//!
//! Must not know what an event changes.
//!
//! **Invariant:** as for events: a stored fact never changes its meaning, and new ones are optional.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::instance::{Parent, VariableMap};
use crate::core::model::TaskListenerEvent;

/// Facts about a new instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceCreated {
    /// Key of the instance and of its outermost element instance.
    pub key: i64,
    /// The deployed version it runs.
    pub definition_key: i64,
    /// The process's id.
    pub process_id: Arc<str>,
    /// The process's version number.
    pub version: i32,
    /// The call activity that called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// The triggered start event, when it isn't the none start event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_element_id: Option<Arc<str>>,
    /// Who or what started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_by: Option<String>,
    /// The instance that this one was made after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin_key: Option<i64>,
}

/// Facts about a migration. What was waited for under ids that are in neither list keeps them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceMigrated {
    /// The deployed version it runs from now on.
    pub definition_key: i64,
    /// Its version number.
    pub version: i32,
    /// Elements with another id, as old and new id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elements: Vec<(Arc<str>, Arc<str>)>,
    /// Sequence flows with another id, as old and new id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<(Arc<str>, Arc<str>)>,
}

/// Facts about a new element instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementActivating {
    /// Key of the element instance.
    pub key: i64,
    /// The element.
    pub element_id: Arc<str>,
    /// The element instance that holds it; `None` for the process itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_key: Option<i64>,
    /// Its part in a multi-instance.
    #[serde(default, skip_serializing_if = "Role::is_single")]
    pub role: Role,
    /// What it would wait for has happened already: it passes at once. On a complex gateway: this
    /// is its reset.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_triggered: bool,
    /// It undoes something: the event that asked for it, or the sub-process it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensates: Option<i64>,
}

/// The part an element instance plays in a multi-instance activity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// None: the element once.
    #[default]
    Single,
    /// The whole of a multi-instance: holds the inner instances, has the boundary events.
    Body,
    /// One inner instance; its scope is the body.
    Inner {
        /// Which one, from 1.
        loop_counter: u32,
    },
}

impl Role {
    /// Whether there is no multi-instance.
    #[must_use]
    pub fn is_single(&self) -> bool {
        matches!(self, Self::Single)
    }
}

/// Facts about a multi-instance that begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoopStarted {
    /// The multi-instance body.
    pub key: i64,
    /// How many items there are; 0 in a standard loop, which decides as it goes.
    pub total: u32,
    /// The items, when they are worked off one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Value>,
    /// The variable that collects the results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_collection: Option<String>,
}

/// Facts about a multi-instance that got more items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoopExtended {
    /// The multi-instance body.
    pub key: i64,
    /// How many items are new.
    pub added: u32,
    /// The new items, when they are worked off one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Value>,
}

/// What a job is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// The work of an element.
    #[default]
    Element,
    /// A listener that an element's start waits for.
    StartListener,
    /// A listener that an element's end waits for.
    EndListener,
    /// A listener of a user task.
    TaskListener(TaskListenerEvent),
    /// The choice of what begins in an ad-hoc sub-process.
    AdHocSubProcess,
}

impl JobKind {
    /// Whether it is the work of an element.
    #[must_use]
    pub fn is_element(&self) -> bool {
        matches!(self, Self::Element)
    }

    /// The kind in one word, as workers are told it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Element => "element",
            Self::StartListener => "start_listener",
            Self::EndListener => "end_listener",
            Self::TaskListener(_) => "task_listener",
            Self::AdHocSubProcess => "ad_hoc_sub_process",
        }
    }
}

/// Facts about a new job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCreated {
    /// Key of the job.
    pub key: i64,
    /// The element instance that waits for it.
    pub element_instance_key: i64,
    /// Its element.
    pub element_id: Arc<str>,
    /// Which workers take it.
    pub job_type: Arc<str>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "JobKind::is_element")]
    pub kind: JobKind,
    /// Attempts.
    pub retries: i32,
    /// Higher is taken first.
    pub priority: i32,
    /// Fixed settings, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
}

/// Facts about a new user task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTaskCreated {
    /// Key of the user task.
    pub key: i64,
    /// The element instance that waits for it.
    pub element_instance_key: i64,
    /// Its element.
    pub element_id: Arc<str>,
    /// The element's name, or its id when it has none.
    pub name: String,
    /// The form to fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<TaskForm>,
    /// The one person who should do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// Groups whose members may claim it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidate_groups: Vec<String>,
    /// People who may claim it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidate_users: Vec<String>,
    /// When it should be done, in milliseconds UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<i64>,
    /// From when on it should be looked at, in milliseconds UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_at: Option<i64>,
    /// 0 to 100.
    pub priority: i32,
    /// Fixed settings, in document order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Whether its life waits for listeners.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_listened: bool,
}

/// Which form a user task shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskForm {
    /// A deployed form's id; which version is taken says the element of the definition.
    Id(String),
    /// The schema embedded in the element of the definition.
    Embedded,
    /// An address outside, already computed.
    External(String),
}

/// Facts about a new timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerScheduled {
    /// Key of the timer.
    pub key: i64,
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered: the waiting element itself, one of its boundary events, the
    /// start event of an event sub-process in it, or an event behind an event-based gateway.
    pub element_id: Arc<str>,
    /// Milliseconds UTC.
    pub due_at: i64,
    /// How it goes on after it has fired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition: Option<Repetition>,
    /// Which of the event's triggers, from 0, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// How a timer repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repetition {
    /// How often it still fires after this time; `None` is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remaining: Option<u32>,
    /// An ISO 8601 duration (`PT10M`) or a cron expression.
    pub interval: String,
}

/// Facts about a new message subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionOpened {
    /// Key of the subscription.
    pub key: i64,
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered, as in [`TimerScheduled::element_id`].
    pub element_id: Arc<str>,
    /// Name of the message.
    pub message_name: String,
    /// Must equal the message's.
    pub correlation_key: String,
    /// Whether the first message closes it.
    pub is_interrupting: bool,
    /// Which of the event's triggers, from 0, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// Facts about a decision that was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DecisionEvaluated {
    /// Key of the evaluation.
    pub key: i64,
    /// The element instance that asked.
    pub element_instance_key: i64,
    /// Its element.
    pub element_id: Arc<str>,
    /// The decision.
    pub decision_id: String,
    /// The deployed version of it.
    pub decision_key: i64,
    /// That version's number.
    pub decision_version: i32,
    /// What was read of the variables, by name or by path; large values are left out.
    pub inputs: Value,
    /// What was decided.
    pub output: Value,
    /// How, as [`crate::core::dmn::Trace::to_json`] has it; what is too large is left out.
    pub trace: Value,
    /// Why there is no decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// Facts about a condition that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionSubscribed {
    /// Key of the wait.
    pub key: i64,
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered, as in [`TimerScheduled::element_id`].
    pub element_id: Arc<str>,
    /// Whether the wait ends when the condition is met.
    pub is_interrupting: bool,
    /// Which of the event's triggers, from 0, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// Facts about a new subscription of a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalSubscribed {
    /// Key of the subscription.
    pub key: i64,
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered, as in [`TimerScheduled::element_id`].
    pub element_id: Arc<str>,
    /// Name of the signal.
    pub signal_name: String,
    /// Whether the first signal closes it.
    pub is_interrupting: bool,
    /// Which of the event's triggers, from 0, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// Facts about one of several triggers that must all come before their event happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerCollected {
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event, as in [`TimerScheduled::element_id`].
    pub element_id: Arc<str>,
    /// What came.
    pub trigger: CollectedTrigger,
}

/// A trigger that came before the others of its event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectedTrigger {
    /// Which of the event's triggers, from 0.
    pub part: u32,
    /// What it brought.
    #[serde(default, skip_serializing_if = "VariableMap::is_empty")]
    pub variables: VariableMap,
    /// How it is waited for again when the event has happened.
    pub awaited: AwaitedTrigger,
}

/// What had been waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwaitedTrigger {
    /// A time, which goes on by itself or is over.
    Timer,
    /// A message.
    Message {
        /// Its name.
        name: String,
        /// Its correlation key.
        correlation_key: String,
    },
    /// A signal.
    Signal {
        /// Its name.
        name: String,
    },
    /// A condition.
    Condition,
    /// What is thrown inside and needs no subscription.
    Thrown,
}
