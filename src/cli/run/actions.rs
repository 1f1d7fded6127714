//! What can happen next in a run, and who makes it happen: answers, or whoever is asked.
//!
//! Must not know how turns are done.

use std::collections::BTreeSet;

use anyhow::{Context as _, anyhow};
use serde_json::{Map, Value as Json, json};

use crate::cli::run::answers::{Answer, Answers};
use crate::cli::run::prompt::{ask, ask_form, ask_variables};
use crate::cli::run::simulation::Simulation;
use crate::cli::run::trace::label;
use crate::core::engine::{Command, JobCreated, JobKind, JobState, VariableMap, variables_at};
use crate::core::feel::EvaluationContext;
use crate::core::model::{ElementKind, ProcessDefinition, StartEvent};
use crate::core::world::Running;
use crate::platform::config::ScriptsConfig;
use crate::services::connectors::{MAIL, SCRIPT, script_outcome};
use crate::services::execution::JobOutcome;

/// The wait before a failed attempt is made again, in milliseconds.
const BACKOFF_MS: i64 = 1000;

/// Something that can happen, in the order in which it does when the time is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Action {
    /// An attempt at a job.
    Job { instance_key: i64, key: i64 },
    /// A person does a user task.
    Task { instance_key: i64, key: i64 },
    /// A message comes.
    Message { instance_key: i64, key: i64 },
    /// A signal comes.
    Signal { instance_key: i64, key: i64 },
    /// A timer is due.
    Timer { instance_key: i64, key: i64 },
}

/// What can happen in an instance and when, in milliseconds UTC.
pub(super) fn actions(
    running: &Running,
    instance_key: i64,
    answers: Option<&Answers>,
    declined: &BTreeSet<i64>,
) -> Vec<(i64, Action)> {
    let ready = |element_id: &str, since: i64| match answers.and_then(|it| it.peek(element_id)) {
        Some(answer) if answer.is_never => None,
        Some(answer) => Some(since.saturating_add(delay_ms(answer))),
        None => Some(since),
    };
    let jobs = running.instance.jobs.iter().filter_map(|(key, job)| {
        let open = running.jobs.get(key).filter(|_| job.state == JobState::Available)?;
        let at = ready(&open.facts.element_id, open.due_at)?;
        Some((at, Action::Job { instance_key, key: *key }))
    });
    let at_rest = running
        .instance
        .user_tasks
        .iter()
        .filter(|(_, task)| task.listened.as_deref().is_none_or(|it| it.transition.is_none()));
    let tasks = at_rest.filter_map(|(key, _)| {
        let (facts, since) = running.tasks.get(key)?;
        let at = ready(&facts.element_id, *since)?;
        Some((at, Action::Task { instance_key, key: *key }))
    });
    let messages = running.instance.subscriptions.iter().filter_map(|(key, it)| {
        // Without an answer for it a message does not come.
        let is_silent = answers.is_some_and(|answers| answers.peek(&it.element_id).is_none());
        if is_silent || declined.contains(key) {
            return None;
        }
        let at = ready(&it.element_id, *running.waiting_since.get(key)?)?;
        Some((at, Action::Message { instance_key, key: *key }))
    });
    let signals = running.instance.signals.iter().filter_map(|(key, it)| {
        let is_silent = answers.is_some_and(|answers| answers.peek(&it.element_id).is_none());
        if is_silent || declined.contains(key) {
            return None;
        }
        let at = ready(&it.element_id, *running.waiting_since.get(key)?)?;
        Some((at, Action::Signal { instance_key, key: *key }))
    });
    let timers = running.instance.timers.iter();
    let timers = timers.map(|(key, it)| (it.due_at, Action::Timer { instance_key, key: *key }));
    jobs.chain(tasks).chain(messages).chain(signals).chain(timers).collect()
}

/// What the instance waits for, for people.
pub(super) fn open_work(running: &Running) -> Vec<String> {
    let name = |id: &std::sync::Arc<str>| label(&running.definition, id);
    let at = |key: &i64| running.instance.elements.get(key).map(|it| name(&it.element_id));
    let incidents = running.instance.incidents.values();
    let incidents = incidents
        .filter_map(|it| Some(format!("{} has an incident", at(&it.element_instance_key)?)));
    let tasks = running.instance.user_tasks.keys().filter_map(|key| {
        Some(format!("{} waits for a person", name(&running.tasks.get(key)?.0.element_id)))
    });
    let subscriptions = running.instance.subscriptions.values();
    let messages = subscriptions
        .map(|it| format!("{} waits for the message {}", name(&it.element_id), it.message_name));
    let signals = running
        .instance
        .signals
        .values()
        .map(|it| format!("{} waits for the signal {}", name(&it.element_id), it.signal_name));
    let conditions = running.instance.conditions.values();
    let conditions =
        conditions.map(|it| format!("{} waits for its condition", name(&it.element_id)));
    let free = running.instance.jobs.iter().filter(|(_, job)| job.state == JobState::Available);
    let jobs = free.filter_map(|(key, _)| {
        Some(format!("{} waits for a worker", name(&running.jobs.get(key)?.facts.element_id)))
    });
    incidents.chain(tasks).chain(messages).chain(signals).chain(conditions).chain(jobs).collect()
}

fn delay_ms(answer: &Answer) -> i64 {
    i64::try_from(answer.after.as_millis()).unwrap_or(i64::MAX)
}

impl Simulation {
    /// Makes something happen; `None` when it does not happen after all.
    pub(super) fn carry_out(
        &mut self,
        action: Action,
        answers: Option<&mut Answers>,
    ) -> anyhow::Result<Option<(i64, Command)>> {
        match action {
            Action::Job { instance_key, key } => {
                self.do_job(instance_key, key, answers).map(|it| Some((instance_key, it)))
            }
            Action::Task { instance_key, key } => {
                self.do_task(instance_key, key, answers).map(|it| Some((instance_key, it)))
            }
            Action::Message { instance_key, key } => {
                let command = self.message(instance_key, key, answers)?;
                Ok(command.map(|it| (instance_key, it)))
            }
            Action::Signal { instance_key, key } => {
                let command = self.signal(instance_key, key, answers)?;
                Ok(command.map(|it| (instance_key, it)))
            }
            Action::Timer { instance_key, key } => {
                Ok(Some((instance_key, Command::FireTimer { timer_key: key })))
            }
        }
    }

    fn do_job(
        &mut self,
        instance_key: i64,
        job_key: i64,
        answers: Option<&mut Answers>,
    ) -> anyhow::Result<Command> {
        let running = &self.world.instances()[&instance_key];
        let facts = running.jobs[&job_key].facts.clone();
        let retries = running.instance.jobs[&job_key].retries;
        let variables = variables_at(&running.instance, facts.element_instance_key);
        let is_asking = answers.is_none();
        if !matches!(facts.kind, JobKind::Element | JobKind::AdHocSubProcess) {
            let listener = format!("listener {}", facts.job_type);
            self.trace.remark(self.world.now, facts.element_instance_key, &listener);
            return Ok(Command::CompleteJob { job_key, variables: VariableMap::new() });
        }
        let outcome = match answers.and_then(|it| it.take(&facts.element_id)) {
            Some(answer) => answered(answer),
            None if &*facts.job_type == SCRIPT => {
                let headers = facts.headers.iter().cloned();
                let headers: Map<String, Json> = headers.map(|(k, v)| (k, v.into())).collect();
                script_outcome(&headers, &variables, (&ScriptsConfig::default()).into())
            }
            None if &*facts.job_type == MAIL => {
                let shown = |name: &str| variables.get(name).map_or("-".to_owned(), text);
                let mail = format!("mail to {}: {}", shown("to"), shown("subject"));
                self.trace.remark(self.world.now, facts.element_instance_key, &mail);
                JobOutcome::Completed(Map::new())
            }
            None if is_asking => ask_job(&label(&running.definition, &facts.element_id), &facts)?,
            None => return Err(unanswered(&label(&running.definition, &facts.element_id))),
        };
        Ok(match outcome {
            // What is answered for an ad-hoc sub-process is its worker's choice.
            JobOutcome::Completed(choice) if facts.kind == JobKind::AdHocSubProcess => {
                let result = serde_json::from_value(Json::Object(choice));
                let name = label(&running.definition, &facts.element_id);
                let result = result.with_context(|| format!("the choice for {name}"))?;
                let variables = VariableMap::new();
                Command::CompleteJobWithResult { job_key, variables, result: Box::new(result) }
            }
            JobOutcome::Completed(variables) => Command::CompleteJob { job_key, variables },
            JobOutcome::Error { code, message, variables } => {
                Command::ThrowJobError { job_key, code, message, variables }
            }
            JobOutcome::Failed { message, is_retryable } => Command::FailJob {
                job_key,
                retries: if is_retryable { retries - 1 } else { 0 },
                message,
                backoff_until: Some(self.world.now.as_millisecond() + BACKOFF_MS),
                variables: VariableMap::new(),
            },
        })
    }

    fn do_task(
        &self,
        instance_key: i64,
        user_task_key: i64,
        answers: Option<&mut Answers>,
    ) -> anyhow::Result<Command> {
        let running = &self.world.instances()[&instance_key];
        let (facts, _) = &running.tasks[&user_task_key];
        let name = label(&running.definition, &facts.element_id);
        let variables = match answers {
            Some(answers) => {
                answers.take(&facts.element_id).ok_or_else(|| unanswered(&name))?.variables
            }
            None => {
                let data = variables_at(&running.instance, facts.element_instance_key);
                eprintln!("{name}");
                match self.world.library().task_form(
                    &running.definition,
                    &facts.element_id,
                    facts.form.as_ref(),
                ) {
                    Some(form) => ask_form(&form, &data, &self.context())?,
                    None => ask_variables("its variables as a JSON object")?.unwrap_or_default(),
                }
            }
        };
        Ok(Command::CompleteUserTask { user_task_key, variables, by: None })
    }

    fn message(
        &mut self,
        instance_key: i64,
        subscription_key: i64,
        answers: Option<&mut Answers>,
    ) -> anyhow::Result<Option<Command>> {
        let subscription =
            &self.world.instances()[&instance_key].instance.subscriptions[&subscription_key];
        let what = format!(
            "the message {} with the key {}",
            subscription.message_name, subscription.correlation_key
        );
        let given = variables_of(&subscription.element_id, &what, answers)?;
        let given = self.once(subscription_key, subscription.is_interrupting, given);
        let message_key = subscription_key;
        let command =
            |variables| Command::CorrelateMessage { subscription_key, message_key, variables };
        Ok(given.map(command))
    }

    fn signal(
        &mut self,
        instance_key: i64,
        subscription_key: i64,
        answers: Option<&mut Answers>,
    ) -> anyhow::Result<Option<Command>> {
        let subscription =
            &self.world.instances()[&instance_key].instance.signals[&subscription_key];
        let what = format!("the signal {}", subscription.signal_name);
        let given = variables_of(&subscription.element_id, &what, answers)?;
        let given = self.once(subscription_key, subscription.is_interrupting, given);
        let signal_key = subscription_key;
        let command = |variables| Command::CatchSignal { subscription_key, signal_key, variables };
        Ok(given.map(command))
    }

    /// What did not come is not asked for again; nor is what came and could come again and again,
    /// since it must not hold up the run.
    fn once(
        &mut self,
        subscription_key: i64,
        is_interrupting: bool,
        given: Option<VariableMap>,
    ) -> Option<VariableMap> {
        if given.is_none() || !is_interrupting {
            self.declined.insert(subscription_key);
        }
        given
    }

    /// Asks for the fields of the start form that were not given as variables.
    pub(super) fn fill_start_form(
        &self,
        process_id: &str,
        variables: &mut VariableMap,
        answers: Option<&mut Answers>,
    ) -> anyhow::Result<()> {
        let Some(definition) = self.world.library().process(process_id) else { return Ok(()) };
        let children = &definition.element(ProcessDefinition::ROOT).children;
        let start = children.iter().map(|child| definition.element(*child)).find(|element| {
            matches!(&element.kind, ElementKind::StartEvent(StartEvent { trigger: None, .. }))
        });
        let Some(start) = start else { return Ok(()) };
        if let Some(answers) = answers {
            if let Some(answer) = answers.take(&start.id) {
                variables.extend(answer.variables);
            }
        } else if variables.is_empty()
            && let ElementKind::StartEvent(StartEvent { form: Some(form), .. }) = &start.kind
            && let Some(form) = self.world.library().form(form)
        {
            eprintln!("{}", label(definition, &start.id));
            variables.extend(ask_form(&form, &Map::new(), &self.context())?);
        }
        Ok(())
    }

    fn context(&self) -> EvaluationContext {
        EvaluationContext { zone: self.world.zone.clone(), ..EvaluationContext::at(self.world.now) }
    }
}

fn answered(answer: Answer) -> JobOutcome {
    match (answer.failure, answer.error) {
        (Some(message), _) => JobOutcome::Failed { message, is_retryable: true },
        (None, Some(code)) => {
            JobOutcome::Error { code, message: answer.message, variables: answer.variables }
        }
        (None, None) => JobOutcome::Completed(answer.variables),
    }
}

fn ask_job(name: &str, facts: &JobCreated) -> anyhow::Result<JobOutcome> {
    eprintln!("{name}, a job of the type {}", facts.job_type);
    loop {
        let line = ask("its variables as a JSON object, error CODE, or fail REASON: ")?;
        if let Some(code) = line.strip_prefix("error ") {
            let (message, variables) = (String::new(), Map::new());
            return Ok(JobOutcome::Error { code: code.trim().to_owned(), message, variables });
        }
        if let Some(reason) = line.strip_prefix("fail ") {
            return Ok(JobOutcome::Failed { message: reason.to_owned(), is_retryable: true });
        }
        let object = if line.is_empty() { Ok(json!({})) } else { serde_json::from_str(&line) };
        match object {
            Ok(Json::Object(variables)) => return Ok(JobOutcome::Completed(variables)),
            _ => eprintln!("expected a JSON object such as {{\"ok\": true}}"),
        }
    }
}

fn unanswered(name: &str) -> anyhow::Error {
    anyhow!("{name} has no answer").context("the run stopped")
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What something from outside brings with it, or `None` if it does not come.
fn variables_of(
    element_id: &str,
    what: &str,
    answers: Option<&mut Answers>,
) -> anyhow::Result<Option<VariableMap>> {
    match answers {
        Some(answers) => Ok(answers.take(element_id).map(|it| it.variables)),
        None => ask_variables(&format!(
            "{what}: its variables as a JSON object, or - if it does not come"
        )),
    }
}
