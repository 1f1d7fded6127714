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

use std::sync::Arc;

use flowstead::core::engine::{
    Command, CreateInstance, Event, KEY_STEP, Keys, Outcome, Parent, ProcessInstance, TurnContext,
    UserTaskChanges, VariableMap, apply, decide, decode, encode,
};
use flowstead::core::model::ProcessDefinition;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

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

fn play_one(name: &str, body: &str) -> String {
    let model: Vec<&str> = body
        .lines()
        .take_while(|line| !line.starts_with('>'))
        .filter(|it| !it.is_empty())
        .collect();
    let model = model.join("\n");
    let mut played = vec![format!("{model}\n")];
    // A next version, to migrate to, follows the first one after a line of its own.
    let (first, next) = model.split_once("\n~~\n").unwrap_or((&model, ""));
    let mut stage = Stage::new(name, first);
    stage.next_version = (!next.is_empty()).then(|| Arc::new(definition(next)));
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
    pub(super) first_turn: Vec<Event>,
    pub(super) names: Names,
    pub(super) turn: TurnContext,
}

impl Stage {
    fn new(scenario: &str, model: &str) -> Self {
        let now: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a time");
        let zone = TimeZone::get("Europe/Berlin").expect("the zone database");
        Self {
            scenario: scenario.to_owned(),
            definition: Arc::new(definition(model)),
            next_version: None,
            instance: ProcessInstance::empty(),
            folded: ProcessInstance::empty(),
            first_turn: Vec::new(),
            names: Names::default(),
            turn: TurnContext::new(now, zone, Keys { next: KEY_STEP }),
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

    fn accept(&mut self, outcome: &Outcome) -> Vec<String> {
        let read = decode(&encode(&outcome.events)).expect("what was written can be read");
        assert_eq!(read, outcome.events, "the journal reads differently: {}", self.scenario);
        for event in &read {
            apply(&mut self.folded, event);
        }
        assert_eq!(self.folded, self.instance, "the journal folds differently: {}", self.scenario);
        if self.first_turn.is_empty() {
            self.first_turn.clone_from(&outcome.events);
        }
        let snapshot = serde_json::to_string(&self.instance).expect("an instance is JSON");
        let read: ProcessInstance = serde_json::from_str(&snapshot).expect("a snapshot");
        assert_eq!(read, self.instance, "the snapshot reads differently: {}", self.scenario);
        let violation = violation(&self.definition, &self.instance);
        assert_eq!(violation, None, "in {}", self.scenario);
        let names = &mut self.names;
        let mut words: Vec<String> = outcome.events.iter().map(|it| names.event(it)).collect();
        if let Some(Event::InstanceCreated(facts)) = outcome.events.first() {
            assert_eq!(facts.key, self.instance.key);
        }
        words.extend(outcome.effects.iter().map(|it| names.effect(it)));
        words
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
            "fail" => {
                let backoff_until = variables.get("until").and_then(serde_json::Value::as_i64);
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
