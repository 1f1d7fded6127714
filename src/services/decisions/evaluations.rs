//! What was decided: by a process, or because somebody asked.
//!
//! Must not know how a decision is evaluated.

use serde_json::Value as Json;

use crate::platform::store::{Row, Sql, StoreError, Value};

/// A decision that was made, or failed.
#[derive(Debug, Clone, PartialEq)]
pub struct EvaluationRow {
    /// Its key.
    pub key: i64,
    /// The decision.
    pub decision_id: String,
    /// The deployed version of it.
    pub decision_key: i64,
    /// That version's number.
    pub version: i64,
    /// The process instance it was made in.
    pub instance_key: Option<i64>,
    /// The element instance that asked.
    pub element_instance_key: Option<i64>,
    /// Its element.
    pub element_id: Option<String>,
    /// The process.
    pub process_id: Option<String>,
    /// What was read, by name or by path.
    pub inputs: Json,
    /// What was decided.
    pub output: Json,
    /// How: decisions, tables, matched rules.
    pub trace: Json,
    /// Why there is no decision.
    pub failure: Option<String>,
    /// Milliseconds UTC.
    pub evaluated_at: i64,
    /// Who asked for it outside of any process.
    pub evaluated_by: Option<String>,
}

/// Which evaluations are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvaluationFilter {
    /// Of this decision.
    pub decision_id: Option<String>,
    /// In this process instance.
    pub instance_key: Option<i64>,
}

const SELECT: &str = "SELECT key, decision_id, decision_key, version, instance_key,
     element_instance_key, element_id, process_id, inputs, output, trace, failure, evaluated_at,
     evaluated_by FROM work__decision_evaluations";

/// Evaluations with keys below `before`, newest first.
///
/// # Errors
/// `Corrupt` when a row can't be read; `Driver` from the database.
pub fn list_evaluations(
    sql: &mut dyn Sql,
    filter: &EvaluationFilter,
    before: i64,
    limit: u32,
) -> Result<Vec<EvaluationRow>, StoreError> {
    let mut conditions = vec!["key < ?1"];
    let mut values: Vec<Value> = vec![before.into(), i64::from(limit).into()];
    match (&filter.decision_id, filter.instance_key) {
        (Some(decision_id), Some(instance_key)) => {
            conditions.extend(["decision_id = ?3", "instance_key = ?4"]);
            values.extend([decision_id.into(), instance_key.into()]);
        }
        (Some(decision_id), None) => {
            conditions.push("decision_id = ?3");
            values.push(decision_id.into());
        }
        (None, Some(instance_key)) => {
            conditions.push("instance_key = ?3");
            values.push(instance_key.into());
        }
        (None, None) => {}
    }
    let select = format!("{SELECT} WHERE {} ORDER BY key DESC LIMIT ?2", conditions.join(" AND "));
    sql.query(&select, &values)?.iter().map(evaluation).collect()
}

/// An evaluation by its key.
///
/// # Errors
/// As for [`list_evaluations`].
pub fn find_evaluation(sql: &mut dyn Sql, key: i64) -> Result<Option<EvaluationRow>, StoreError> {
    let select = format!("{SELECT} WHERE key = ?1");
    sql.query(&select, &[key.into()])?.first().map(evaluation).transpose()
}

/// Keeps an evaluation that belongs to no process.
pub(super) fn insert(sql: &mut dyn Sql, row: &EvaluationRow) -> Result<(), StoreError> {
    sql.execute(
        "INSERT INTO work__decision_evaluations (key, decision_id, decision_key, version, inputs,
             output, trace, failure, evaluated_at, evaluated_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        &[
            row.key.into(),
            (&row.decision_id).into(),
            row.decision_key.into(),
            row.version.into(),
            row.inputs.to_string().into(),
            row.output.to_string().into(),
            row.trace.to_string().into(),
            row.failure.clone().into(),
            row.evaluated_at.into(),
            row.evaluated_by.clone().into(),
        ],
    )?;
    Ok(())
}

fn evaluation(row: &Row) -> Result<EvaluationRow, StoreError> {
    let key = row.integer(0)?;
    let json = |column: usize| {
        let corrupt = |_| StoreError::Corrupt(format!("evaluation {key}"));
        serde_json::from_str(row.text(column)?).map_err(corrupt)
    };
    let text = |column: usize| Ok::<_, StoreError>(row.optional_text(column)?.map(str::to_owned));
    Ok(EvaluationRow {
        key,
        decision_id: row.text(1)?.to_owned(),
        decision_key: row.integer(2)?,
        version: row.integer(3)?,
        instance_key: row.optional_integer(4)?,
        element_instance_key: row.optional_integer(5)?,
        element_id: text(6)?,
        process_id: text(7)?,
        inputs: json(8)?,
        output: json(9)?,
        trace: json(10)?,
        failure: text(11)?,
        evaluated_at: row.integer(12)?,
        evaluated_by: text(13)?,
    })
}
