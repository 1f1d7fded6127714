//! Playing a scenario: its steps one after the other, answered work in between, all in one world.
//!
//! Must not know files. What is not answered waits, as it would in life.
//!
//! **Invariant:** a scenario gives the same verdict each time: nothing outside it is looked at.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expect::{Observed, check, check_instances, incidents};
use super::format::{Action, Expectation, Pick, Scenario, Step};
use super::given::{Given, compute};
use super::log::{Log, Reached};
use crate::core::engine::{Command, InstanceState, JobCreated, VariableMap, variables_at};
use crate::core::feel::{EvaluationContext, Value};
use crate::core::forms::{FileReference, Submission};
use crate::core::world::{Library, Message, Refusal, Running, World};

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
    fn meant(&self, step: &Step) -> Option<(i64, &Running)> {
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

    fn start(&mut self, step: &Step, given: &Given, event: Option<&str>) -> Result<(), Failure> {
        let variables = self.outer(step, given)?;
        let process_id = match &step.process {
            Some(id) => id.clone(),
            None => self.only_process(step)?,
        };
        let started = self.world.start(&process_id, variables, event.map(Arc::from));
        started.map(|_| ()).map_err(|refusal| step.refusal(&refusal))
    }

    fn only_process(&self, step: &Step) -> Result<String, Failure> {
        let ids: Vec<_> = self.world.library().processes().map(|it| it.id.to_string()).collect();
        match ids.as_slice() {
            [only] => Ok(only.clone()),
            several => {
                let found = format!("several: {}", several.join(", "));
                Err(step.failure("the id of a process", &found))
            }
        }
    }

    fn complete(
        &mut self,
        step: &Step,
        element_id: &str,
        given: &Given,
        by: Option<&String>,
        pick: &Pick,
    ) -> Result<(), Failure> {
        let open = self.candidates(step).flat_map(|(instance_key, running)| {
            let tasks = running.instance.user_tasks.keys();
            tasks.filter_map(move |key| Some((*key, instance_key, &running.tasks.get(key)?.0)))
        });
        let open = open.filter(|(.., facts)| *facts.element_id == *element_id);
        let open = open.map(|(key, at, facts)| (key, at, facts.element_instance_key)).collect();
        let expected = format!("an open user task at {element_id}");
        let (user_task_key, instance_key, place) = self.picked(step, open, pick, &expected)?;
        let running = &self.world.instances()[&instance_key];
        let data = variables_at(&running.instance, place);
        let context = self.context();
        let given =
            given.variables(&data, &context).map_err(|it| step.failure("variables", &it))?;
        let facts = &running.tasks[&user_task_key].0;
        let library = self.world.library();
        let form = library.task_form(&running.definition, element_id, facts.form.as_ref());
        let variables = match form {
            None => given,
            Some(form) => {
                let submission = Submission::from_json(given);
                let files = form.named_files(&submission).into_iter().map(file).collect();
                let checked = form.submit(&submission.with_files(files), &data, &context);
                checked.map_err(|errors| {
                    let told = errors.iter().map(|it| format!("{}: {}", it.key, it.message));
                    let told: Vec<String> = told.collect();
                    step.failure("values that the form accepts", &told.join("; "))
                })?
            }
        };
        let by = by.cloned();
        let command = Command::CompleteUserTask { user_task_key, variables, by };
        self.submit(step, instance_key, &command)
    }

    /// The oldest of some things that is meant; each has a key, its instance, and its place.
    pub(super) fn picked(
        &self,
        step: &Step,
        mut open: Vec<(i64, i64, i64)>,
        pick: &Pick,
        expected: &str,
    ) -> Result<(i64, i64, i64), Failure> {
        open.sort_unstable();
        let context = self.context();
        let is_meant = |(_, instance_key, place): &(i64, i64, i64)| match &pick.condition {
            None => true,
            Some(condition) => {
                let instance = &self.world.instances()[instance_key].instance;
                let variables = variables_at(instance, *place);
                compute(condition, &variables, &context) == Ok(Value::Boolean(true))
            }
        };
        let found = open.into_iter().find(is_meant);
        found.ok_or_else(|| step.failure(expected, &self.waiting()))
    }

    fn publish(
        &mut self,
        step: &Step,
        name: String,
        key: &Given,
        variables: &Given,
        keep_ms: i64,
    ) -> Result<(), Failure> {
        let variables = self.outer(step, variables)?;
        let key = key.evaluate(&VariableMap::new(), &self.context());
        let key = key.map_err(|reason| step.failure("a correlation key", &reason))?;
        let correlation_key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let expected = format!("somebody to wait for {name} with the key \"{correlation_key}\"");
        let before = self.waiting();
        let message = Message { name, correlation_key, variables, keep_ms };
        let reached = self.world.publish(message).map_err(|refusal| step.refusal(&refusal))?;
        if reached == 0 && keep_ms == 0 {
            return Err(step.failure(&expected, &before));
        }
        Ok(())
    }

    fn resolve(
        &mut self,
        step: &Step,
        element_id: &str,
        given: &Given,
        retries: Option<i32>,
    ) -> Result<(), Failure> {
        let open = self.candidates(step).flat_map(|(instance_key, running)| {
            let incidents = running.instance.incidents.iter();
            incidents.filter_map(move |(key, it)| {
                let element = running.instance.elements.get(&it.element_instance_key)?;
                let is_meant = *element.element_id == *element_id;
                is_meant.then_some((*key, instance_key, it.element_instance_key))
            })
        });
        let expected = format!("an incident at {element_id}");
        let open = open.collect();
        let (incident_key, key, scope_key) =
            self.picked(step, open, &Pick::default(), &expected)?;
        let variables = self.outer(step, given)?;
        if !variables.is_empty() {
            let command = Command::SetVariables { scope_key, variables, is_local: false };
            self.submit(step, key, &command)?;
        }
        let instance = &self.world.instances()[&key].instance;
        let job_key = instance.incidents.get(&incident_key).and_then(|it| it.job_key);
        let is_spent = |key: &i64| instance.jobs.get(key).is_some_and(|it| it.retries < 1);
        if let Some(job_key) = job_key.filter(|key| retries.is_some() || is_spent(key)) {
            let retries = retries.unwrap_or(1);
            self.submit(step, key, &Command::UpdateJobRetries { job_key, retries })?;
        }
        self.submit(step, key, &Command::ResolveIncident { incident_key })
    }

    fn set(
        &mut self,
        step: &Step,
        given: &Given,
        element_id: Option<&str>,
        is_local: bool,
    ) -> Result<(), Failure> {
        let variables = self.outer(step, given)?;
        let (key, scope_key) = match element_id {
            Some(element_id) => self.element(step, element_id)?,
            None => {
                let key = self.meant(step).map(|(key, _)| key);
                let key = key.ok_or_else(|| step.failure("an instance", "none"))?;
                (key, key)
            }
        };
        self.submit(step, key, &Command::SetVariables { scope_key, variables, is_local })
    }

    /// The oldest instance of an element that is at work, and the process instance it is in.
    fn element(&self, step: &Step, element_id: &str) -> Result<(i64, i64), Failure> {
        let open = self.candidates(step).flat_map(|(instance_key, running)| {
            let elements = running.instance.elements.iter();
            let meant = elements.filter(|(_, it)| *it.element_id == *element_id);
            meant.map(move |(key, _)| (instance_key, *key))
        });
        let found = open.min_by_key(|(_, key)| *key);
        found.ok_or_else(|| step.failure(format!("{element_id} at work"), &self.waiting()))
    }

    /// Variables from outside, where those of the instance in question can be seen.
    fn outer(&self, step: &Step, given: &Given) -> Result<VariableMap, Failure> {
        let nothing = VariableMap::new();
        let instance = self.meant(step).map(|(_, running)| &running.instance);
        let seen = instance.and_then(|it| it.variables()).unwrap_or(&nothing);
        given.variables(seen, &self.context()).map_err(|it| step.failure("variables", &it))
    }

    /// Everything that is waited for, for people.
    fn waiting(&self) -> String {
        let mut told = Vec::new();
        for running in self.world.instances().values() {
            let instance = &running.instance;
            let name = |key: &i64| instance.elements.get(key).map(|it| it.element_id.to_string());
            let tasks =
                instance.user_tasks.values().map(|it| ("user task", it.element_instance_key));
            let jobs = instance.jobs.values().map(|it| ("job", it.element_instance_key));
            for (what, key) in tasks.chain(jobs) {
                told.extend(name(&key).map(|id| format!("{what} {id}")));
            }
            let messages = instance.subscriptions.values();
            told.extend(messages.map(|it| {
                format!("message {} with the key \"{}\"", it.message_name, it.correlation_key)
            }));
            told.extend(instance.signals.values().map(|it| format!("signal {}", it.signal_name)));
            told.extend(instance.timers.values().map(|it| format!("timer {}", it.element_id)));
            let stuck = incidents(running, &self.log).into_iter();
            told.extend(stuck.map(|(id, message)| format!("incident at {id}: {message}")));
        }
        if told.is_empty() { "nothing waits".to_owned() } else { told.join(", ") }
    }
}

/// A file that a form's submission names; in a scenario every file is there.
fn file(file_key: i64) -> FileReference {
    let (name, content_type) = (format!("{file_key}.pdf"), "application/pdf".to_owned());
    FileReference { file_key, name, content_type }
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

    fn refusal(&self, refusal: &Refusal) -> Failure {
        self.failure("this to be done", &refusal.to_string())
    }
}
