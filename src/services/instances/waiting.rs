//! Why an instance does not go on: what each waiting element waits for, since when, until when,
//! and what would release it.
//!
//! Must not know colours or icons; pages choose them.

use std::collections::HashMap;

use super::Inspection;
use super::rows::InstanceJob;
use super::timeline::{Naming, element_name};
use crate::core::engine::{Event, InstanceState, JobState, UserTaskCreated, Wait, WaitsFor, waits};
use crate::services::execution::TurnRecord;

/// Something an instance waits for, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The element that waits, or the event that would be triggered.
    pub element_id: String,
    /// Its name.
    pub element: String,
    /// Who waits.
    pub element_instance_key: i64,
    /// `job`, `user_task`, `timer`, `message`, `signal`, `condition`, `called_instance`, `paths`,
    /// `choice`, `incident`, or `suspension` of the instance as a whole.
    pub kind: &'static str,
    /// The job, user task, timer, subscription, called instance or incident.
    pub key: Option<i64>,
    /// What it waits for, to be read after "waits for".
    pub waits_for: String,
    /// What would release it: a sentence without its full stop.
    pub released_by: String,
    /// The element may go on without it: a boundary event or an event sub-process.
    pub is_by_the_way: bool,
    /// When the wait began, in milliseconds UTC.
    pub since: Option<i64>,
    /// When it ends by itself, or is to be over, in milliseconds UTC.
    pub until: Option<i64>,
}

/// Everything an instance waits for; nothing when it has ended.
#[must_use]
pub fn waiting(found: &Inspection, naming: &dyn Naming, now_ms: i64) -> Vec<Waiting> {
    let told = Told::of(found);
    let teller = Teller { found, told, naming, now_ms };
    let waits = waits(&found.deployed.graph, &found.instance);
    suspension(found).into_iter().chain(waits.iter().map(|it| teller.tell(it))).collect()
}

/// That a suspended instance waits as a whole, whatever else it waits for.
fn suspension(found: &Inspection) -> Option<Waiting> {
    if found.instance.state != InstanceState::Suspended {
        return None;
    }
    let graph = &found.deployed.graph;
    let suspends = |turn: &&TurnRecord| turn.events.contains(&Event::InstanceSuspended);
    Some(Waiting {
        element: element_name(graph, &graph.id),
        element_id: graph.id.to_string(),
        element_instance_key: found.instance.key,
        kind: "suspension",
        key: None,
        waits_for: "a person to resume it".to_owned(),
        released_by: "it is resumed; until then nothing below goes on".to_owned(),
        is_by_the_way: false,
        since: found.turns.iter().rev().find(suspends).map(|turn| turn.at),
        until: None,
    })
}

/// What the journal says of the things that are waited for.
#[derive(Default)]
struct Told<'a> {
    since: HashMap<i64, i64>,
    joins: HashMap<(i64, &'a str), i64>,
    tasks: HashMap<i64, &'a UserTaskCreated>,
    messages: HashMap<i64, &'a str>,
}

impl<'a> Told<'a> {
    fn of(found: &'a Inspection) -> Self {
        let mut told = Self::default();
        for turn in &found.turns {
            for event in &turn.events {
                told.note(event, turn.at);
            }
        }
        told
    }

    fn note(&mut self, event: &'a Event, at: i64) {
        let key = match event {
            Event::JobCreated(it) => it.key,
            Event::TimerScheduled(it) => it.key,
            Event::SubscriptionOpened(it) => it.key,
            Event::SignalSubscribed(it) => it.key,
            Event::ConditionSubscribed(it) => it.key,
            Event::ElementActivating(it) => it.key,
            Event::ChildCalled { child_key, .. } => *child_key,
            Event::UserTaskCreated(it) => {
                self.tasks.insert(it.key, it);
                it.key
            }
            Event::IncidentRaised(it) => {
                self.messages.insert(it.key, &it.message);
                it.key
            }
            Event::JoinReached { scope_key, gateway_id, .. } => {
                self.joins.insert((*scope_key, gateway_id), at);
                return;
            }
            _ => return,
        };
        self.since.insert(key, at);
    }
}

/// What is waited for and what would release it, with the thing's key and the end of the wait.
struct Words {
    kind: &'static str,
    key: Option<i64>,
    waits_for: String,
    released_by: String,
    until: Option<i64>,
}

impl Words {
    fn new(kind: &'static str, key: i64, waits_for: String, released_by: &str) -> Self {
        let (key, released_by) = (Some(key), released_by.to_owned());
        Self { kind, key, waits_for, released_by, until: None }
    }

    fn until(self, until: Option<i64>) -> Self {
        Self { until, ..self }
    }
}

struct Teller<'a> {
    found: &'a Inspection,
    told: Told<'a>,
    naming: &'a dyn Naming,
    now_ms: i64,
}

impl Teller<'_> {
    fn tell(&self, wait: &Wait) -> Waiting {
        let words = self.words(wait);
        let since = match (&wait.for_what, words.key) {
            (_, Some(key)) => self.told.since.get(&key),
            (WaitsFor::Paths { .. }, None) => {
                self.told.joins.get(&(wait.element_instance_key, &*wait.element_id))
            }
            (_, None) => self.told.since.get(&wait.element_instance_key),
        };
        Waiting {
            element: element_name(&self.found.deployed.graph, &wait.element_id),
            element_id: wait.element_id.to_string(),
            element_instance_key: wait.element_instance_key,
            kind: words.kind,
            key: words.key,
            waits_for: words.waits_for,
            released_by: words.released_by,
            is_by_the_way: wait.is_by_the_way,
            since: since.copied(),
            until: words.until,
        }
    }

    fn words(&self, wait: &Wait) -> Words {
        match &wait.for_what {
            WaitsFor::Job { key, state } => self.job(*key, *state),
            WaitsFor::UserTask { key } => self.user_task(*key),
            WaitsFor::Timer { key, due_at } => {
                let released_by = "the time comes; nobody has to do anything";
                let words = Words::new("timer", *key, "a point in time".to_owned(), released_by);
                words.until(Some(*due_at))
            }
            WaitsFor::Message { key, name, correlation_key } => {
                let waits_for =
                    format!("the message {name} with the correlation key {correlation_key}");
                let released_by = "somebody publishes the message with this name and this key";
                Words::new("message", *key, waits_for, released_by)
            }
            WaitsFor::Signal { key, name } => {
                let released_by = "somebody broadcasts the signal, or an instance throws it";
                Words::new("signal", *key, format!("the signal {name}"), released_by)
            }
            WaitsFor::Condition { key, condition } => {
                let released_by = "a variable changes so that the condition is true";
                Words::new("condition", *key, format!("the condition {condition}"), released_by)
            }
            WaitsFor::CalledInstance { key } => {
                let released_by = "the called instance ends; look there what it waits for";
                Words::new(
                    "called_instance",
                    *key,
                    format!("the called instance {key}"),
                    released_by,
                )
            }
            WaitsFor::Paths { missing, .. } => self.paths(missing),
            WaitsFor::Choice => Words {
                kind: "choice",
                key: None,
                waits_for: "somebody to choose what to begin".to_owned(),
                released_by: "elements inside are begun".to_owned(),
                until: None,
            },
            WaitsFor::Incident { key, .. } => {
                let message = self.told.messages.get(key).copied().unwrap_or_default();
                let released_by = "a person mends the cause and retries the incident";
                Words::new("incident", *key, format!("a person's repair: {message}"), released_by)
            }
        }
    }

    fn job(&self, key: i64, state: JobState) -> Words {
        let row = self.found.jobs.iter().find(|row| row.key == key);
        let job_type = row.map_or("", |row| &row.job_type);
        let words = |waits_for, released_by| Words::new("job", key, waits_for, released_by);
        match row {
            Some(InstanceJob { state, worker: Some(worker), due_at, .. }) if state == "leased" => {
                let released_by =
                    "the worker reports; if its lease ends first, the next one may try";
                words(format!("the worker {worker} with the job {job_type}"), released_by)
                    .until(Some(*due_at))
            }
            _ if state != JobState::Available => {
                let why = row.and_then(|row| row.message.as_deref()).unwrap_or_default();
                let released_by = "the job's incident is retried";
                words(format!("new retries of the job {job_type}: {why}"), released_by)
            }
            Some(row) if row.due_at > self.now_ms => {
                let waits_for = format!("the next attempt at the job {job_type}");
                words(waits_for, "the time of the next attempt comes").until(Some(row.due_at))
            }
            _ => {
                let released_by = "a worker of this type takes the job and completes it";
                words(format!("a worker of type {job_type}"), released_by)
            }
        }
    }

    fn user_task(&self, key: i64) -> Words {
        let created = self.told.tasks.get(&key).copied();
        let assignee = self.found.instance.user_tasks.get(&key).and_then(|it| it.assignee.as_ref());
        let groups = created.map_or(&[][..], |it| &it.candidate_groups);
        let people = created.map_or(&[][..], |it| &it.candidate_users);
        let (waits_for, released_by) = match assignee {
            Some(assignee) => (self.naming.person(assignee), "they complete the task"),
            None if groups.is_empty() && people.is_empty() => (
                "anybody to claim the task".to_owned(),
                "somebody claims the task and completes it",
            ),
            None => {
                let groups = groups.iter().map(|it| self.naming.group(it));
                let all = groups.chain(people.iter().map(|it| self.naming.person(it)));
                let names = all.collect::<Vec<_>>().join(" or ");
                (
                    format!("{names} to claim the task"),
                    "one of them claims the task and completes it",
                )
            }
        };
        Words::new("user_task", key, waits_for, released_by).until(created.and_then(|it| it.due_at))
    }

    /// Where the paths come from that a joining gateway waits for.
    fn paths(&self, missing: &[std::sync::Arc<str>]) -> Words {
        let graph = &self.found.deployed.graph;
        let sources = graph.flows.iter().filter(|flow| missing.contains(&flow.id));
        let mut names: Vec<String> =
            sources.map(|flow| element_name(graph, &graph.element(flow.source).id)).collect();
        names.dedup();
        Words {
            kind: "paths",
            key: None,
            waits_for: format!("the paths from {}", names.join(", ")),
            released_by: "the other paths arrive, or can't come any more".to_owned(),
            until: None,
        }
    }
}
