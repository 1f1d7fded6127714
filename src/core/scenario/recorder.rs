//! The turns of a journal one by one, each as the step that makes the same happen.
//!
//! Must not know what is expected in the end.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::log::Log;
use super::recording::{RecordedTurn, Recording, expected};
use crate::core::engine::{
    ElementActivating, Event, InstanceCreated, JobCreated, ProcessInstance, Role,
};

/// Shorter pauses between two turns are left out: they only say how fast the server was.
const PAUSE_MS: i64 = 1000;

/// What is known of the instance so far, and the steps that led there.
pub(super) struct Recorder<'a> {
    recording: &'a Recording<'a>,
    elements: HashMap<i64, ElementActivating>,
    jobs: HashMap<i64, JobCreated>,
    /// The element instances of user tasks.
    tasks: HashMap<i64, i64>,
    /// Names and correlation keys of what is waited for.
    messages: HashMap<i64, (String, String)>,
    signals: HashMap<i64, String>,
    thrown_signals: BTreeSet<i64>,
    incidents: HashMap<i64, Arc<str>>,
    called: HashMap<i64, String>,
    retries: Option<i32>,
    now: Timestamp,
    start: Json,
    steps: Vec<Json>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(recording: &'a Recording<'a>) -> Self {
        Self {
            recording,
            elements: HashMap::new(),
            jobs: HashMap::new(),
            tasks: HashMap::new(),
            messages: HashMap::new(),
            signals: HashMap::new(),
            thrown_signals: BTreeSet::new(),
            incidents: HashMap::new(),
            called: HashMap::new(),
            retries: None,
            now: recording.turns.first().map_or(Timestamp::UNIX_EPOCH, |turn| turn.at),
            start: Json::Null,
            steps: Vec::new(),
        }
    }

    /// Takes a turn's step; `None` when there is none for it.
    pub(super) fn turn(&mut self, turn: &RecordedTurn) -> Option<()> {
        let first = turn.events.first()?;
        let is_timer = matches!(first, Event::TimerFired { .. });
        if is_timer || turn.at.as_millisecond() - self.now.as_millisecond() >= PAUSE_MS {
            self.steps.push(json!({ "until": turn.at.to_string() }));
            self.now = turn.at;
        }
        let step = self.step(first, turn)?;
        self.steps.extend(step);
        turn.events.iter().for_each(|event| self.follow(event));
        Some(())
    }

    /// What came from outside: its steps, none when it comes by itself in a scenario.
    fn step(&mut self, first: &Event, turn: &RecordedTurn) -> Option<Vec<Json>> {
        let events = &turn.events;
        match first {
            Event::InstanceCreated(facts) => {
                self.start = started(facts, events);
                Some(Vec::new())
            }
            Event::JobCompleted { .. } | Event::JobFailed { .. } | Event::JobErrorThrown { .. } => {
                self.job_step(first, events).map(|step| vec![step])
            }
            Event::UserTaskCompleted { key, by } => {
                let place = *self.tasks.get(key)?;
                let mut step = json!({ "complete": self.elements.get(&place)?.element_id });
                self.pick(place, &mut step);
                if let Some(by) = by {
                    step["by"] = literal(by);
                }
                with_variables(&mut step, self.brought(place, events));
                Some(vec![step])
            }
            Event::MessageCorrelated { .. } | Event::SignalCaught { .. } => {
                self.caught(first, events)
            }
            Event::ChildReturned { element_instance_key, .. } => {
                let step = self.returned(*element_instance_key, turn)?;
                Some(vec![step])
            }
            Event::UserTaskAssigned { .. }
            | Event::UserTaskUpdated { .. }
            | Event::TimerFired { .. } => Some(Vec::new()),
            _ => self.repair(first, turn),
        }
    }

    fn job_step(&self, first: &Event, events: &[Event]) -> Option<Json> {
        match first {
            Event::JobCompleted { key } => {
                let mut step = self.job(*key)?;
                let place = self.jobs[key].element_instance_key;
                step["complete"] = Json::Object(self.brought(place, events));
                Some(step)
            }
            Event::JobFailed { key, retries, message, .. } => {
                let mut step = self.job(*key)?;
                step["fail"] = Json::from(if message.is_empty() { "no reason" } else { message });
                step["retries"] = json!(retries);
                with_variables(&mut step, run(events.iter().skip(1)));
                Some(step)
            }
            Event::JobErrorThrown { key, code, message } => {
                let mut step = self.job(*key)?;
                step["error"] = Json::from(code.as_str());
                if !message.is_empty() {
                    step["message"] = Json::from(message.as_str());
                }
                let place = self.jobs[key].element_instance_key;
                with_variables(&mut step, self.brought(place, events));
                Some(step)
            }
            _ => None,
        }
    }

    fn caught(&self, first: &Event, events: &[Event]) -> Option<Vec<Json>> {
        let mut step = match first {
            Event::MessageCorrelated { key, .. } => {
                let (name, correlation_key) = self.messages.get(key)?;
                json!({ "message": name, "key": literal(correlation_key) })
            }
            // A signal that the instance throws reaches it by itself.
            Event::SignalCaught { signal_key, .. } if self.thrown_signals.contains(signal_key) => {
                return Some(Vec::new());
            }
            Event::SignalCaught { key, .. } => json!({ "signal": self.signals.get(key)? }),
            _ => return None,
        };
        with_variables(&mut step, self.brought(0, events));
        Some(vec![step])
    }

    fn returned(&self, call_activity_key: i64, turn: &RecordedTurn) -> Option<Json> {
        let mut step = json!({ "call": self.called.get(&call_activity_key)? });
        let brought = self.brought(call_activity_key, &turn.events);
        match turn.cause.as_str() {
            "called_instance.completed" => step["complete"] = Json::Object(brought),
            "called_instance.failed" => {
                let code = turn.events.iter().find_map(|event| match event {
                    Event::ErrorThrown { code, .. } => Some(code),
                    _ => None,
                });
                step["error"] = Json::from(code?.as_str());
                with_variables(&mut step, brought);
            }
            _ => return None,
        }
        Some(step)
    }

    /// What somebody did to the instance itself.
    fn repair(&mut self, first: &Event, turn: &RecordedTurn) -> Option<Vec<Json>> {
        match (first, turn.cause.as_str()) {
            (_, "instance.canceled") => Some(vec![json!({ "cancel": true })]),
            (_, "incident.resolved") => self.resolved(&turn.events).map(|step| vec![step]),
            (Event::JobRetriesUpdated { retries, .. }, _) => {
                self.retries = Some(*retries);
                Some(Vec::new())
            }
            (Event::VariableSet { .. }, "variables.set") => Some(self.set(&turn.events)),
            (Event::ElementActivating(facts), "elements.activated") => {
                let within = facts.scope_key.and_then(|key| self.elements.get(&key))?;
                let begun = self.begun_in(within.key, &turn.events);
                Some(vec![json!({ "activate": begun, "within": within.element_id })])
            }
            _ => None,
        }
    }

    /// A step about a job, which is found by its element.
    fn job(&self, job_key: i64) -> Option<Json> {
        let facts = self.jobs.get(&job_key)?;
        let mut step = json!({ "job": facts.element_id });
        self.pick(facts.element_instance_key, &mut step);
        Some(step)
    }

    /// Says which one of a repeated activity is meant.
    fn pick(&self, place: i64, step: &mut Json) {
        let mut next = self.elements.get(&place);
        while let Some(element) = next {
            if let Role::Inner { loop_counter } = element.role {
                step["where"] = json!(format!("= loopCounter = {loop_counter}"));
                return;
            }
            next = element.scope_key.and_then(|key| self.elements.get(&key));
        }
    }

    /// The variables that something from outside brought to an element.
    fn brought(&self, place: i64, events: &[Event]) -> Map<String, Json> {
        let mut rest = events.iter().skip(1).peekable();
        while let Some(event) = rest.peek() {
            match event {
                Event::VariableSet { .. } => break,
                Event::ElementActivating(facts) if !facts.is_triggered => return Map::new(),
                // An event-based gateway is left before the event that came is begun.
                Event::ElementCompleted { .. } | Event::ElementCompleting { .. } if place != 0 => {
                    return Map::new();
                }
                _ => {}
            }
            rest.next();
        }
        let outputs = self.elements.get(&place).and_then(|it| {
            let index = self.recording.definition.find(&it.element_id)?;
            Some(!self.recording.definition.element(index).io.outputs.is_empty())
        });
        // Where output mappings choose, what was brought stays at the element.
        let is_local = outputs == Some(true);
        run(rest.filter(|event| match event {
            Event::VariableSet { scope_key, .. } => !is_local || *scope_key == place,
            _ => true,
        }))
    }

    /// A repair may set variables and give new attempts in the same turn, or in one before it.
    fn resolved(&mut self, events: &[Event]) -> Option<Json> {
        let key = events.iter().find_map(|event| match event {
            Event::IncidentResolved { key } => Some(key),
            _ => None,
        });
        let retries = events.iter().find_map(|event| match event {
            Event::JobRetriesUpdated { retries, .. } => Some(*retries),
            _ => None,
        });
        let mut step = json!({ "resolve": self.incidents.get(key?)? });
        if let Some(retries) = retries.or(self.retries.take()) {
            step["retries"] = json!(retries);
        }
        with_variables(&mut step, run(events.iter()));
        Some(step)
    }

    /// A step for each scope in which variables were set.
    fn set(&self, events: &[Event]) -> Vec<Json> {
        let mut scopes: BTreeMap<i64, Map<String, Json>> = BTreeMap::new();
        for event in events {
            let Event::VariableSet { scope_key, name, value } = event else { break };
            scopes.entry(*scope_key).or_default().insert(name.clone(), literals(value));
        }
        let step = |(scope_key, variables): (i64, Map<String, Json>)| {
            let mut step = json!({ "set": variables });
            let element = self.elements.get(&scope_key).filter(|it| it.scope_key.is_some());
            if let Some(element) = element {
                step["element"] = json!(element.element_id);
                step["local"] = json!(true);
            }
            step
        };
        scopes.into_iter().map(step).collect()
    }

    /// The elements of an ad-hoc sub-process that were begun, and not by a sequence flow.
    fn begun_in(&self, scope_key: i64, events: &[Event]) -> Vec<Arc<str>> {
        let definition = self.recording.definition;
        let activating = events.iter().filter_map(|event| match event {
            Event::ElementActivating(facts) if facts.scope_key == Some(scope_key) => Some(facts),
            _ => None,
        });
        let free = activating.filter(|facts| {
            let index = definition.find(&facts.element_id);
            index.is_some_and(|index| definition.element(index).incoming.is_empty())
        });
        free.map(|facts| facts.element_id.clone()).collect()
    }

    /// Remembers what later events name by its key.
    fn follow(&mut self, event: &Event) {
        match event {
            Event::ElementActivating(facts) => {
                self.elements.insert(facts.key, facts.clone());
            }
            Event::JobCreated(facts) => {
                self.jobs.insert(facts.key, (**facts).clone());
            }
            Event::UserTaskCreated(facts) => {
                self.tasks.insert(facts.key, facts.element_instance_key);
            }
            Event::SubscriptionOpened(facts) => {
                let waits = (facts.message_name.clone(), facts.correlation_key.clone());
                self.messages.insert(facts.key, waits);
            }
            Event::SignalSubscribed(facts) => {
                self.signals.insert(facts.key, facts.signal_name.clone());
            }
            Event::SignalThrown { signal_key, .. } => {
                self.thrown_signals.insert(*signal_key);
            }
            Event::IncidentRaised(facts) => {
                self.incidents.insert(facts.key, facts.element_id.clone());
            }
            Event::ChildCalled { element_instance_key, process_id, .. } => {
                self.called.insert(*element_instance_key, process_id.clone());
            }
            _ => {}
        }
    }

    pub(super) fn into_file(self, instance: &ProcessInstance, log: &Log) -> Json {
        let recording = self.recording;
        let begin = recording.turns.first().map_or_else(String::new, |turn| turn.at.to_string());
        let mut file = json!({
            "name": recording.name,
            "deploy": recording.deploy,
            "at": begin,
            "zone": recording.zone,
        });
        let never = |ids: BTreeSet<String>| -> Map<String, Json> {
            ids.into_iter().map(|id| (id, json!({ "never": true }))).collect()
        };
        // What would be done by itself is done by the steps instead.
        let known = |it: &&JobCreated| recording.known_job_types.contains(&&*it.job_type);
        let jobs = self.jobs.values().filter(known).map(|it| it.element_id.to_string());
        let calls = self.called.into_values().collect();
        for (name, answers) in [("jobs", never(jobs.collect())), ("calls", never(calls))] {
            if !answers.is_empty() {
                file[name] = Json::Object(answers);
            }
        }
        file["start"] = self.start;
        if !self.steps.is_empty() {
            file["steps"] = Json::Array(self.steps);
        }
        file["expect"] = expected(recording.definition, instance, log);
        file
    }
}

/// How the instance began. The process and its start event exist before they are given variables.
fn started(facts: &InstanceCreated, events: &[Event]) -> Json {
    let mut start = json!({ "process": facts.process_id });
    if let Some(element_id) = &facts.start_element_id {
        start["event"] = json!(element_id);
    }
    let made = 2 + usize::from(facts.start_element_id.is_some());
    with_variables(&mut start, run(events.iter().skip(made)));
    start
}

/// The variables that the first events set, as a scenario gives them.
fn run<'e>(events: impl Iterator<Item = &'e Event>) -> Map<String, Json> {
    let set = events.map_while(|event| match event {
        Event::VariableSet { name, value, .. } => Some((name.clone(), literals(value))),
        _ => None,
    });
    set.collect()
}

fn with_variables(step: &mut Json, variables: Map<String, Json>) {
    if !variables.is_empty() {
        step["variables"] = Json::Object(variables);
    }
}

/// A text that is not FEEL, whatever it begins with.
pub(super) fn literal(text: &str) -> Json {
    if text.starts_with('=') {
        return Json::String(format!("= {}", Json::from(text)));
    }
    Json::from(text)
}

/// A value without FEEL in it.
fn literals(value: &Json) -> Json {
    match value {
        Json::String(text) => literal(text),
        Json::Array(items) => items.iter().map(literals).collect(),
        Json::Object(members) => {
            members.iter().map(|(name, it)| (name.clone(), literals(it))).collect()
        }
        other => other.clone(),
    }
}
