//! The journal of an instance in words people read.
//!
//! Must not know colours or icons; pages choose them by [`EntryKind`].

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::core::engine::{Event, TransitionStep};
use crate::core::model::ProcessDefinition;
use crate::services::execution::TurnRecord;

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// An instance or an element began.
    Started,
    /// It did all it had to.
    Completed,
    /// It was ended early.
    Ended,
    /// Something waits for a person.
    Person,
    /// Something waits for a time, or the time came.
    Time,
    /// A message is waited for, or came.
    Message,
    /// Another process was called, or returned.
    Call,
    /// A decision was made.
    Decision,
    /// Variables were changed from outside.
    Variables,
    /// An attempt failed, an error was thrown.
    Trouble,
    /// The instance is stuck.
    Incident,
    /// A person repaired what was stuck.
    Repaired,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// The turn in which it happened.
    pub turn: i64,
    /// Milliseconds UTC.
    pub at: i64,
    /// Who caused the turn.
    pub actor: String,
    /// What sort of thing.
    pub kind: EntryKind,
    /// Name of the element, or of the process.
    pub element: String,
    /// Id of the element, or of the process.
    pub element_id: String,
    /// What happened to it, to be read after its name.
    pub text: String,
    /// How long it took, for what has ended.
    pub duration_ms: Option<i64>,
    /// The evaluation that tells how a decision was made.
    pub evaluation_key: Option<i64>,
}

/// What people and groups are called by whoever shows a timeline.
pub trait Naming {
    /// The name of the person with this id.
    fn person(&self, user_id: &str) -> String;
    /// The name of the group with this id.
    fn group(&self, group_id: &str) -> String;
}

/// People and groups by the ids that programs know.
#[derive(Debug, Clone, Copy)]
pub struct Ids;

impl Naming for Ids {
    fn person(&self, user_id: &str) -> String {
        user_id.to_owned()
    }

    fn group(&self, group_id: &str) -> String {
        group_id.to_owned()
    }
}

/// Everything worth telling, oldest first.
#[must_use]
pub fn timeline(
    graph: &ProcessDefinition,
    turns: &[TurnRecord],
    naming: &dyn Naming,
) -> Vec<TimelineEntry> {
    let (elements, held) = (HashMap::new(), HashMap::new());
    let mut teller = Teller { graph, naming, elements, held, told: vec![] };
    for turn in turns {
        for event in &turn.events {
            teller.tell(turn, event);
        }
        teller.tell_variables(turn);
    }
    teller.told
}

/// The ids of everybody the timeline names.
pub(super) fn people(turns: &[TurnRecord]) -> BTreeSet<&str> {
    let named = turns.iter().flat_map(|turn| &turn.events).filter_map(person);
    turns.iter().map(|turn| turn.actor.as_str()).chain(named).collect()
}

/// The ids of all groups the timeline names.
pub(super) fn groups(turns: &[TurnRecord]) -> BTreeSet<&str> {
    let events = turns.iter().flat_map(|turn| &turn.events);
    let tasks = events.filter_map(|event| match event {
        Event::UserTaskCreated(task) => Some(task),
        _ => None,
    });
    tasks.flat_map(|task| &task.candidate_groups).map(|it| &**it).collect()
}

fn person(event: &Event) -> Option<&str> {
    match event {
        Event::UserTaskCreated(task) => task.assignee.as_deref(),
        Event::UserTaskAssigned { assignee, .. } => assignee.as_deref(),
        Event::UserTaskCompleted { by, .. } => by.as_deref(),
        _ => None,
    }
}

/// The element of each element instance that ever was.
#[must_use]
pub fn elements_by_key(turns: &[TurnRecord]) -> HashMap<i64, Arc<str>> {
    let events = turns.iter().flat_map(|turn| &turn.events);
    let activating = events.filter_map(|event| match event {
        Event::ElementActivating(it) => Some((it.key, it.element_id.clone())),
        _ => None,
    });
    activating.collect()
}

/// The name of an element, or its id when it has none.
#[must_use]
pub fn element_name(graph: &ProcessDefinition, element_id: &str) -> String {
    let element = graph.find(element_id).map(|index| graph.element(index));
    element.and_then(|it| it.name.clone()).unwrap_or_else(|| element_id.to_owned())
}

struct Teller<'a> {
    graph: &'a ProcessDefinition,
    naming: &'a dyn Naming,
    /// Element and time of activation, by element instance.
    elements: HashMap<i64, (Arc<str>, i64)>,
    /// Element of each job, user task, timer and subscription.
    held: HashMap<i64, Arc<str>>,
    told: Vec<TimelineEntry>,
}

impl Teller<'_> {
    fn tell(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::InstanceCreated(_)
            | Event::InstanceCopied { .. }
            | Event::InstanceEnding { .. }
            | Event::LoopStarted(_)
            | Event::LoopExtended(_) => self.tell_progress(turn, event),
            Event::InstanceCompleted => self.end_instance(turn, EntryKind::Completed, "completed"),
            Event::InstanceTerminated => self.end_instance(turn, EntryKind::Ended, "was ended"),
            Event::InstanceSuspended
            | Event::InstanceResumed
            | Event::InstanceMigrated(_)
            | Event::StepPostponed { .. }
            | Event::SignalPostponed { .. } => self.tell_whole(turn, event),
            Event::ElementActivating(_)
            | Event::ElementCompleted { .. }
            | Event::ElementTerminated { .. } => self.tell_element(turn, event),
            Event::TriggerHeldBack { .. }
            | Event::AdHocProgressed { .. }
            | Event::VariableSet { .. }
            | Event::ElementActivated { .. }
            | Event::ElementCompleting { .. }
            | Event::ElementTerminating { .. }
            | Event::SequenceFlowTaken { .. }
            | Event::JoinReached { .. }
            | Event::JoinReleased { .. }
            | Event::TriggerCollected(_)
            | Event::TriggersReleased { .. }
            | Event::LoopResultCollected { .. }
            | Event::CompensationRecorded { .. }
            | Event::CompensationTaken { .. } => {}
            Event::JobCreated(_)
            | Event::JobCompleted { .. }
            | Event::JobFailed { .. }
            | Event::JobErrorThrown { .. }
            | Event::JobRetriesUpdated { .. }
            | Event::JobReopened { .. }
            | Event::JobCanceled { .. } => self.tell_job(turn, event),
            Event::UserTaskCreated(_)
            | Event::UserTaskCreating(_)
            | Event::UserTaskTransition { .. }
            | Event::UserTaskAssigned { .. }
            | Event::UserTaskUpdated { .. }
            | Event::UserTaskCompleted { .. }
            | Event::UserTaskCanceled { .. } => self.tell_user_task(turn, event),
            Event::IncidentRaised(_)
            | Event::IncidentResolved { .. }
            | Event::ComplexGatewayOpened { .. }
            | Event::ComplexGatewayReset { .. }
            | Event::ChildCalled { .. }
            | Event::ChildReturned { .. }
            | Event::ErrorThrown { .. }
            | Event::SignalThrown { .. }
            | Event::DecisionEvaluated(_)
            | Event::CompensationThrown { .. }
            | Event::EscalationThrown { .. } => self.tell_others(turn, event),
            waiting => self.tell_waiting(turn, waiting),
        }
    }

    fn tell_job(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::JobCreated(job) => {
                self.held.insert(job.key, job.element_id.clone());
                let what = if job.kind.is_element() { "worker" } else { "listener" };
                let text = format!("waits for a {what} of type {}", job.job_type);
                self.add(turn, EntryKind::Started, &job.element_id, text, None);
            }
            Event::JobFailed { key, retries, message, .. } => {
                let left = match retries {
                    0 => "no retries left".to_owned(),
                    1 => "1 retry left".to_owned(),
                    many => format!("{many} retries left"),
                };
                self.add_held(turn, EntryKind::Trouble, *key, format!("failed, {left}: {message}"));
            }
            Event::JobErrorThrown { key, code, message } => {
                let text = format!("ended in the error {code}: {message}");
                self.add_held(turn, EntryKind::Trouble, *key, text);
            }
            Event::JobReopened { key } => {
                self.add_held(turn, EntryKind::Repaired, *key, "is tried again".to_owned());
            }
            _ => {}
        }
    }

    fn tell_user_task(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::UserTaskCreated(task) => {
                self.held.insert(task.key, task.element_id.clone());
                let text = match &task.assignee {
                    Some(assignee) => format!("waits for {}", self.naming.person(assignee)),
                    None if task.candidate_groups.is_empty() => "waits for a person".to_owned(),
                    None => {
                        let groups = task.candidate_groups.iter().map(|it| self.naming.group(it));
                        format!("waits for {}", groups.collect::<Vec<_>>().join(" or "))
                    }
                };
                self.add(turn, EntryKind::Person, &task.element_id, text, None);
            }
            Event::UserTaskCreating(task) => {
                self.held.insert(task.key, task.element_id.clone());
            }
            Event::UserTaskTransition { key, step: TransitionStep::Denied(reason) } => {
                let text = if reason.is_empty() {
                    "was left as it was by a listener".to_owned()
                } else {
                    format!("was left as it was by a listener: {reason}")
                };
                self.add_held(turn, EntryKind::Trouble, *key, text);
            }
            Event::UserTaskAssigned { key, assignee } => {
                let actor = self.naming.person(&turn.actor);
                let text = match assignee {
                    Some(assignee) if *assignee == turn.actor => format!("was claimed by {actor}"),
                    Some(assignee) => {
                        format!("was given to {} by {actor}", self.naming.person(assignee))
                    }
                    None => format!("was put back by {actor}"),
                };
                self.add_held(turn, EntryKind::Person, *key, text);
            }
            Event::UserTaskUpdated { key, .. } => {
                let text = format!("was changed by {}", self.naming.person(&turn.actor));
                self.add_held(turn, EntryKind::Person, *key, text);
            }
            Event::UserTaskCompleted { key, by } => {
                let by = by.as_deref().unwrap_or(&turn.actor);
                let text = format!("was done by {}", self.naming.person(by));
                self.add_held(turn, EntryKind::Person, *key, text);
            }
            _ => {}
        }
    }

    fn tell_waiting(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::TimerScheduled(timer) => {
                self.held.insert(timer.key, timer.element_id.clone());
                let due = jiff::Timestamp::from_millisecond(timer.due_at).unwrap_or_default();
                let text = format!("waits until {}", due.strftime("%-d %b %Y, %H:%M:%S UTC"));
                self.add(turn, EntryKind::Time, &timer.element_id, text, None);
            }
            Event::TimerFired { key } => {
                self.add_held(turn, EntryKind::Time, *key, "was due".to_owned());
            }
            Event::SubscriptionOpened(it) => {
                self.held.insert(it.key, it.element_id.clone());
                let text = format!("waits for the message {}", it.message_name);
                self.add(turn, EntryKind::Message, &it.element_id, text, None);
            }
            Event::ConditionSubscribed(it) => {
                self.held.insert(it.key, it.element_id.clone());
                let text = "waits for its condition".to_owned();
                self.add(turn, EntryKind::Message, &it.element_id, text, None);
            }
            Event::ConditionMet { key } => {
                self.add_held(turn, EntryKind::Message, *key, "met its condition".to_owned());
            }
            Event::SignalSubscribed(it) => {
                self.held.insert(it.key, it.element_id.clone());
                let text = format!("waits for the signal {}", it.signal_name);
                self.add(turn, EntryKind::Message, &it.element_id, text, None);
            }
            Event::SignalCaught { key, .. } => {
                self.add_held(turn, EntryKind::Message, *key, "got its signal".to_owned());
            }
            Event::MessageCorrelated { key, .. } => {
                self.add_held(turn, EntryKind::Message, *key, "got its message".to_owned());
            }
            _ => {}
        }
    }

    fn tell_element(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::ElementActivating(it) => {
                self.elements.insert(it.key, (it.element_id.clone(), turn.at));
            }
            Event::ElementCompleted { key } => {
                self.end(turn, *key, EntryKind::Completed, "was completed");
            }
            Event::ElementTerminated { key } => {
                self.end(turn, *key, EntryKind::Ended, "was ended early");
            }
            _ => {}
        }
    }

    fn tell_progress(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::InstanceCreated(_) => {
                let text = format!("was started by {}", self.naming.person(&turn.actor));
                self.add(turn, EntryKind::Started, &self.graph.id.clone(), text, None);
            }
            Event::LoopStarted(it) => {
                let text = format!("goes over {} items", it.total);
                self.add_at(turn, EntryKind::Started, it.key, text);
            }
            Event::InstanceEnding { .. } => {
                let text = "is being ended".to_owned();
                self.add(turn, EntryKind::Ended, &self.graph.id.clone(), text, None);
            }
            Event::LoopExtended(it) => {
                let text = format!("goes over {} more items", it.added);
                self.add_at(turn, EntryKind::Started, it.key, text);
            }
            Event::InstanceCopied { source_key, turn: source_turn } => {
                let actor = self.naming.person(&turn.actor);
                let text = format!("goes on for {actor} from turn {source_turn} of {source_key}");
                self.add(turn, EntryKind::Started, &self.graph.id.clone(), text, None);
            }
            _ => {}
        }
    }

    fn tell_others(&mut self, turn: &TurnRecord, event: &Event) {
        match event {
            Event::IncidentRaised(incident) => {
                self.held.insert(incident.key, incident.element_id.clone());
                let text = format!("is stuck: {}", incident.message);
                self.add(turn, EntryKind::Incident, &incident.element_id, text, None);
            }
            Event::IncidentResolved { key } => {
                self.add_held(turn, EntryKind::Repaired, *key, "is no longer stuck".to_owned());
            }
            Event::ComplexGatewayOpened { gateway_id, .. } => {
                let text = "opened, and takes in the paths that come later".to_owned();
                self.add(turn, EntryKind::Started, gateway_id, text, None);
            }
            Event::ComplexGatewayReset { gateway_id, .. } => {
                let text = "waits for its first path again".to_owned();
                self.add(turn, EntryKind::Completed, gateway_id, text, None);
            }
            Event::ChildCalled { element_instance_key, process_id, child_key } => {
                let text = format!("called {process_id} as instance {child_key}");
                self.add_at(turn, EntryKind::Call, *element_instance_key, text);
            }
            Event::ChildReturned { element_instance_key, .. } => {
                let text = "got its called instance back".to_owned();
                self.add_at(turn, EntryKind::Call, *element_instance_key, text);
            }
            Event::DecisionEvaluated(it) => {
                let text = match &it.failure {
                    Some(why) => format!("could not decide {}: {why}", it.decision_id),
                    None => format!("decided {}", it.decision_id),
                };
                self.add(turn, EntryKind::Decision, &it.element_id, text, None);
                if let Some(entry) = self.told.last_mut() {
                    entry.evaluation_key = Some(it.key);
                }
            }
            Event::ErrorThrown { element_instance_key, code, message, .. } => {
                let text = format!("threw the error {code}: {message}");
                self.add_at(turn, EntryKind::Trouble, *element_instance_key, text);
            }
            Event::SignalThrown { element_instance_key, signal_name, .. } => {
                let text = format!("threw the signal {signal_name}");
                self.add_at(turn, EntryKind::Message, *element_instance_key, text);
            }
            Event::CompensationThrown { element_instance_key, activity_id } => {
                let what = activity_id.as_deref().unwrap_or("everything");
                let text = format!("asked for {what} to be undone");
                self.add_at(turn, EntryKind::Trouble, *element_instance_key, text);
            }
            Event::EscalationThrown { element_instance_key, code, .. } => {
                let text = format!("escalated: {code}");
                self.add_at(turn, EntryKind::Trouble, *element_instance_key, text);
            }
            _ => {}
        }
    }

    /// Variables that somebody set, which is a turn of its own.
    fn tell_variables(&mut self, turn: &TurnRecord) {
        if turn.cause != "variables.set" {
            return;
        }
        let names: Vec<&str> = turn
            .events
            .iter()
            .filter_map(|event| match event {
                Event::VariableSet { name, .. } => Some(name.as_str()),
                _ => None,
            })
            .collect();
        let actor = self.naming.person(&turn.actor);
        let text = format!("got new values of {} by {actor}", names.join(", "));
        self.add(turn, EntryKind::Variables, &self.graph.id.clone(), text, None);
    }

    /// What a person did to the instance as a whole.
    fn tell_whole(&mut self, turn: &TurnRecord, event: &Event) {
        let who = self.naming.person(&turn.actor);
        let (kind, text) = match event {
            Event::InstanceSuspended => (EntryKind::Ended, format!("was suspended by {who}")),
            Event::InstanceResumed => (EntryKind::Started, format!("was resumed by {who}")),
            Event::InstanceMigrated(it) => {
                let text = format!("was migrated to version {} by {who}", it.version);
                (EntryKind::Repaired, text)
            }
            _ => return,
        };
        self.add(turn, kind, &self.graph.id.clone(), text, None);
    }

    fn end_instance(&mut self, turn: &TurnRecord, kind: EntryKind, text: &str) {
        let started_at = self.told.first().map_or(turn.at, |entry| entry.at);
        let duration = Some(turn.at - started_at);
        self.add(turn, kind, &self.graph.id.clone(), text.to_owned(), duration);
    }

    fn end(&mut self, turn: &TurnRecord, key: i64, kind: EntryKind, text: &str) {
        let Some((element_id, since)) = self.elements.get(&key).cloned() else { return };
        // The process itself is told of by the instance's own end.
        if element_id != self.graph.id {
            self.add(turn, kind, &element_id, text.to_owned(), Some(turn.at - since));
        }
    }

    fn add_at(&mut self, turn: &TurnRecord, kind: EntryKind, key: i64, text: String) {
        if let Some((element_id, _)) = self.elements.get(&key).cloned() {
            self.add(turn, kind, &element_id, text, None);
        }
    }

    fn add_held(&mut self, turn: &TurnRecord, kind: EntryKind, key: i64, text: String) {
        if let Some(element_id) = self.held.get(&key).cloned() {
            self.add(turn, kind, &element_id, text, None);
        }
    }

    fn add(
        &mut self,
        turn: &TurnRecord,
        kind: EntryKind,
        element_id: &str,
        text: String,
        duration_ms: Option<i64>,
    ) {
        self.told.push(TimelineEntry {
            turn: turn.turn,
            at: turn.at,
            actor: turn.actor.clone(),
            kind,
            element: element_name(self.graph, element_id),
            element_id: element_id.to_owned(),
            text,
            duration_ms,
            evaluation_key: None,
        });
    }
}
