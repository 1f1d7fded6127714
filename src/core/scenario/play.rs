//! Playing a scenario: its steps one after the other, answered work in between, all in one world.
//!
//! Must not know files. What is not answered waits, as it would in life.
//!
//! **Invariant:** a scenario gives the same verdict each time: nothing outside it is looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expect::{Observed, check, check_instances, incidents};
use super::format::{Action, Expectation, Scenario, Step};
use super::log::{Log, Reached};
use crate::core::engine::{Command, InstanceState, JobCreated, VariableMap};
use crate::core::feel::EvaluationContext;
use crate::core::world::{Library, Refusal, Running, World};

/// Work that is done although the scenario does not say how, such as scripts.
pub trait Worker: Sync {
    /// Whether it does jobs of this type.
    fn knows(&self, job_type: &str) -> bool;
    /// Does a job.
    fn work(&self, job: &JobCreated, variables: &VariableMap) -> Done;
}

/// How a job that a [`Worker`] did has ended.
#[derive(Debug)]
pub enum Done {
    /// It gave these variables.
    Completed(VariableMap),
    /// It failed, and why.
    Failed(String),
    /// It ended in a business error.
    Error {
        /// The error's code.
        code: String,
        /// For people.
        message: String,
        /// Handed to the catching event.
        variables: VariableMap,
    },
}

/// What a scenario has shown.
#[derive(Debug)]
pub struct Verdict {
    /// Everything that was not as expected; none when it passed.
    pub failures: Vec<Failure>,
    /// Elements of all instances in the order in which they ended, those terminated with `×`.
    pub path: Vec<String>,
    /// What was reached of which process.
    pub reached: Reached,
}

/// Something that was not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Where it is expected in the scenario file, from 1.
    pub line: u32,
    /// The same as a path, such as `steps[2].expect.state`.
    pub path: String,
    /// What was expected.
    pub expected: String,
    /// What was.
    pub found: String,
}

/// A scenario under way.
pub(super) struct Player<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) world: World,
    pub(super) worker: &'a dyn Worker,
    pub(super) log: Log,
    pub(super) failures: Vec<Failure>,
    /// How many answers of a list are used up, by `jobs` or `calls` and name.
    pub(super) used: BTreeMap<(&'static str, String), usize>,
}

impl Scenario {
    /// Plays it in a new world.
    #[must_use]
    pub fn play(&self, library: &Arc<Library>, worker: &dyn Worker) -> Verdict {
        let mut world = World::new(Arc::clone(library), self.at, self.zone.clone());
        world.stand_ins = self.calls.keys().cloned().collect();
        world.wind_up();
        let mut player = Player {
            scenario: self,
            world,
            worker,
            log: Log::default(),
            failures: Vec::new(),
            used: BTreeMap::new(),
        };
        player.play();
        let Player { log, failures, .. } = player;
        Verdict { path: log.path(), failures, reached: log.reached }
    }
}

impl Player<'_> {
    fn play(&mut self) {
        let scenario = self.scenario;
        let mut are_incidents_told = false;
        for step in &scenario.steps {
            if let Action::Expect(wanted) = &step.action {
                are_incidents_told = wanted.incidents.is_some();
                self.expect(step, wanted);
                continue;
            }
            are_incidents_told = false;
            let done = self.carry_out(step);
            self.follow();
            let done = match (done, &step.refused) {
                (Err(failure), Some(words)) if failure.says(words) => Ok(()),
                (Ok(()), Some(words)) => Err(step.failure(format!("refused: {words}"), "done")),
                (done, _) => done,
            };
            if let Err(failure) = done.and_then(|()| self.settle_now(step)) {
                // What follows would only fail because of this.
                self.failures.push(failure);
                return;
            }
        }
        if !are_incidents_told {
            self.find_unexpected_incidents();
        }
    }

    fn find_unexpected_incidents(&mut self) {
        for running in self.world.instances().values() {
            for (element_id, message) in incidents(running, &self.log) {
                self.failures.push(Failure {
                    line: self.scenario.line,
                    path: "expect.incidents".to_owned(),
                    expected: "no incident".to_owned(),
                    found: format!("{element_id}: {message}"),
                });
            }
        }
    }

    /// Notes what has happened.
    pub(super) fn follow(&mut self) {
        for record in self.world.take_records() {
            let running = &self.world.instances()[&record.instance_key];
            self.log.note(record, &running.definition.id);
        }
    }

    pub(super) fn context(&self) -> EvaluationContext {
        let zone = self.world.zone.clone();
        EvaluationContext { zone, ..EvaluationContext::at(self.world.now) }
    }

    fn expect(&mut self, step: &Step, wanted: &Expectation) {
        self.failures.extend(check_instances(&self.world, step, wanted));
        if wanted.is_about_instances_only() {
            return;
        }
        let Some((instance_key, running)) = self.meant(step) else {
            let expected = step.process.as_deref().unwrap_or("any process");
            let failure = step.failure(format!("an instance of {expected}"), "none");
            return self.failures.push(failure);
        };
        let context = self.context();
        let observed = Observed { log: &self.log, instance_key, running, context };
        let found = check(&observed, step, wanted);
        self.failures.extend(found);
    }

    /// The instance that a step is about: the newest of the process it names, else the first.
    pub(super) fn meant(&self, step: &Step) -> Option<(i64, &Running)> {
        let mut all = self.world.instances().iter();
        let found = match &step.process {
            Some(id) => all.rfind(|(_, it)| *it.definition.id == **id),
            None => all.next(),
        };
        found.map(|(key, running)| (*key, running))
    }

    /// The instances that a step may be about.
    pub(super) fn candidates(&self, step: &Step) -> impl Iterator<Item = (i64, &Running)> {
        let process = step.process.clone();
        let all = self.world.instances().iter().map(|(key, running)| (*key, running));
        all.filter(move |(_, it)| {
            it.instance.state == InstanceState::Active
                && process.as_ref().is_none_or(|id| *it.definition.id == **id)
        })
    }

    fn carry_out(&mut self, step: &Step) -> Result<(), Failure> {
        match &step.action {
            Action::Start { variables, event } => self.start(step, variables, event.as_deref()),
            Action::Complete { element_id, variables, by, pick } => {
                self.complete(step, element_id, variables, by.as_ref(), pick)
            }
            Action::Job { name, answer, pick } => self.answer_job(step, name, answer, pick),
            Action::Message { name, key, variables, keep_ms } => {
                let (name, keep_ms) = (name.clone(), *keep_ms);
                self.publish(step, name, key, variables, keep_ms)
            }
            Action::Signal { name, variables } => {
                let variables = self.outer(step, variables)?;
                let sent = self.world.broadcast(name, &variables);
                sent.map(|_| ()).map_err(|refusal| step.refusal(&refusal))
            }
            Action::Wait { ms } => {
                let until = self.world.now.as_millisecond().saturating_add(*ms);
                self.settle(step, until)
            }
            Action::Until { at } => self.settle(step, at.as_millisecond()),
            Action::Resolve { element_id, variables, retries } => {
                self.resolve(step, element_id, variables, *retries)
            }
            Action::Call { process_id, answer, pick } => {
                self.answer_call(step, process_id, answer, pick)
            }
            Action::Set { variables, element_id, is_local } => {
                self.set(step, variables, element_id.as_deref(), *is_local)
            }
            Action::Cancel => {
                let key = self.meant(step).map(|(key, _)| key);
                let key = key.ok_or_else(|| step.failure("an instance", "none"))?;
                self.submit(step, key, &Command::Cancel)
            }
            Action::Activate { element_ids, within } => {
                let (key, element_instance_key) = self.element(step, within)?;
                let element_ids = element_ids.clone();
                let command = Command::ActivateElements { element_instance_key, element_ids };
                self.submit(step, key, &command)
            }
            Action::Expect(_) => Ok(()),
        }
    }

    pub(super) fn submit(
        &mut self,
        step: &Step,
        key: i64,
        command: &Command,
    ) -> Result<(), Failure> {
        self.world.submit(key, command).map_err(|refusal| step.refusal(&refusal))
    }
}

impl Failure {
    fn says(&self, words: &str) -> bool {
        self.found.contains(words) || self.expected.contains(words)
    }
}

impl Step {
    pub(super) fn failure(&self, expected: impl Into<String>, found: &str) -> Failure {
        let (path, found) = (self.path.clone(), found.to_owned());
        Failure { line: self.line, path, expected: expected.into(), found }
    }

    pub(super) fn refusal(&self, refusal: &Refusal) -> Failure {
        self.failure("this to be done", &refusal.to_string())
    }
}
