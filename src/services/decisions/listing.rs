//! Deployed decisions, for those who show them.
//!
//! Must not change anything.

use serde::Serialize;

use crate::platform::store::{Row, Sql, StoreError};

/// A version of a decision or a decision service.
#[derive(Debug, Clone, Serialize)]
pub struct DecisionRow {
    /// Its key.
    pub key: i64,
    /// Its id in the model, or its name where it has none.
    pub decision_id: String,
    /// Counts up from 1 for each decision.
    pub version: i64,
    /// The modeller's name for the version.
    pub version_tag: Option<String>,
    /// Its name.
    pub name: String,
    /// `decision` or `decision_service`.
    pub kind: String,
    /// The model it is in.
    pub model_key: i64,
    /// The model's name.
    pub model_name: String,
    /// The deployed file's name.
    pub file_name: String,
    /// Milliseconds UTC.
    pub deployed_at: i64,
    /// Who deployed it.
    pub deployed_by: String,
}

const SELECT: &str = "SELECT d.key, d.decision_id, d.version, d.version_tag, d.name, d.kind,
     d.model_key, m.name, r.name, m.deployed_at, m.deployed_by
     FROM sys_flows__decisions d
     JOIN sys_flows__decision_models m ON m.key = d.model_key
     JOIN sys_flows__resources r ON r.key = m.resource_key";

/// The latest version of each decision, by name.
///
/// # Errors
/// Those of the database.
pub fn list_decisions(sql: &mut dyn Sql) -> Result<Vec<DecisionRow>, StoreError> {
    let select = format!(
        "{SELECT} WHERE d.version = (SELECT MAX(o.version) FROM sys_flows__decisions o
             WHERE o.decision_id = d.decision_id)
         ORDER BY lower(d.name), d.decision_id"
    );
    sql.query(&select, &[])?.iter().map(decision).collect()
}

/// All versions of a decision, the latest first; empty when there is no such decision.
///
/// # Errors
/// Those of the database.
pub fn list_versions(sql: &mut dyn Sql, decision_id: &str) -> Result<Vec<DecisionRow>, StoreError> {
    let select = format!("{SELECT} WHERE d.decision_id = ?1 ORDER BY d.version DESC");
    sql.query(&select, &[decision_id.into()])?.iter().map(decision).collect()
}

/// A version of a decision by its key.
///
/// # Errors
/// Those of the database.
pub fn find_decision(sql: &mut dyn Sql, key: i64) -> Result<Option<DecisionRow>, StoreError> {
    let select = format!("{SELECT} WHERE d.key = ?1");
    sql.query(&select, &[key.into()])?.first().map(decision).transpose()
}

/// The text of a model, if there is one of this key.
///
/// # Errors
/// Those of the database.
pub fn find_source(sql: &mut dyn Sql, model_key: i64) -> Result<Option<String>, StoreError> {
    let rows = sql.query(
        "SELECT r.content FROM sys_flows__decision_models m
         JOIN sys_flows__resources r ON r.key = m.resource_key WHERE m.key = ?1",
        &[model_key.into()],
    )?;
    rows.first().map(|row| Ok(row.text(0)?.to_owned())).transpose()
}

fn decision(row: &Row) -> Result<DecisionRow, StoreError> {
    Ok(DecisionRow {
        key: row.integer(0)?,
        decision_id: row.text(1)?.to_owned(),
        version: row.integer(2)?,
        version_tag: row.optional_text(3)?.map(str::to_owned),
        name: row.text(4)?.to_owned(),
        kind: row.text(5)?.to_owned(),
        model_key: row.integer(6)?,
        model_name: row.text(7)?.to_owned(),
        file_name: row.text(8)?.to_owned(),
        deployed_at: row.integer(9)?,
        deployed_by: row.text(10)?.to_owned(),
    })
}
