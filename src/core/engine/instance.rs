//! The state of one process instance.
//!
//! Must not know the definition it runs, or how it is stored. Only `apply` changes it.
//!
//! **Invariant:** the index holds exactly what can be computed from the other fields; it is not
//! stored, but built again when an instance is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::event::{IncidentKind, Step};
use super::facts::{CollectedTrigger, Repetition, Role};
use super::lifecycle::Lifecycle;

/// Variables by name, in the order in which they were first set.
pub type VariableMap = serde_json::Map<String, Value>;

/// One process instance: everything that is open in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct ProcessInstance {
    /// Its key; 0 while it is empty.
    pub key: i64,
    /// The deployed version it runs.
    pub definition_key: i64,
    /// The process's id.
    pub process_id: Arc<str>,
    /// The process's version number.
    pub version: i32,
    /// Whether it goes on.
    pub state: InstanceState,
    /// The call activity that called it.
    pub parent: Option<Parent>,
    /// Open element instances by key. The outermost one, whose key is the instance's, stays when
    /// the instance has ended, so that its variables can be read.
    pub elements: BTreeMap<i64, ElementInstance>,
    /// Open jobs by key.
    pub jobs: BTreeMap<i64, Job>,
    /// Open user tasks by key.
    pub user_tasks: BTreeMap<i64, UserTask>,
    /// Waiting timers by key.
    pub timers: BTreeMap<i64, Timer>,
    /// Open message subscriptions by key.
    pub subscriptions: BTreeMap<i64, Subscription>,
    /// Open subscriptions of signals by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signals: BTreeMap<i64, SignalSubscription>,
    /// Conditions that are waited for, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conditions: BTreeMap<i64, ConditionSubscription>,
    /// Open incidents by key.
    pub incidents: BTreeMap<i64, Incident>,
    /// While it is suspended: what it does first when it goes on, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postponed: Vec<Postponed>,
    #[serde(skip)]
    index: Index,
}

/// Whether an instance goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceState {
    /// Nothing has happened yet.
    Empty,
    /// It runs or waits.
    Active,
    /// It rests until it is resumed.
    Suspended,
    /// All has been done.
    Completed,
    /// It was ended.
    Terminated,
}

impl std::fmt::Display for InstanceState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Empty => "empty",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Completed => "completed",
            Self::Terminated => "terminated",
        })
    }
}

/// The call activity that called an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// The calling process instance.
    pub instance_key: i64,
    /// Its call activity.
    pub element_instance_key: i64,
}

/// One element at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ElementInstance {
    /// The element.
    pub element_id: Arc<str>,
    /// The element instance that holds it; `None` for the process itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_key: Option<i64>,
    /// Its part in a multi-instance.
    #[serde(default, skip_serializing_if = "Role::is_single")]
    pub role: Role,
    /// Where it is in its life.
    pub lifecycle: Lifecycle,
    /// What it would wait for has happened already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_triggered: bool,
    /// Its own variables.
    #[serde(default, skip_serializing_if = "VariableMap::is_empty")]
    pub variables: VariableMap,
    /// In a scope: paths that wait at joining gateways, as gateway, flow, and how many.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joins: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u32>>,
    /// In a scope: complex gateways that wait for their reset, with the flows already used.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resets: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Events that wait for several triggers, with those that have come, in order.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub collected: BTreeMap<Arc<str>, Vec<CollectedTrigger>>,
    /// In a multi-instance body: how far it is.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "loop")]
    pub progress: Option<Box<LoopProgress>>,
    /// In a call activity: the called instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child_key: Option<i64>,
    /// It undoes something: the event that asked for it, or the sub-process it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compensates: Option<i64>,
    /// What has completed in it and can be compensated, in the order of completion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensations: Vec<Compensation>,
    /// How many element instances undo something on its behalf.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub undoing: u32,
    /// How many element instances it holds directly.
    #[serde(skip)]
    pub children: u32,
}

/// A completed activity that can be compensated (BPMN 2.0, 10.7).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compensation {
    /// Key of the record.
    pub key: i64,
    /// The activity.
    pub element_id: Arc<str>,
    /// For a sub-process: its variables when it completed.
    #[serde(default, skip_serializing_if = "VariableMap::is_empty")]
    pub variables: VariableMap,
    /// For a sub-process without a handler of its own: what completed in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner: Vec<Compensation>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How far a multi-instance is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoopProgress {
    /// How many items there are.
    pub total: u32,
    /// How many inner instances were begun.
    pub started: u32,
    /// How many of them completed.
    pub completed: u32,
    /// The items, when they are worked off one after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Value>,
    /// The variable that collects the results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_collection: Option<String>,
    /// The results so far, in the order of the items; null where there is none yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<Value>,
}

/// An open job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The element instance that waits for it.
    pub element_instance_key: i64,
    /// Attempts left.
    pub retries: i32,
    /// Whether it can be taken.
    pub state: JobState,
}

/// Whether a job can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// By a worker, at once or after its backoff.
    Available,
    /// Not before its incident is resolved: no retries left.
    Failed,
    /// Not before its incident is resolved: nothing caught its error.
    ErrorThrown,
}

impl std::fmt::Display for JobState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Available => "available",
            Self::Failed => "failed",
            Self::ErrorThrown => "stopped by an uncaught error",
        })
    }
}

/// An open user task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTask {
    /// The element instance that waits for it.
    pub element_instance_key: i64,
    /// The person who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
}

/// A waiting timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered.
    pub element_id: Arc<str>,
    /// Milliseconds UTC.
    pub due_at: i64,
    /// How it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition: Option<Repetition>,
    /// Which of the event's triggers, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// An open message subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered.
    pub element_id: Arc<str>,
    /// Name of the message.
    pub message_name: String,
    /// Must equal the message's.
    pub correlation_key: String,
    /// Whether the first message closes it.
    pub is_interrupting: bool,
    /// Which of the event's triggers, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// An open subscription of a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalSubscription {
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered.
    pub element_id: Arc<str>,
    /// Name of the signal.
    pub signal_name: String,
    /// Whether the first signal closes it.
    pub is_interrupting: bool,
    /// Which of the event's triggers, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// A condition that is waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionSubscription {
    /// The element instance that waits.
    pub element_instance_key: i64,
    /// The event that is triggered.
    pub element_id: Arc<str>,
    /// Whether the wait ends when the condition is met.
    pub is_interrupting: bool,
    /// Which of the event's triggers, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
}

/// An open incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Where the instance can't go on.
    pub element_instance_key: i64,
    /// What kind of trouble it is.
    pub kind: IncidentKind,
    /// The job it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_key: Option<i64>,
    /// What is tried again.
    pub step: Step,
}

/// Something a suspended instance does when it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Postponed {
    /// A step of an element instance.
    Step {
        /// The step.
        step: Step,
        /// The element instance.
        element_instance_key: i64,
    },
    /// A signal that came meanwhile.
    Signal {
        /// The subscription it is for.
        subscription_key: i64,
        /// The signal.
        signal_key: i64,
        /// What it carries.
        variables: VariableMap,
    },
}

/// Something an element instance holds beside its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// A job.
    Job(i64),
    /// A user task.
    UserTask(i64),
    /// A timer.
    Timer(i64),
    /// A message subscription.
    Subscription(i64),
    /// A subscription of a signal.
    Signal(i64),
    /// A condition.
    Condition(i64),
    /// An incident.
    Incident(i64),
}

/// Who holds what, so that no step searches the whole instance.
#[derive(Debug, Clone, Default, PartialEq)]
struct Index {
    children: BTreeSet<(i64, i64)>,
    held: BTreeSet<(i64, Held)>,
}

impl ProcessInstance {
    /// An instance to which nothing has happened.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            key: 0,
            definition_key: 0,
            process_id: Arc::from(""),
            version: 0,
            state: InstanceState::Empty,
            parent: None,
            elements: BTreeMap::new(),
            jobs: BTreeMap::new(),
            user_tasks: BTreeMap::new(),
            timers: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            signals: BTreeMap::new(),
            conditions: BTreeMap::new(),
            incidents: BTreeMap::new(),
            postponed: Vec::new(),
            index: Index::default(),
        }
    }

    /// Variables of the outermost scope.
    #[must_use]
    pub fn variables(&self) -> Option<&VariableMap> {
        self.elements.get(&self.key).map(|root| &root.variables)
    }

    /// Whether it has begun and not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, InstanceState::Active | InstanceState::Suspended)
    }

    /// Keys of the element instances directly inside one, oldest first.
    pub fn children(&self, key: i64) -> impl Iterator<Item = i64> + '_ {
        self.index.children.range((key, i64::MIN)..=(key, i64::MAX)).map(|(_, child)| *child)
    }

    /// What an element instance holds beside its children.
    pub fn held(&self, key: i64) -> impl Iterator<Item = Held> + '_ {
        let all = (key, Held::Job(i64::MIN))..=(key, Held::Incident(i64::MAX));
        self.index.held.range(all).map(|(_, held)| *held)
    }

    pub(super) fn insert_element(&mut self, key: i64, element: ElementInstance) {
        if let Some(scope_key) = element.scope_key {
            self.index.children.insert((scope_key, key));
            if let Some(scope) = self.elements.get_mut(&scope_key) {
                scope.children += 1;
            }
        }
        self.elements.insert(key, element);
    }

    pub(super) fn remove_element(&mut self, key: i64) {
        let scope_key = self.elements.remove(&key).and_then(|element| element.scope_key);
        if let Some(scope_key) = scope_key {
            self.index.children.remove(&(scope_key, key));
            if let Some(scope) = self.elements.get_mut(&scope_key) {
                scope.children = scope.children.saturating_sub(1);
            }
        }
    }

    pub(super) fn hold(&mut self, element_instance_key: i64, held: Held) {
        self.index.held.insert((element_instance_key, held));
    }

    pub(super) fn release(&mut self, element_instance_key: i64, held: Held) {
        self.index.held.remove(&(element_instance_key, held));
    }

    fn build_index(&mut self) {
        let children: BTreeSet<_> =
            self.elements.iter().filter_map(|(key, e)| Some((e.scope_key?, *key))).collect();
        for (scope_key, _) in &children {
            if let Some(scope) = self.elements.get_mut(scope_key) {
                scope.children += 1;
            }
        }
        let jobs = self.jobs.iter().map(|(k, it)| (it.element_instance_key, Held::Job(*k)));
        let tasks =
            self.user_tasks.iter().map(|(k, it)| (it.element_instance_key, Held::UserTask(*k)));
        let timers = self.timers.iter().map(|(k, it)| (it.element_instance_key, Held::Timer(*k)));
        let subscriptions = self
            .subscriptions
            .iter()
            .map(|(k, it)| (it.element_instance_key, Held::Subscription(*k)));
        let signals =
            self.signals.iter().map(|(k, it)| (it.element_instance_key, Held::Signal(*k)));
        let incidents =
            self.incidents.iter().map(|(k, it)| (it.element_instance_key, Held::Incident(*k)));
        let conditions =
            self.conditions.iter().map(|(k, it)| (it.element_instance_key, Held::Condition(*k)));
        let waiting = timers.chain(subscriptions).chain(signals).chain(conditions);
        let held = jobs.chain(tasks).chain(waiting).chain(incidents).collect();
        self.index = Index { children, held };
    }
}

impl Serialize for ProcessInstance {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for ProcessInstance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut instance = Self::deserialize(deserializer)?;
        instance.build_index();
        Ok(instance)
    }
}
