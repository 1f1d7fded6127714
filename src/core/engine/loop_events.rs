//! Events that a multi-instance throws as its inner instances complete (BPMN 2.0, 10.3.8).
//!
//! They are thrown at the body, so that its boundary events catch them first. Must not know how
//! inner instances begin or end.

use super::catching::{Code, find_catch};
use super::event::IncidentKind;
use super::instance::VariableMap;
use super::multi_instance::counts;
use super::turn::{At, Failure, Turn};
use super::{errors, escalations, signals};
use crate::core::model::{LoopBehavior, ThrownEvent};

/// An event on its way.
pub(crate) enum Thrown {
    Signal(String),
    Escalation(String),
    Error(String),
}

/// Which events the completion of an inner instance throws; called before it is gone.
///
/// # Errors
///
/// When a condition or a name can't be computed, or nothing catches an error.
pub(crate) fn thrown(
    turn: &Turn<'_>,
    inner: At<'_>,
    body: At<'_>,
    behavior: &LoopBehavior,
) -> Result<Vec<Thrown>, Failure> {
    let is_first = || {
        let progress = turn.instance.elements.get(&body.key).and_then(|it| it.progress.as_deref());
        progress.is_some_and(|progress| progress.completed == 0)
    };
    match behavior {
        LoopBehavior::All => Ok(Vec::new()),
        LoopBehavior::One(_) if !is_first() => Ok(Vec::new()),
        LoopBehavior::None(event) | LoopBehavior::One(event) => {
            Ok(vec![resolved(turn, inner, body, event)?])
        }
        LoopBehavior::Complex(behaviors) => {
            let counts = counts(turn, body);
            let mut all = Vec::new();
            for behavior in behaviors {
                let is_met = turn
                    .truth(&behavior.condition, inner.key, Some(&counts))
                    .map_err(Failure::of(IncidentKind::MultiInstance, "complex behaviour"))?;
                if is_met {
                    all.push(resolved(turn, inner, body, &behavior.event)?);
                }
            }
            Ok(all)
        }
    }
}

fn resolved(
    turn: &Turn<'_>,
    inner: At<'_>,
    body: At<'_>,
    event: &ThrownEvent,
) -> Result<Thrown, Failure> {
    match event {
        ThrownEvent::Signal(name) => Ok(Thrown::Signal(signals::name(turn, inner.key, name)?)),
        ThrownEvent::Escalation(code) => turn
            .text(code, inner.key)
            .map(Thrown::Escalation)
            .map_err(Failure::of(IncidentKind::Escalation, "escalation code")),
        ThrownEvent::Error(code) => {
            let failing = Failure::of(IncidentKind::UnhandledError, "error code");
            let code = turn.text(code, inner.key).map_err(failing)?;
            let is_caught = find_catch(turn, body, Code::Error(&code)).is_some();
            if is_caught || turn.instance.parent.is_some() {
                return Ok(Thrown::Error(code));
            }
            let message = format!("nothing catches error '{code}' of the multi-instance");
            Err(Failure::new(IncidentKind::UnhandledError, message))
        }
    }
}

/// Throws them one after the other, as long as the body is still there.
pub(crate) fn throw(turn: &mut Turn<'_>, body: At<'_>, thrown: Vec<Thrown>) {
    for event in thrown {
        if turn.at(body.key).is_none() {
            return;
        }
        match event {
            Thrown::Signal(name) => signals::throw(turn, body, name),
            Thrown::Escalation(code) => escalations::throw(turn, body, &code),
            Thrown::Error(code) => {
                let message = format!("thrown by multi-instance '{}'", body.element.id);
                let variables = VariableMap::new();
                let error =
                    errors::Thrown { code: &code, message: &message, variables: &variables };
                // That somebody catches it was made sure of before the inner instance left.
                let _ = errors::throw(turn, body, &error);
            }
        }
    }
}
