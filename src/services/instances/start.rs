//! The variables of a new instance against the data schema of its process.
//!
//! Must not know how an instance starts.

use std::sync::Arc;

use jsonschema::Validator;
use moka::sync::Cache;

use crate::core::engine::VariableMap;
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::{ProcessReference, Refusal};

/// Compiled schemas kept in memory; one takes some 100 KB at most.
const VALIDATORS_KEPT_MAX: u64 = 200;
/// A list longer than this helps nobody.
const PROBLEMS_MAX: usize = 50;

/// A variable that does not fit the data schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableProblem {
    /// Where, as a JSON pointer; empty for the variables as a whole.
    pub path: String,
    /// What was found and expected.
    pub message: String,
}

/// Why no instance was started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The variables don't fit the data schema; all problems are here.
    #[error("the variables do not fit the data schema of the process")]
    Invalid(Vec<VariableProblem>),
    /// The engine refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Data schemas, compiled once; cheap to clone.
#[derive(Clone)]
pub(super) struct Validators {
    by_resource: Cache<i64, Arc<Validator>>,
}

impl Validators {
    pub(super) fn new() -> Self {
        Self { by_resource: Cache::new(VALIDATORS_KEPT_MAX) }
    }

    /// The validator of a process's data schema, if one was deployed.
    ///
    /// # Errors
    /// `Corrupt` when the schema can't be compiled any more; those of the database.
    pub(super) fn find(
        &self,
        sql: &mut dyn Sql,
        process: &ProcessReference,
    ) -> Result<Option<Arc<Validator>>, StoreError> {
        let Some(resource_key) = find_schema(sql, process)? else { return Ok(None) };
        if let Some(known) = self.by_resource.get(&resource_key) {
            return Ok(Some(known));
        }
        let rows = sql.query(
            "SELECT content FROM sys_flows__resources WHERE key = ?1",
            &[resource_key.into()],
        )?;
        let corrupt = || StoreError::Corrupt(format!("data schema {resource_key}"));
        let text = rows.first().ok_or_else(corrupt)?.text(0)?;
        let schema = serde_json::from_str(text).map_err(|_| corrupt())?;
        let validator = jsonschema::validator_for(&schema).map_err(|_| corrupt())?;
        let validator = Arc::new(validator);
        self.by_resource.insert(resource_key, Arc::clone(&validator));
        Ok(Some(validator))
    }
}

fn find_schema(sql: &mut dyn Sql, process: &ProcessReference) -> Result<Option<i64>, StoreError> {
    let rows = match process {
        ProcessReference::Latest(id) | ProcessReference::Version(id, _) => sql.query(
            "SELECT resource_key FROM sys_schemas__data_schemas WHERE process_id = ?1
             ORDER BY version DESC LIMIT 1",
            &[id.into()],
        )?,
        ProcessReference::Key(key) => sql.query(
            "SELECT s.resource_key FROM sys_schemas__data_schemas s
             JOIN sys_flows__definitions d ON d.process_id = s.process_id
             WHERE d.key = ?1 ORDER BY s.version DESC LIMIT 1",
            &[(*key).into()],
        )?,
    };
    rows.first().map(|row| row.integer(0)).transpose()
}

/// Everything that does not fit.
pub(super) fn problems(validator: &Validator, variables: &VariableMap) -> Vec<VariableProblem> {
    let value = serde_json::Value::Object(variables.clone());
    let errors = validator.iter_errors(&value).take(PROBLEMS_MAX);
    errors
        .map(|error| VariableProblem {
            path: error.instance_path().to_string(),
            message: error.to_string(),
        })
        .collect()
}
