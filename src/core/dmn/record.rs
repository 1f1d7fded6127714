//! An evaluation as it is kept: what was read, what was decided and how, all bounded in size.
//!
//! Must not know who keeps it.

use std::cell::RefCell;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::evaluation::{Decided, DecisionError};
use super::model::DecisionModel;
use super::trace::Trace;
use crate::core::feel::{EvaluationContext, Value, Variables};

/// Warnings that are kept; a loop may repeat the same one thousands of times.
const WARNINGS_MAX: usize = 20;

/// What an evaluation gave, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was read from outside, by name or by path, in the order in which it was read.
    pub inputs: Json,
    /// What was decided.
    pub output: Json,
    /// How: decisions and tables as in [`Trace::to_json`], `warnings`, and under `left_out` how
    /// many of these and which inputs were too large.
    pub trace: Json,
    /// How many bytes the trace takes.
    pub trace_bytes: usize,
    /// Why there is no decision: a table that could not be used as it is written.
    pub failure: Option<String>,
}

/// How large the parts of a record may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordLimits {
    /// Bytes of all inputs.
    pub input_bytes: usize,
    /// Bytes of the trace.
    pub trace_bytes: usize,
}

impl Default for RecordLimits {
    /// People read some dozens of rules and inputs.
    fn default() -> Self {
        Self { input_bytes: 16 << 10, trace_bytes: 64 << 10 }
    }
}

impl DecisionModel {
    /// Evaluates a decision or a decision service and keeps what was read and how it was decided.
    ///
    /// # Errors
    /// As for [`DecisionModel::decide`].
    pub fn evaluate(
        &self,
        name: &str,
        inputs: &dyn Variables,
        ctx: &EvaluationContext,
        limits: &RecordLimits,
    ) -> Result<Record, DecisionError> {
        let noted = Noted { inputs, read: RefCell::default() };
        let decided = self.decide_any(name, &noted, ctx, true)?;
        Ok(record(decided, noted.read.into_inner(), limits))
    }
}

/// Remembers what is read of the inputs.
struct Noted<'i> {
    inputs: &'i dyn Variables,
    read: RefCell<IndexMap<String, Value>>,
}

impl Variables for Noted<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        let value = self.inputs.get(name)?;
        let mut read = self.read.borrow_mut();
        if !read.contains_key(name) {
            read.insert(name.to_owned(), value.clone());
        }
        Some(value)
    }

    fn contains(&self, name: &str) -> bool {
        self.inputs.contains(name)
    }

    fn get_path(&self, name: &str, path: &[Arc<str>]) -> Option<(Value, usize)> {
        let (value, taken) = self.inputs.get_path(name, path)?;
        let mut whole = name.to_owned();
        for step in &path[..taken] {
            whole.push('.');
            whole.push_str(step);
        }
        self.read.borrow_mut().entry(whole).or_insert_with(|| value.clone());
        Some((value, taken))
    }
}

fn record(decided: Decided, read: IndexMap<String, Value>, limits: &RecordLimits) -> Record {
    let mut inputs = Room::of(limits.input_bytes);
    let mut kept = Map::new();
    let mut inputs_left_out = Vec::new();
    for (name, value) in read {
        match inputs.take(value.to_json()) {
            Some(value) => drop(kept.insert(name, value)),
            None => inputs_left_out.push(name),
        }
    }
    let mut room = Room::of(limits.trace_bytes);
    let mut trace = kept_of(&decided.trace.unwrap_or_default(), &mut room);
    let warnings: Vec<_> =
        decided.warnings.iter().take(WARNINGS_MAX).map(ToString::to_string).collect();
    if !warnings.is_empty()
        && let Some(warnings) = room.take(json!(warnings))
    {
        trace.insert("warnings".to_owned(), warnings);
    }
    if room.left_out > 0 || !inputs_left_out.is_empty() {
        let left_out = json!({ "parts": room.left_out, "inputs": inputs_left_out });
        trace.insert("left_out".to_owned(), left_out);
    }
    Record {
        inputs: Json::Object(kept),
        output: decided.value.to_json(),
        trace: Json::Object(trace),
        trace_bytes: limits.trace_bytes - room.bytes_left,
        failure: decided.misuse,
    }
}

/// The trace as far as there is room; the last decisions and tables are those people look for.
fn kept_of(trace: &Trace, room: &mut Room) -> Map<String, Json> {
    let Json::Object(mut whole) = trace.to_json() else { return Map::new() };
    for part in whole.values_mut().filter_map(Json::as_array_mut) {
        let all = std::mem::take(part);
        *part = all.into_iter().rev().filter_map(|it| room.take(it)).collect();
        part.reverse();
    }
    whole
}

/// Bytes that may still be taken.
struct Room {
    bytes_left: usize,
    left_out: usize,
}

impl Room {
    fn of(bytes: usize) -> Self {
        Self { bytes_left: bytes, left_out: 0 }
    }

    /// The value if it fits.
    fn take(&mut self, value: Json) -> Option<Json> {
        let bytes = value.to_string().len();
        if bytes > self.bytes_left {
            self.left_out += 1;
            return None;
        }
        self.bytes_left -= bytes;
        Some(value)
    }
}
