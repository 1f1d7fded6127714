//! What steps do: start, complete, publish, repair, set.
//!
//! Must not know in which order steps come.

use std::sync::Arc;

use super::expect::incidents;
use super::format::{Pick, Step};
use super::given::{Given, compute};
use super::play::{Failure, Player};
use crate::core::engine::{Command, VariableMap, variables_at};
use crate::core::feel::Value;
use crate::core::forms::{FileReference, Submission};
use crate::core::world::Message;

impl Player<'_> {
    pub(super) fn start(
        &mut self,
        step: &Step,
        given: &Given,
        event: Option<&str>,
    ) -> Result<(), Failure> {
        let variables = self.outer(step, given)?;
        let process_id = match &step.process {
            Some(id) => id.clone(),
            None => self.only_process(step)?,
        };
        let started = self.world.start(&process_id, variables, event.map(Arc::from));
        started.map(|_| ()).map_err(|refusal| step.refusal(&refusal))
    }

    pub(super) fn only_process(&self, step: &Step) -> Result<String, Failure> {
        let ids: Vec<_> = self.world.library().processes().map(|it| it.id.to_string()).collect();
        match ids.as_slice() {
            [only] => Ok(only.clone()),
            several => {
                let found = format!("several: {}", several.join(", "));
                Err(step.failure("the id of a process", &found))
            }
        }
    }

    pub(super) fn complete(
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

    pub(super) fn publish(
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

    pub(super) fn resolve(
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

    pub(super) fn set(
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
    pub(super) fn element(&self, step: &Step, element_id: &str) -> Result<(i64, i64), Failure> {
        let open = self.candidates(step).flat_map(|(instance_key, running)| {
            let elements = running.instance.elements.iter();
            let meant = elements.filter(|(_, it)| *it.element_id == *element_id);
            meant.map(move |(key, _)| (instance_key, *key))
        });
        let found = open.min_by_key(|(_, key)| *key);
        found.ok_or_else(|| step.failure(format!("{element_id} at work"), &self.waiting()))
    }

    /// Variables from outside, where those of the instance in question can be seen.
    pub(super) fn outer(&self, step: &Step, given: &Given) -> Result<VariableMap, Failure> {
        let nothing = VariableMap::new();
        let instance = self.meant(step).map(|(_, running)| &running.instance);
        let seen = instance.and_then(|it| it.variables()).unwrap_or(&nothing);
        given.variables(seen, &self.context()).map_err(|it| step.failure("variables", &it))
    }

    /// Everything that is waited for, for people.
    pub(super) fn waiting(&self) -> String {
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
