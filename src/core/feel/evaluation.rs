//! What an evaluation is given, what it may use up, and what comes out of it.
//! It knows nothing of how expressions are evaluated.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::core::feel::value::Value;

/// A part of the source, in bytes; `end` is exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// Everything from outside that an evaluation may see besides variables.
#[derive(Clone, Debug)]
pub struct EvaluationContext {
    /// The moment `now()` and `today()` give.
    pub now: Timestamp,
    /// The zone in which `now()` and `today()` are told.
    pub zone: TimeZone,
    /// What the evaluation may use up.
    pub limits: Limits,
}

impl EvaluationContext {
    /// A moment told in UTC, with the default limits.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now, zone: TimeZone::UTC, limits: Limits::default() }
    }
}

/// What one evaluation may use up before it ends in an [`EvaluationError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Steps: nodes visited, items and bytes handled. Two million take about a tenth of a second.
    pub fuel: u64,
    /// Expressions within expressions, function calls included. A debug build takes up to 4 KiB
    /// of stack for each.
    pub depth: u32,
    /// Bytes of one text.
    pub text_bytes: usize,
    /// Items of one list.
    pub list_items: usize,
    /// Nodes and text bytes of one value when written out.
    pub value_weight: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 2_000_000,
            depth: 300,
            text_bytes: 1 << 20,
            list_items: 100_000,
            value_weight: 8 << 20,
        }
    }
}

/// A result, and what went wrong on the way to it.
#[derive(Clone, Debug)]
pub struct Evaluated {
    /// The result; null where something had none.
    pub value: Value,
    /// Why parts of the expression became null, in the order it happened.
    pub warnings: Vec<Warning>,
}

/// Why a part of an expression became null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The reason, in lower case.
    pub message: String,
    /// The part.
    pub span: Span,
    /// Whose source the part is in, where a model has many sources.
    pub origin: Option<Arc<str>>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.origin {
            write!(f, "{origin}: ")?;
        }
        write!(f, "{} (at byte {})", self.message, self.span.start)
    }
}

/// The limit that ended an evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} (at byte {})", span.start)]
pub struct EvaluationError {
    /// Which limit.
    pub limit: Limit,
    /// Where it was exceeded.
    pub span: Span,
}

/// The limits an evaluation can exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// See [`Limits::fuel`].
    #[error("expected an evaluation of fewer steps")]
    Fuel,
    /// See [`Limits::depth`].
    #[error("expected less deeply nested expressions or function calls")]
    Depth,
    /// See [`Limits::text_bytes`].
    #[error("expected a shorter text")]
    TextBytes,
    /// See [`Limits::list_items`].
    #[error("expected a shorter list")]
    ListItems,
    /// See [`Limits::value_weight`]; also values nested more than 200 levels deep.
    #[error("expected a smaller or less deeply nested value")]
    ValueWeight,
}
