//! Evaluating a decision by itself, outside of any process.
//!
//! The work is done beside the database; what was decided and who asked is written together.
//! Must not know what a decision is made of.

use serde_json::{Map, Value as Json};

use super::evaluations::{EvaluationRow, insert};
use crate::core::dmn::{DecisionError, Record, RecordLimits};
use crate::core::engine::DeployedDecision;
use crate::core::feel::{self, EvaluationContext};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::{self, Change, Origin};
use crate::services::execution::Execution;

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum EvaluateError {
    /// There is no such decision, or no such version.
    #[error("expected a deployed decision, but there is none of this id and version")]
    NotFound,
    /// It took too much.
    #[error(transparent)]
    Evaluation(#[from] DecisionError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Evaluates a version of a decision, the latest if none is named, and keeps what was decided.
///
/// # Errors
/// Why nothing was decided. A table that contradicts itself is an evaluation with a failure.
pub async fn evaluate(
    execution: &Execution,
    decision_id: String,
    version: Option<i64>,
    variables: Map<String, Json>,
    origin: Origin,
) -> Result<EvaluationRow, EvaluateError> {
    let (decisions, wanted) = (execution.decisions().clone(), decision_id.clone());
    let find = move |sql: &mut dyn Sql| match version {
        Some(version) => decisions.find_version(sql, &wanted, version),
        None => decisions.find_latest(sql, &wanted),
    };
    let found = execution.database().read(find).await?.ok_or(EvaluateError::NotFound)?;
    let context = EvaluationContext {
        now: execution.foundation().clock.now(),
        zone: execution.zone().clone(),
        limits: feel::Limits::default(),
    };
    let (decision, id) = (found.clone(), decision_id.clone());
    let work = move || decision.model.evaluate(&id, &variables, &context, &RecordLimits::default());
    let joined = tokio::task::spawn_blocking(work).await;
    let record = joined.map_err(|error| StoreError::Corrupt(error.to_string()))??;
    Ok(keep(execution, decision_id, &found, record, origin).await?)
}

async fn keep(
    execution: &Execution,
    decision_id: String,
    decision: &DeployedDecision,
    record: Record,
    origin: Origin,
) -> Result<EvaluationRow, StoreError> {
    let foundation = execution.foundation().clone();
    let (decision_key, version) = (decision.key, i64::from(decision.version));
    let write = move |sql: &mut dyn Sql| {
        let now_ms = foundation.clock.now_ms();
        let row = EvaluationRow {
            key: foundation.keys.next(now_ms),
            decision_id: decision_id.clone(),
            decision_key,
            version,
            instance_key: None,
            element_instance_key: None,
            element_id: None,
            process_id: None,
            inputs: record.inputs.clone(),
            output: record.output.clone(),
            trace: record.trace.clone(),
            failure: record.failure.clone(),
            evaluated_at: now_ms,
            evaluated_by: Some(origin.actor.id.to_string()),
        };
        insert(sql, &row)?;
        let summary = format!("evaluated the decision {decision_id}, version {version}");
        let change =
            Change::of("decision.evaluated", "decision_evaluation", row.key, &decision_id, summary);
        audit::record(sql, &change.at(foundation.keys.next(now_ms), now_ms, &origin))?;
        Ok::<_, StoreError>(row)
    };
    execution.database().write(write).await
}
