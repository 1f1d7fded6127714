//! Scenarios as text: a model, commands, and what each turn did.
//!
//! ```text
//! ## name
//! model lines
//! > command
//! what the turn did
//! = state and variables at the end
//! ```
//!
//! Whatever a scenario is about, after every turn: the events fold to the instance, journal and
//! snapshot survive being written and read, a refused command changed nothing, and nothing open
//! waits for nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use flowstead::core::engine::{
    Command, CopyPlan, CreateInstance, Event, GoOnAsCopy, KEY_STEP, Keys, Outcome, Parent,
    ProcessInstance, TurnContext, UserTaskChanges, VariableMap, apply, copy_history, decide,
    decode, encode,
};
use flowstead::core::model::ProcessDefinition;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde_json::Value;

use super::decisions::decisions;
use super::definition_text::definition;
use super::invariants::violation;
use super::trace::Names;

/// Longest line of a trace.
const WIDTH: usize = 98;

/// Plays every scenario of a text and gives the text as it should be.
pub(crate) fn play(text: &str) -> String {
    let scenarios = text.split("## ").filter(|scenario| !scenario.trim().is_empty());
    let played = scenarios.map(|scenario| {
        let (name, body) = scenario.split_once('\n').expect("a scenario has lines");
        format!("## {name}\n{}", play_one(name, body))
    });
    played.collect::<Vec<_>>().join("\n")
}

/// What a scenario ran: its model, and the elements whose work it has seen done.
pub(crate) struct Run {
    pub(crate) definition: Arc<ProcessDefinition>,
    pub(crate) elements: BTreeSet<Arc<str>>,
}

/// Plays every scenario of a text and gives what each ran.
pub(crate) fn runs(text: &str) -> Vec<Run> {
    let scenarios = text.split("## ").filter(|scenario| !scenario.trim().is_empty());
    let played = scenarios.map(|scenario| {
        let (name, body) = scenario.split_once('\n').expect("a scenario has lines");
        let mut stage = Stage::of(name, &model(body).join("\n"));
        for command in body.lines().filter_map(|line| line.strip_prefix("> ")) {
            stage.play(command);
        }
        Run { definition: stage.definition, elements: stage.done }
    });
    played.collect()
}

fn model(body: &str) -> Vec<&str> {
    let lines = body.lines().take_while(|line| !line.starts_with('>'));
    lines.filter(|it| !it.is_empty()).collect()
}

fn play_one(name: &str, body: &str) -> String {
    let model = model(body).join("\n");
    let mut played = vec![format!("{model}\n")];
    let mut stage = Stage::of(name, &model);
    for line in body.lines() {
        if let Some(command) = line.strip_prefix("> ") {
            played.push(format!("> {command}\n{}", wrapped(&stage.play(command))));
        }
    }
    let variables = stage.instance.variables().cloned().unwrap_or_default();
    let variables = serde_json::to_string(&variables).expect("variables are JSON");
    played.push(format!("= {} {variables}\n", stage.instance.state));
    played.concat()
}

fn wrapped(words: &[String]) -> String {
    let mut lines = String::new();
    let mut width = 0;
    for word in words {
        if width > 0 && width + word.len() >= WIDTH {
            lines.push('\n');
            width = 0;
        }
        if width > 0 {
            lines.push(' ');
        }
        lines += word;
        width += word.len() + 1;
    }
    if words.is_empty() { lines } else { lines + "\n" }
}

pub(super) struct Stage {
    scenario: String,
    pub(super) definition: Arc<ProcessDefinition>,
    pub(super) next_version: Option<Arc<ProcessDefinition>>,
    pub(super) instance: ProcessInstance,
    folded: ProcessInstance,
    pub(super) names: Names,
    element_ids: BTreeMap<i64, Arc<str>>,
    /// Elements whose work was done, or that threw what ended them.
    done: BTreeSet<Arc<str>>,
    pub(super) turn: TurnContext,
    /// The turns so far and when they were taken.
    pub(super) turns: Vec<(Timestamp, Vec<Event>)>,
}

impl Stage {
    /// A next version, to migrate to, follows the first one after a line of its own.
    fn of(scenario: &str, model: &str) -> Self {
        let (first, next) = model.split_once("\n~~\n").unwrap_or((model, ""));
        let mut stage = Self::new(scenario, first);
        stage.next_version = (!next.is_empty()).then(|| Arc::new(definition(next)));
        stage
    }

    fn new(scenario: &str, model: &str) -> Self {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a time");
        let zone = TimeZone::get("Europe/Berlin").expect("the zone database");
        Self {
            scenario: scenario.to_owned(),
            definition: Arc::new(definition(model)),
            next_version: None,
            instance: ProcessInstance::empty(),
            folded: ProcessInstance::empty(),
            names: Names::default(),
            turn: TurnContext {
                decisions: decisions(),
                ..TurnContext::new(now, zone, Keys { next: KEY_STEP })
            },
            element_ids: BTreeMap::new(),
            done: BTreeSet::new(),
            turns: Vec::new(),
        }
    }

    fn play(&mut self, command: &str) -> Vec<String> {
        let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
        match verb {
            "at" => self.turn.now = rest.parse().expect("a time"),
            "after" => {
                let span: Span = rest.parse().expect("a duration");
                let now = self.turn.now.to_zoned(self.turn.zone.clone());
                self.turn.now = (&now + span).timestamp();
            }
            "limit" => {
                self.turn.limits.flows_per_scope_max = rest.parse().expect("a number");
            }
            "propose" => return self.proposal(),
            "start-of" => return self.start(),
            "rewind" => return self.rewind(rest),
            "decisions" => {
                self.turn.limits.decisions_max = rest.parse().expect("a number");
            }
            _ => {
                let changing = self.changing(verb, rest);
                let command = changing.unwrap_or_else(|| self.command(verb, rest));
                return self.take_turn(&command);
            }
        }
        Vec::new()
    }

    fn take_turn(&mut self, command: &Command) -> Vec<String> {
        let before = self.instance.clone();
        self.turn.target = self.next_version.clone();
        let decided = decide(&self.definition, &mut self.instance, command, &mut self.turn);
        if let (Command::MigrateInstance(_), Ok(_)) = (command, &decided) {
            self.definition = self.next_version.take().expect("a migration has a target");
        }
        match decided {
            Err(rejection) => {
                assert_eq!(self.instance, before, "refused, but changed: {}", self.scenario);
                vec![format!("REFUSED: {}", self.names.translate(&rejection.to_string()))]
            }
            Ok(outcome) => self.accept(&outcome),
        }
    }

    /// Goes on with a copy of the instance as it was after a turn, with variables changed.
    fn rewind(&mut self, rest: &str) -> Vec<String> {
        let (turn, variables) = rest.split_once(' ').unwrap_or((rest, "{}"));
        self.turns.truncate(turn.parse().expect("a turn"));
        let (taken_at, _) = *self.turns.last().expect("a turn was taken");
        let (times, mut turns): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.turns).into_iter().unzip();
        let key = self.turn.keys.take();
        let plan = CopyPlan { key, parent: self.instance.parent, children: &BTreeMap::new() };
        let source_key = self.instance.key;
        let renamed = copy_history(&mut turns, &plan, &mut self.turn.keys);
        for (old, new) in &renamed {
            self.names.rename(*old, *new);
        }
        self.instance = ProcessInstance::empty();
        turns.iter().flatten().for_each(|event| apply(&mut self.instance, event));
        self.folded = self.instance.clone();
        self.turns = times.into_iter().zip(turns).collect();
        let variables = serde_json::from_str(variables).expect("variables");
        self.take_turn(&Command::GoOnAsCopy(Box::new(GoOnAsCopy {
            source_key,
            source_turn: i64::try_from(self.turns.len()).expect("a small number"),
            taken_at: taken_at.as_millisecond(),
            variables: BTreeMap::from([(key, variables)]),
            children: Vec::new(),
        })))
    }

    fn accept(&mut self, outcome: &Outcome) -> Vec<String> {
        let read = decode(&encode(&outcome.events)).expect("what was written can be read");
        assert_eq!(read, outcome.events, "the journal reads differently: {}", self.scenario);
        for event in &read {
            apply(&mut self.folded, event);
        }
        assert_eq!(self.folded, self.instance, "the journal folds differently: {}", self.scenario);
        let snapshot = serde_json::to_string(&self.instance).expect("an instance is JSON");
        let read: ProcessInstance = serde_json::from_str(&snapshot).expect("a snapshot");
        assert_eq!(read, self.instance, "the snapshot reads differently: {}", self.scenario);
        let violation = violation(&self.definition, &self.instance);
        assert_eq!(violation, None, "in {}", self.scenario);
        self.turns.push((self.turn.now, outcome.events.clone()));
        self.note_done(&outcome.events);
        let names = &mut self.names;
        let mut words: Vec<String> = outcome.events.iter().map(|it| names.event(it)).collect();
        if let Some(Event::InstanceCreated(facts)) = outcome.events.first() {
            assert_eq!(facts.key, self.instance.key);
        }
        words.extend(outcome.effects.iter().map(|it| names.effect(it)));
        words
    }

    fn note_done(&mut self, events: &[Event]) {
        for event in events {
            let key = match event {
                Event::ElementActivating(facts) => {
                    self.element_ids.insert(facts.key, facts.element_id.clone());
                    continue;
                }
                Event::ElementCompleted { key }
                | Event::ErrorThrown { element_instance_key: key, .. }
                | Event::EscalationThrown { element_instance_key: key, .. } => key,
                _ => continue,
            };
            self.done.extend(self.element_ids.get(key).cloned());
        }
    }

    /// The key behind a name; a name nobody has is the key of nothing.
    pub(super) fn key(&self, name: &str) -> i64 {
        self.names.key(name).unwrap_or(7)
    }

    fn command(&mut self, verb: &str, rest: &str) -> Command {
        let (words, variables) = match rest.find('{') {
            Some(at) => (&rest[..at], serde_json::from_str(&rest[at..]).expect("variables")),
            None => (rest, VariableMap::new()),
        };
        let words: Vec<&str> = words.split_whitespace().collect();
        let first = words.first().copied().unwrap_or_default();
        let second = words.get(1).copied();
        match verb {
            "create" => self.create(&words, variables),
            "cancel" => Command::Cancel,
            "set" if first == "local" => Command::SetVariables {
                scope_key: self.key(second.expect("a scope")),
                variables,
                is_local: true,
            },
            "set" => {
                Command::SetVariables { scope_key: self.key(first), variables, is_local: false }
            }
            "fire" => Command::FireTimer { timer_key: self.key(&format!("timer:{first}")) },
            "message" => Command::CorrelateMessage {
                subscription_key: self.key(&format!("message:{first}")),
                message_key: 77,
                variables,
            },
            "activate" => Command::ActivateElements {
                element_instance_key: self.key(first),
                element_ids: words[1..].iter().map(|it| (*it).to_owned()).collect(),
            },
            "add" => Command::AddLoopInstances {
                element_instance_key: self.key(first),
                items: match variables.get("items") {
                    Some(Value::Array(items)) => items.clone(),
                    _ => panic!("add KEY {{\"items\": […]}}"),
                },
            },
            "signal" => Command::CatchSignal {
                subscription_key: self.key(&format!("signal:{first}")),
                signal_key: 78,
                variables,
            },
            "resolve" => {
                Command::ResolveIncident { incident_key: self.key(&format!("incident:{first}")) }
            }
            "finish" | "assign" | "update" => self.user_task(verb, first, second, variables),
            "returned" | "error" | "escalated" | "lost" | "refused" => {
                self.child(verb, first, second, variables)
            }
            _ => self.job(verb, first, second, variables),
        }
    }

    fn create(&mut self, words: &[&str], variables: VariableMap) -> Command {
        let after = |word: &str| {
            let at = words.iter().position(|it| *it == word)?;
            words.get(at + 1).map(|it| (*it).to_owned())
        };
        let parent = Parent { instance_key: 1, element_instance_key: 2 };
        Command::CreateInstance(Box::new(CreateInstance {
            key: self.turn.keys.take(),
            definition_key: 3,
            process_id: after("of").unwrap_or_else(|| "p".to_owned()).into(),
            version: 1,
            variables,
            start_element_id: after("at").map(Into::into),
            parent: words.contains(&"child").then_some(parent),
            started_by: after("by"),
            origin_key: None,
        }))
    }

    fn job(
        &self,
        verb: &str,
        first: &str,
        second: Option<&str>,
        variables: VariableMap,
    ) -> Command {
        let job_key = self.key(&format!("job:{first}"));
        let number = || second.and_then(|it| it.parse().ok()).expect("a number");
        match verb {
            "complete" => Command::CompleteJob { job_key, variables },
            "result" => {
                let result = Value::Object(variables);
                let result = serde_json::from_value(result).expect("a result of a job");
                let variables = VariableMap::new();
                Command::CompleteJobWithResult { job_key, variables, result: Box::new(result) }
            }
            "fail" => {
                let backoff_until = variables.get("until").and_then(Value::as_i64);
                let message = "no luck".to_owned();
                Command::FailJob { job_key, retries: number(), message, backoff_until, variables }
            }
            "throw" => {
                let code = second.expect("a code").to_owned();
                Command::ThrowJobError { job_key, code, message: "oh".to_owned(), variables }
            }
            "retries" => Command::UpdateJobRetries { job_key, retries: number() },
            other => panic!("unknown command '{other}'"),
        }
    }

    fn user_task(
        &self,
        verb: &str,
        first: &str,
        second: Option<&str>,
        variables: VariableMap,
    ) -> Command {
        let user_task_key = self.key(&format!("task:{first}"));
        let second = second.map(str::to_owned);
        match verb {
            "finish" => Command::CompleteUserTask { user_task_key, variables, by: second },
            "assign" => Command::AssignUserTask { user_task_key, assignee: second },
            _ => {
                let changes: UserTaskChanges =
                    serde_json::from_value(variables.into()).expect("changes");
                Command::UpdateUserTask { user_task_key, changes }
            }
        }
    }

    fn child(
        &self,
        verb: &str,
        first: &str,
        second: Option<&str>,
        variables: VariableMap,
    ) -> Command {
        let element_instance_key = self.key(first);
        let caller = self.instance.elements.get(&element_instance_key);
        let child_key = caller.and_then(|caller| caller.child_key).unwrap_or(7);
        match verb {
            "returned" => {
                Command::CompleteCalledInstance { element_instance_key, child_key, variables }
            }
            "error" => Command::FailCalledInstance {
                element_instance_key,
                child_key,
                code: second.expect("a code").to_owned(),
                message: "child failed".to_owned(),
                variables,
            },
            "escalated" => Command::EscalateCalledInstance {
                element_instance_key,
                child_key,
                code: second.expect("a code").to_owned(),
            },
            "lost" => Command::CalledInstanceTerminated { element_instance_key, child_key },
            _ => Command::CalledInstanceRefused {
                element_instance_key,
                child_key,
                message: "no process 'q' is deployed".to_owned(),
            },
        }
    }
}
