//! A finished instance's journal as a scenario that does the same again.
//!
//! Everything that came from outside becomes a step, in its order and at its time; what jobs and
//! called processes gave becomes their answers. Must not know where a journal comes from.

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

use super::log::Log;
use super::recorder::{Recorder, literal};
use super::writing::write;
use crate::core::engine::{Event, InstanceState, ProcessInstance, apply};
use crate::core::model::{ElementKind, ProcessDefinition};
use crate::core::world::Record;

/// A turn of the journal.
#[derive(Debug, Clone)]
pub struct RecordedTurn {
    /// When.
    pub at: Timestamp,
    /// What caused it, in the audit's words: `user_task.completed`.
    pub cause: String,
    /// What happened.
    pub events: Vec<Event>,
}

/// What is recorded, and for whom.
pub struct Recording<'a> {
    /// The name of the scenario.
    pub name: &'a str,
    /// The files it deploys.
    pub deploy: &'a [String],
    /// The process.
    pub definition: &'a ProcessDefinition,
    /// The whole journal, oldest turn first.
    pub turns: &'a [RecordedTurn],
    /// Where local times are, by its IANA name.
    pub zone: &'a str,
    /// Job types that are done even when the scenario says nothing of them.
    pub known_job_types: &'a [&'a str],
}

/// Why an instance can't become a scenario.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRecordable {
    /// It is still at work.
    #[error("expected a finished instance, but it is {0}")]
    NotFinished(InstanceState),
    /// Something was done to it that a scenario has no step for.
    #[error("turn {turn}: a scenario has no step for `{cause}`")]
    NoStep {
        /// The turn, from 1.
        turn: usize,
        /// What caused it.
        cause: String,
    },
}

impl Recording<'_> {
    /// The text of the scenario file.
    ///
    /// # Errors
    /// When the instance is not finished, or something in it can't be done again.
    pub fn to_yaml(&self) -> Result<String, NotRecordable> {
        let mut instance = ProcessInstance::empty();
        let mut log = Log::default();
        for turn in self.turns {
            for event in &turn.events {
                apply(&mut instance, event);
                let record =
                    Record { at: turn.at, instance_key: instance.key, event: event.clone() };
                log.note(record, &self.definition.id);
            }
        }
        if !matches!(instance.state, InstanceState::Completed | InstanceState::Terminated) {
            return Err(NotRecordable::NotFinished(instance.state));
        }
        let mut recorder = Recorder::new(self);
        for (index, turn) in self.turns.iter().enumerate() {
            if recorder.turn(turn).is_none() {
                let cause = turn.cause.clone();
                return Err(NotRecordable::NoStep { turn: index + 1, cause });
            }
        }
        Ok(write(&recorder.into_file(&instance, &log)))
    }
}

pub(super) fn expected(
    definition: &ProcessDefinition,
    instance: &ProcessInstance,
    log: &Log,
) -> Json {
    let variables = instance.variables().into_iter().flatten();
    let variables: Map<String, Json> =
        variables.map(|(name, value)| (name.clone(), expected_value(value))).collect();
    // Paths at the same moment may come in another order; those of the journal are kept.
    let path: Vec<&str> = log.ended(instance.key, true).collect();
    let ended = log.ended(instance.key, false).filter(|id| {
        let index = definition.find(id);
        index.is_some_and(|it| !matches!(definition.element(it).kind, ElementKind::Process))
    });
    let terminated: Vec<&str> = ended.collect();
    let mut expected = json!({ "state": instance.state.to_string(), "path": path });
    if !terminated.is_empty() {
        expected["terminated"] = json!(terminated);
    }
    if !variables.is_empty() {
        expected["variables"] = Json::Object(variables);
    }
    expected
}

/// An expected value: only a whole text can be FEEL there.
fn expected_value(value: &Json) -> Json {
    match value {
        Json::String(text) => literal(text),
        other => other.clone(),
    }
}
