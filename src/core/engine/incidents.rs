//! Incidents: where an instance can't go on without a person, and how it goes on afterwards.
//!
//! Must not know what the failing step does.

use super::changes::RepairIncident;
use super::decide::set_variables;
use super::event::{Event, IncidentKind, IncidentRaised, Step};
use super::instance::Held;
use super::lifecycle::Lifecycle;
use super::rejection::{Rejection, Target};
use super::turn::{Failure, Turn};

/// Raises an incident that holds up a step of an element instance.
pub(crate) fn raise(
    turn: &mut Turn<'_>,
    key: i64,
    step: Step,
    failure: Failure,
    job_key: Option<i64>,
) {
    let Some(at) = turn.at(key) else { return };
    let is_leaving = matches!(step, Step::Complete | Step::Leave);
    if is_leaving && at.lifecycle != Lifecycle::Completing {
        turn.emit(Event::ElementCompleting { key });
    }
    let incident_key = turn.take_key();
    turn.emit(Event::IncidentRaised(Box::new(IncidentRaised {
        key: incident_key,
        element_instance_key: key,
        element_id: at.element.id.clone(),
        kind: failure.kind,
        message: failure.message,
        job_key,
        step,
    })));
}

/// Tries the held-up step again.
pub(crate) fn resolve(turn: &mut Turn<'_>, key: i64) -> Result<(), Rejection> {
    let not_found = Rejection::NotFound { target: Target::Incident, key };
    let incident = turn.instance.incidents.get(&key).ok_or(not_found)?.clone();
    let job = incident.job_key.and_then(|key| Some((key, turn.instance.jobs.get(&key)?.retries)));
    if let Some((key, retries @ ..=0)) = job {
        return Err(Rejection::NoRetries { key, retries });
    }
    turn.emit(Event::IncidentResolved { key });
    match job {
        Some((key, _)) => turn.emit(Event::JobReopened { key }),
        None => turn.push(incident.step, incident.element_instance_key),
    }
    Ok(())
}

/// Mends what caused an incident and tries its step again, all in one turn.
pub(crate) fn repair(turn: &mut Turn<'_>, repair: &RepairIncident) -> Result<(), Rejection> {
    let key = repair.incident_key;
    let not_found = Rejection::NotFound { target: Target::Incident, key };
    let incident = turn.instance.incidents.get(&key).ok_or(not_found)?.clone();
    let retries_left = |key: i64| turn.instance.jobs.get(&key).map(|job| job.retries);
    match (incident.job_key, repair.retries) {
        (None, Some(_)) => return Err(Rejection::NoJob { key }),
        (Some(job_key), given) => {
            let retries = given.or_else(|| retries_left(job_key)).unwrap_or(0);
            if retries < 1 {
                return Err(Rejection::NoRetries { key: job_key, retries });
            }
        }
        (None, None) => {}
    }
    let scope_key = repair.scope_key.unwrap_or(incident.element_instance_key);
    set_variables(turn, scope_key, &repair.variables, repair.is_local)?;
    if let (Some(key), Some(retries)) = (incident.job_key, repair.retries) {
        turn.emit(Event::JobRetriesUpdated { key, retries });
    }
    resolve(turn, key)
}

/// Whether an element instance has an incident of a kind, and which.
pub(crate) fn find(turn: &Turn<'_>, key: i64, kind: IncidentKind) -> Option<i64> {
    turn.instance.held(key).find_map(|held| match held {
        Held::Incident(key) if turn.instance.incidents.get(&key)?.kind == kind => Some(key),
        _ => None,
    })
}
