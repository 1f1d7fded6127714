//! Jobs: work for job workers.
//!
//! Must not know leases or which worker takes a job: those are the shell's.

use super::elements::multiple_event;
use super::event::{Event, IncidentKind, Step};
use super::facts::JobCreated;
use super::instance::{Held, JobState, VariableMap};
use super::rejection::{Rejection, Target};
use super::turn::{At, Failure, Turn};
use super::{errors, incidents};
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

pub(crate) fn complete(
    turn: &mut Turn<'_>,
    key: i64,
    variables: &VariableMap,
) -> Result<(), Rejection> {
    let at = load_available(turn, key)?;
    turn.emit(Event::JobCompleted { key });
    turn.take_variables(at, variables);
    if !multiple_event::is_waiting_for_more(turn, at) {
        turn.push(Step::Complete, at.key);
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
    let (code, message) = (error.code.to_owned(), error.message.to_owned());
    turn.emit(Event::JobErrorThrown { key, code, message });
    if let Err(failure) = errors::throw(turn, at, error) {
        incidents::raise(turn, at.key, Step::Job, failure, Some(key));
    }
    Ok(())
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
