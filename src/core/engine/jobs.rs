//! Jobs: work for job workers.
//!
//! Must not know leases or which worker takes a job: those are the shell's.

use super::command::JobResult;
use super::elements::{ad_hoc, multiple_event};
use super::event::{Event, IncidentKind, Step};
use super::facts::{JobCreated, JobKind};
use super::instance::{Held, JobState, VariableMap};
use super::rejection::{Rejection, Target};
use super::turn::{At, Failure, Turn};
use super::{errors, incidents, listeners, task_listeners};
use crate::core::model::{Dynamic, JobDefinition};

/// Creates the job of an element.
pub(crate) fn create(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &JobDefinition,
) -> Result<(), Failure> {
    let job = prepare(turn, at, definition)?;
    open(turn, job);
    Ok(())
}

/// Creates a job that an element waits for, with headers beside those of the model.
pub(crate) fn create_of_kind(
    turn: &mut Turn<'_>,
    at: At<'_>,
    definition: &JobDefinition,
    kind: JobKind,
    headers: Vec<(String, String)>,
) -> Result<(), Failure> {
    let mut job = prepare(turn, at, definition)?;
    job.kind = kind;
    job.headers.extend(headers);
    open(turn, job);
    Ok(())
}

/// Computes the job of an element; it has no key yet.
pub(crate) fn prepare(
    turn: &Turn<'_>,
    at: At<'_>,
    definition: &JobDefinition,
) -> Result<JobCreated, Failure> {
    let failing = |what| Failure::of(IncidentKind::JobDefinition, what);
    let job_type = match &definition.job_type {
        Dynamic::Literal(text) => text.clone(),
        computed @ Dynamic::Expression(_) => {
            turn.text(computed, at.key).map_err(failing("job type"))?.into()
        }
    };
    let retries = turn.integer(&definition.retries, at.key).map_err(failing("job retries"))?;
    let priority = match &definition.priority {
        Some(priority) => turn.integer(priority, at.key).map_err(failing("job priority"))?,
        None => 0,
    };
    if retries < 1 {
        let message = format!("job retries: expected at least 1, but got {retries}");
        return Err(Failure::new(IncidentKind::JobDefinition, message));
    }
    Ok(JobCreated {
        key: 0,
        element_instance_key: at.key,
        element_id: at.element.id.clone(),
        job_type,
        kind: JobKind::Element,
        retries,
        priority,
        headers: definition.headers.clone(),
    })
}

/// Gives a prepared job its key and offers it to workers.
pub(crate) fn open(turn: &mut Turn<'_>, job: JobCreated) {
    let key = turn.take_key();
    turn.emit(Event::JobCreated(Box::new(JobCreated { key, ..job })));
}

/// Whether an element instance has a job.
pub(crate) fn has_any(turn: &Turn<'_>, key: i64) -> bool {
    turn.instance.held(key).any(|held| matches!(held, Held::Job(_)))
}

/// The element instance of a job that can be worked on.
fn load_available<'a>(turn: &Turn<'a>, key: i64) -> Result<At<'a>, Rejection> {
    let not_found = Rejection::NotFound { target: Target::Job, key };
    let job = turn.instance.jobs.get(&key).ok_or(not_found.clone())?;
    if job.state != JobState::Available {
        return Err(Rejection::JobNotAvailable { key, state: job.state });
    }
    turn.at(job.element_instance_key).ok_or(not_found)
}

/// The work is done; `result` is what a job of its kind can say beside the variables.
pub(crate) fn complete(
    turn: &mut Turn<'_>,
    key: i64,
    variables: &VariableMap,
    result: &JobResult,
) -> Result<(), Rejection> {
    let at = load_available(turn, key)?;
    let kind = turn.instance.jobs.get(&key).map_or(JobKind::Element, |job| job.kind);
    if let JobKind::TaskListener(event) = kind {
        return task_listeners::complete(turn, at, key, event, (variables, result));
    }
    if kind == JobKind::AdHocSubProcess {
        return ad_hoc::complete_job(turn, at, key, variables, result);
    }
    if *result != JobResult::default() {
        return Err(Rejection::ResultNotFitting { key, expected: "variables and nothing else" });
    }
    turn.emit(Event::JobCompleted { key });
    match kind {
        JobKind::StartListener => listeners::complete_start(turn, at, variables),
        JobKind::EndListener => listeners::complete_end(turn, at, variables),
        JobKind::Element | JobKind::TaskListener(_) | JobKind::AdHocSubProcess => {
            turn.take_variables(at, variables);
            if !multiple_event::is_waiting_for_more(turn, at) {
                turn.push(Step::Complete, at.key);
            }
        }
    }
    Ok(())
}

/// What a worker reports about a failed attempt.
pub(crate) struct Attempt<'a> {
    pub(crate) retries: i32,
    pub(crate) message: &'a str,
    pub(crate) backoff_until: Option<i64>,
    pub(crate) variables: &'a VariableMap,
}

pub(crate) fn fail(turn: &mut Turn<'_>, key: i64, attempt: &Attempt<'_>) -> Result<(), Rejection> {
    let at = load_available(turn, key)?;
    let retries = attempt.retries.max(0);
    turn.emit(Event::JobFailed {
        key,
        retries,
        message: attempt.message.to_owned(),
        backoff_until: attempt.backoff_until.filter(|_| retries > 0),
    });
    turn.set_local(at.key, attempt.variables);
    if retries == 0 {
        let failure = Failure::new(IncidentKind::JobNoRetries, attempt.message);
        incidents::raise(turn, at.key, Step::Job, failure, Some(key));
    }
    Ok(())
}

pub(crate) fn throw_error(
    turn: &mut Turn<'_>,
    key: i64,
    error: &errors::Thrown<'_>,
) -> Result<(), Rejection> {
    let at = load_available(turn, key)?;
    if matches!(turn.instance.jobs.get(&key), Some(job) if is_of_user_task(job.kind)) {
        let expected =
            "a refusal or a failure, since no error leads out of a user task's listener,";
        return Err(Rejection::ResultNotFitting { key, expected });
    }
    let (code, message) = (error.code.to_owned(), error.message.to_owned());
    turn.emit(Event::JobErrorThrown { key, code, message });
    if let Err(failure) = errors::throw(turn, at, error) {
        incidents::raise(turn, at.key, Step::Job, failure, Some(key));
    }
    Ok(())
}

fn is_of_user_task(kind: JobKind) -> bool {
    matches!(kind, JobKind::TaskListener(_))
}

pub(crate) fn update_retries(turn: &mut Turn<'_>, key: i64, retries: i32) -> Result<(), Rejection> {
    if !turn.instance.jobs.contains_key(&key) {
        return Err(Rejection::NotFound { target: Target::Job, key });
    }
    if retries < 1 {
        return Err(Rejection::NoRetries { key, retries });
    }
    turn.emit(Event::JobRetriesUpdated { key, retries });
    Ok(())
}
