//! Decisions that elements call: found among those the turn was given, evaluated, recorded.
//!
//! The event holds the result and how it came about, so that folding needs no model. Must not know
//! where decisions come from, nor how a model is evaluated.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::event::{Event, IncidentKind};
use super::facts::DecisionEvaluated;
use super::turn::{At, Failure, Turn};
use super::variables::Visible;
use crate::core::dmn::{DecisionModel, RecordLimits};
use crate::core::model::{Binding, CalledDecision};

/// What the traces of one turn may take in all; a multi-instance would repeat them without end.
const TRACE_BYTES_MAX: usize = 4 << 20;

/// A deployed version of a decision.
#[derive(Debug, Clone)]
pub struct DeployedDecision {
    /// Its key.
    pub key: i64,
    /// Its version's number.
    pub version: i32,
    /// The model that holds it, with all it requires.
    pub model: DecisionModel,
}

/// The decisions a turn may call, by id and binding; cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Decisions(Arc<BTreeMap<String, Vec<(Binding, DeployedDecision)>>>);

impl Decisions {
    /// The decision that an element means.
    #[must_use]
    pub fn find(&self, decision_id: &str, binding: &Binding) -> Option<&DeployedDecision> {
        let bound = self.0.get(decision_id)?;
        bound.iter().find(|(it, _)| it == binding).map(|(_, decision)| decision)
    }
}

impl FromIterator<(String, Binding, DeployedDecision)> for Decisions {
    fn from_iter<I: IntoIterator<Item = (String, Binding, DeployedDecision)>>(all: I) -> Self {
        let mut by_id: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (decision_id, binding, decision) in all {
            by_id.entry(decision_id).or_default().push((binding, decision));
        }
        Self(Arc::new(by_id))
    }
}

/// What a turn has spent on decisions.
pub(crate) struct Account {
    made: u32,
    trace_bytes_left: usize,
}

impl Default for Account {
    fn default() -> Self {
        Self { made: 0, trace_bytes_left: TRACE_BYTES_MAX }
    }
}

/// Makes the decision an element calls, and gives its result.
pub(crate) fn make(
    turn: &mut Turn<'_>,
    at: At<'_>,
    called: &CalledDecision,
) -> Result<Value, Failure> {
    let id = turn
        .text(&called.decision_id, at.key)
        .map_err(Failure::of(IncidentKind::CalledDecision, "called decision"))?;
    let Some(decision) = turn.context.decisions.find(&id, &called.binding).cloned() else {
        let failure = missing(&id, &called.binding);
        turn.miss_decision(id, called.binding.clone());
        return Err(failure);
    };
    count(turn)?;
    let bytes_left = turn.decisions.trace_bytes_left;
    let limits = RecordLimits::default();
    let limits = RecordLimits { trace_bytes: limits.trace_bytes.min(bytes_left), ..limits };
    let visible = Visible::new(turn.instance, at.key, None);
    let evaluated = decision.model.evaluate(&id, &visible, &turn.feel, &limits);
    let record = evaluated.map_err(|error| {
        let message = format!("decision '{id}': {error}");
        Failure::new(IncidentKind::DecisionEvaluation, message)
    })?;
    turn.decisions.trace_bytes_left = bytes_left.saturating_sub(record.trace_bytes);
    let key = turn.take_key();
    let (output, failure) = (record.output, record.failure);
    turn.emit(Event::DecisionEvaluated(Box::new(DecisionEvaluated {
        key,
        element_instance_key: at.key,
        element_id: at.element.id.clone(),
        decision_id: id.clone(),
        decision_key: decision.key,
        decision_version: decision.version,
        inputs: record.inputs,
        output: output.clone(),
        trace: record.trace,
        failure: failure.clone(),
    })));
    match failure {
        Some(why) => {
            let message = format!("decision '{id}': {why}");
            Err(Failure::new(IncidentKind::DecisionEvaluation, message))
        }
        None => Ok(output),
    }
}

/// Each decision is bounded by the limits of FEEL; a turn must not make too many.
fn count(turn: &mut Turn<'_>) -> Result<(), Failure> {
    let limit = turn.context.limits.decisions_max;
    if turn.decisions.made < limit {
        turn.decisions.made += 1;
        return Ok(());
    }
    let message =
        format!("expected at most {limit} decisions at once; resolving goes on from here");
    Err(Failure::new(IncidentKind::StepLimit, message))
}

fn missing(id: &str, binding: &Binding) -> Failure {
    let which = match binding {
        Binding::Latest => String::new(),
        Binding::Deployment => " in the deployment of the process".to_owned(),
        Binding::VersionTag(tag) => format!(" with the version tag '{tag}'"),
    };
    let message = format!("expected a deployed decision '{id}'{which}, but there is none");
    Failure::new(IncidentKind::CalledDecision, message)
}
