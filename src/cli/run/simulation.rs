//! The instances of a run: turns in memory, effects between instances, virtual time.
//!
//! Must not know who answers for people and workers.
//!
//! **Invariant:** time moves only when nothing can happen at the present moment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use anyhow::anyhow;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::cli::run::actions::Action;
use crate::cli::run::answers::Answers;
use crate::cli::run::trace::Trace;
use crate::core::bpmn::Model;
use crate::core::engine::{
    Command, CreateInstance, Effect, Event, InstanceState, JobCreated, KEY_STEP, Keys, Parent,
    ProcessInstance, Rejection, TurnContext, UserTaskCreated, VariableMap, decide,
};
use crate::core::forms::Form;
use crate::core::model::ProcessDefinition;
use crate::services::execution::{escalated, told};

/// More turns than any sensible run takes: a cycle that never ends must not hang the terminal.
const TURNS_MAX: u32 = 10_000;
/// Calls within calls, as on the server.
const CALL_DEPTH_MAX: usize = 50;

/// A run.
pub(crate) struct Simulation {
    processes: BTreeMap<Arc<str>, (i64, Arc<ProcessDefinition>)>,
    pub(super) forms: BTreeMap<String, Form>,
    pub(super) instances: BTreeMap<i64, Running>,
    pub(super) now: Timestamp,
    pub(super) zone: TimeZone,
    pub(super) trace: Trace,
    /// Subscriptions whose message does not come.
    pub(super) declined: BTreeSet<i64>,
    keys: Keys,
    queue: VecDeque<(i64, Command)>,
    turns: u32,
}

/// One instance, with what its open work is about.
pub(super) struct Running {
    pub(super) definition: Arc<ProcessDefinition>,
    pub(super) instance: ProcessInstance,
    pub(super) jobs: BTreeMap<i64, OpenJob>,
    pub(super) tasks: BTreeMap<i64, (UserTaskCreated, i64)>,
    /// Since when messages and signals are waited for, in milliseconds UTC.
    pub(super) waiting_since: BTreeMap<i64, i64>,
    depth: usize,
}

/// A job that was not done yet.
pub(super) struct OpenJob {
    pub(super) facts: JobCreated,
    /// Not before, in milliseconds UTC.
    pub(super) due_at: i64,
}

/// How a run ended.
pub(crate) struct Ending {
    pub(crate) state: InstanceState,
    /// What it waits for, when it can't go on.
    pub(crate) open: Vec<String>,
    /// Variables of the outermost scope.
    pub(crate) variables: VariableMap,
}

impl Simulation {
    pub(crate) fn new(
        models: Vec<Model>,
        forms: Vec<Form>,
        now: Timestamp,
        zone: TimeZone,
        is_shown: bool,
    ) -> Self {
        let definitions = models.into_iter().flat_map(|model| model.processes);
        let processes = definitions.zip(1..).map(|(it, key)| (it.id.clone(), (key, Arc::new(it))));
        Self {
            processes: processes.collect(),
            // The first of an id holds: files that were named come before those beside them.
            forms: forms.into_iter().rev().map(|form| (form.id().to_owned(), form)).collect(),
            instances: BTreeMap::new(),
            now,
            zone,
            trace: Trace::new(is_shown),
            declined: BTreeSet::new(),
            keys: Keys { next: KEY_STEP },
            queue: VecDeque::new(),
            turns: 0,
        }
    }

    /// Starts a process and runs until nothing can happen any more. Without answers, asks.
    pub(crate) fn run(
        &mut self,
        process_id: &str,
        mut variables: VariableMap,
        mut answers: Option<Answers>,
    ) -> anyhow::Result<Ending> {
        self.fill_start_form(process_id, &mut variables, answers.as_mut())?;
        let key = self.keys.take();
        self.create(key, process_id, variables, None).map_err(|reason| anyhow!(reason))?;
        loop {
            self.work_off()?;
            let Some((at_ms, action)) = self.next_action(answers.as_ref()) else { break };
            let now_ms = self.now.as_millisecond();
            self.now = Timestamp::from_millisecond(at_ms.max(now_ms))?;
            let command = self.carry_out(action, answers.as_mut())?;
            self.queue.extend(command);
            let is_over = self.instances[&key].instance.state != InstanceState::Active;
            if is_over && self.queue.is_empty() {
                break;
            }
        }
        Ok(self.ending(key))
    }

    /// Makes an instance and queues its start; says why where that can't be.
    fn create(
        &mut self,
        key: i64,
        process_id: &str,
        variables: VariableMap,
        parent: Option<Parent>,
    ) -> Result<(), String> {
        let Some((definition_key, definition)) = self.processes.get(process_id) else {
            return Err(format!("the process {process_id} is not among the models given"));
        };
        let caller = parent.and_then(|it| self.instances.get(&it.instance_key));
        let depth = caller.map_or(0, |caller| caller.depth + 1);
        if depth > CALL_DEPTH_MAX {
            return Err(format!("expected calls to be nested at most {CALL_DEPTH_MAX} deep"));
        }
        let facts = CreateInstance {
            key,
            definition_key: *definition_key,
            process_id: definition.id.clone(),
            version: 1,
            variables,
            start_element_id: None,
            parent,
            started_by: None,
            origin_key: None,
        };
        let running = Running {
            definition: Arc::clone(definition),
            instance: ProcessInstance::empty(),
            jobs: BTreeMap::new(),
            tasks: BTreeMap::new(),
            waiting_since: BTreeMap::new(),
            depth,
        };
        self.instances.insert(key, running);
        self.queue.push_back((key, Command::CreateInstance(Box::new(facts))));
        Ok(())
    }

    fn work_off(&mut self) -> anyhow::Result<()> {
        while let Some((key, command)) = self.queue.pop_front() {
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err(anyhow!("the run was ended after {TURNS_MAX} turns"));
            }
            let is_first = matches!(&command, Command::CreateInstance(it) if it.parent.is_none());
            match self.turn(key, &command) {
                Err(rejection) if is_first => return Err(rejection.into()),
                // A caller that no longer waits, or a child that has ended: nothing is left to do.
                Err(_) | Ok(()) => {}
            }
        }
        Ok(())
    }

    fn turn(&mut self, key: i64, command: &Command) -> Result<(), Rejection> {
        let Some(running) = self.instances.get_mut(&key) else { return Ok(()) };
        let mut context = TurnContext::new(self.now, self.zone.clone(), self.keys);
        let definition = Arc::clone(&running.definition);
        let outcome = decide(&definition, &mut running.instance, command, &mut context)?;
        self.keys = context.keys;
        let caller = running.instance.parent.map(|parent| parent.element_instance_key);
        let now_ms = self.now.as_millisecond();
        for event in &outcome.events {
            running.follow(event, now_ms);
            self.trace.note(self.now, &definition, key, caller, event);
        }
        for effect in outcome.effects {
            self.take_effect(key, effect);
        }
        Ok(())
    }

    fn take_effect(&mut self, key: i64, effect: Effect) {
        match effect {
            Effect::StartCalledInstance {
                process_id,
                element_instance_key,
                child_key,
                variables,
            } => {
                let parent = Parent { instance_key: key, element_instance_key };
                let created = self.create(child_key, &process_id, variables, Some(parent));
                if let Err(message) = created {
                    let refused =
                        Command::CalledInstanceRefused { element_instance_key, child_key, message };
                    self.queue.push_back((key, refused));
                }
            }
            Effect::CancelCalledInstance { child_key } => {
                self.queue.push_back((child_key, Command::Cancel));
            }
            Effect::SuspendCalledInstance { child_key } => {
                self.queue.push_back((child_key, Command::Suspend));
            }
            Effect::ResumeCalledInstance { child_key } => {
                self.queue.push_back((child_key, Command::Resume));
            }
            Effect::BroadcastSignal { signal_key, signal_name, variables } => {
                self.broadcast(signal_key, &signal_name, &variables);
            }
            Effect::EscalateToParent { parent, code } => {
                self.queue.push_back((parent.instance_key, escalated(parent, key, code)));
            }
            Effect::NotifyParent { parent, result } => {
                self.queue.push_back((parent.instance_key, told(parent, key, result)));
            }
        }
    }

    /// Brings a signal to all instances of the run that waited for it when it was thrown. What it
    /// would start is left out: a run is about one process and those that it calls.
    fn broadcast(&mut self, signal_key: i64, signal_name: &str, variables: &VariableMap) {
        for (instance_key, running) in &self.instances {
            let signals = running.instance.signals.iter();
            let reached =
                signals.filter(|(key, it)| **key < signal_key && it.signal_name == signal_name);
            self.queue.extend(reached.map(|(key, _)| {
                let (subscription_key, variables) = (*key, variables.clone());
                (*instance_key, Command::CatchSignal { subscription_key, signal_key, variables })
            }));
        }
    }

    fn ending(&self, key: i64) -> Ending {
        let root = &self.instances[&key].instance;
        Ending {
            state: root.state,
            open: self.instances.values().flat_map(Running::open_work).collect(),
            variables: root.variables().cloned().unwrap_or_default(),
        }
    }

    /// The process of an id.
    pub(super) fn definition(&self, process_id: &str) -> Option<Arc<ProcessDefinition>> {
        self.processes.get(process_id).map(|(_, definition)| Arc::clone(definition))
    }

    /// What can happen next and when, in milliseconds UTC.
    fn next_action(&self, answers: Option<&Answers>) -> Option<(i64, Action)> {
        let running = self.instances.iter();
        let active = running.filter(|(_, it)| it.instance.state == InstanceState::Active);
        let actions = active.flat_map(|(key, it)| it.actions(*key, answers, &self.declined));
        actions.min()
    }
}

impl Running {
    /// Keeps what events say of open work.
    fn follow(&mut self, event: &Event, now_ms: i64) {
        match event {
            Event::JobCreated(facts) => {
                let job = OpenJob { facts: (**facts).clone(), due_at: now_ms };
                self.jobs.insert(facts.key, job);
            }
            Event::JobFailed { key, backoff_until, .. } => {
                if let Some(job) = self.jobs.get_mut(key) {
                    job.due_at = backoff_until.unwrap_or(now_ms);
                }
            }
            Event::UserTaskCreated(facts) => {
                self.tasks.insert(facts.key, ((**facts).clone(), now_ms));
            }
            Event::SubscriptionOpened(facts) => {
                self.waiting_since.insert(facts.key, now_ms);
            }
            Event::SignalSubscribed(facts) => {
                self.waiting_since.insert(facts.key, now_ms);
            }
            _ => {}
        }
    }
}
