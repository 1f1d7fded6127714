//! Deployed decisions: found by id and binding, their models parsed once and kept.
//!
//! Must not know how a model gets deployed, nor evaluate one.
//!
//! **Invariant:** a model never changes once it has a key, nor what it was compiled with, so a
//! cached one is never stale.

use moka::sync::Cache;

use super::definitions::Deployed;
use crate::core::dmn::{self, DecisionModel, Limits};
use crate::core::engine::DeployedDecision;
use crate::core::model::Binding;
use crate::platform::store::{Sql, StoreError, Value};

/// Models kept in memory; a table of a thousand rules takes some 2 MB.
const MODELS_KEPT_MAX: u64 = 200;

/// Gives decisions; cloning shares what is kept.
#[derive(Clone)]
pub struct DeployedDecisions {
    models: Cache<i64, DecisionModel>,
}

impl Default for DeployedDecisions {
    fn default() -> Self {
        Self { models: Cache::new(MODELS_KEPT_MAX) }
    }
}

const SELECT: &str = "SELECT d.key, d.version, d.model_key FROM sys_flows__decisions d";

impl DeployedDecisions {
    /// The decision that an element of a process means, if it is deployed.
    ///
    /// # Errors
    /// As for [`DeployedDecisions::load_model`].
    pub fn find(
        &self,
        sql: &mut dyn Sql,
        caller: &Deployed,
        decision_id: &str,
        binding: &Binding,
    ) -> Result<Option<DeployedDecision>, StoreError> {
        match binding {
            Binding::Latest => self.find_latest(sql, decision_id),
            Binding::Deployment => self.find_one(
                sql,
                "JOIN sys_flows__deployed_decisions o ON o.decision_key = d.key
                 WHERE o.decision_id = ?1 AND o.deployment_key = ?2",
                &[decision_id.into(), caller.deployment_key.into()],
            ),
            Binding::VersionTag(tag) => self.find_one(
                sql,
                "WHERE d.decision_id = ?1 AND d.version_tag = ?2 ORDER BY d.version DESC LIMIT 1",
                &[decision_id.into(), tag.into()],
            ),
        }
    }

    /// The latest version of a decision, if it is deployed.
    ///
    /// # Errors
    /// As for [`DeployedDecisions::load_model`].
    pub fn find_latest(
        &self,
        sql: &mut dyn Sql,
        decision_id: &str,
    ) -> Result<Option<DeployedDecision>, StoreError> {
        let which = "WHERE d.decision_id = ?1 ORDER BY d.version DESC LIMIT 1";
        self.find_one(sql, which, &[decision_id.into()])
    }

    /// One version of a decision, if it is deployed.
    ///
    /// # Errors
    /// As for [`DeployedDecisions::load_model`].
    pub fn find_version(
        &self,
        sql: &mut dyn Sql,
        decision_id: &str,
        version: i64,
    ) -> Result<Option<DeployedDecision>, StoreError> {
        let which = "WHERE d.decision_id = ?1 AND d.version = ?2";
        self.find_one(sql, which, &[decision_id.into(), version.into()])
    }

    fn find_one(
        &self,
        sql: &mut dyn Sql,
        which: &str,
        values: &[Value],
    ) -> Result<Option<DeployedDecision>, StoreError> {
        let rows = sql.query(&format!("{SELECT} {which}"), values)?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(DeployedDecision {
            key: row.integer(0)?,
            version: i32::try_from(row.integer(1)?).unwrap_or(i32::MAX),
            model: self.load_model(sql, row.integer(2)?)?,
        }))
    }

    /// The model of a key that is known to exist.
    ///
    /// # Errors
    /// `Corrupt` when there is none or it can't be read any more; `Driver` from the database.
    pub fn load_model(
        &self,
        sql: &mut dyn Sql,
        model_key: i64,
    ) -> Result<DecisionModel, StoreError> {
        if let Some(known) = self.models.get(&model_key) {
            return Ok(known);
        }
        let corrupt = || StoreError::Corrupt(format!("decision model {model_key}"));
        let (source, imports) = source(sql, model_key)?;
        let keys: Vec<i64> = serde_json::from_str(&imports).map_err(|_| corrupt())?;
        let mut imported = Vec::with_capacity(keys.len());
        for key in keys {
            imported.push(self::source(sql, key)?.0);
        }
        let imported: Vec<&str> = imported.iter().map(String::as_str).collect();
        let model = dmn::parse(&source, &imported, &Limits::of_tables()).map_err(|_| corrupt())?;
        self.models.insert(model_key, model.clone());
        Ok(model)
    }
}

/// The text of a model, and the keys of those it was compiled with as JSON.
fn source(sql: &mut dyn Sql, model_key: i64) -> Result<(String, String), StoreError> {
    let rows = sql.query(
        "SELECT r.content, m.imports FROM sys_flows__decision_models m
         JOIN sys_flows__resources r ON r.key = m.resource_key WHERE m.key = ?1",
        &[model_key.into()],
    )?;
    let missing = || StoreError::Corrupt(format!("no decision model {model_key}"));
    let row = rows.first().ok_or_else(missing)?;
    Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
}
