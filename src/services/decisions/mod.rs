//! Decisions: what is deployed, evaluating one by itself, and what was decided and how.
//!
//! Must not know HTTP, nor how a model is deployed.
//!
//! **Invariant:** what was decided stays what it was, whatever is deployed later.

mod evaluate;
mod evaluations;
mod listing;

pub use evaluate::{EvaluateError, evaluate};
pub use evaluations::{EvaluationFilter, EvaluationRow, find_evaluation, list_evaluations};
pub use listing::{DecisionRow, find_decision, find_source, list_decisions, list_versions};
