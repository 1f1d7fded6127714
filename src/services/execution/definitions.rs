//! Executable definitions by key, parsed once and kept.
//!
//! Must not know how a model gets deployed.
//!
//! **Invariant:** a definition never changes once it has a key, so a cached one is never stale.

use std::sync::Arc;

use moka::sync::Cache;

use super::deciding::Calls;
use crate::core::bpmn;
use crate::core::model::{ProcessDefinition, StartTrigger};
use crate::core::schema::Column;
use crate::platform::store::{Row, Sql, StoreError, Value};

/// Definitions kept in memory; a small model takes some 50 KB.
const DEFINITIONS_KEPT_MAX: u64 = 500;

/// One version of a process, ready to run.
#[derive(Debug)]
pub struct Deployed {
    /// The definition's key.
    pub key: i64,
    /// The process it is a version of.
    pub process_id: Arc<str>,
    /// Counts up from 1 for each process.
    pub version: i64,
    /// The process's schema, where its instances and journal lie.
    pub schema_name: Arc<str>,
    /// The business columns it wants.
    pub columns: Vec<Column>,
    /// The deployment that brought it.
    pub deployment_key: i64,
    /// The decisions it calls.
    pub(crate) calls: Calls,
    /// The graph.
    pub graph: Arc<ProcessDefinition>,
}

impl Deployed {
    /// Whether a message can start an instance.
    #[must_use]
    pub fn has_message_start(&self) -> bool {
        let starts = self.graph.starts();
        starts.iter().any(|start| matches!(start.trigger, StartTrigger::Message(_)))
    }
}

/// Gives definitions by key.
#[derive(Clone)]
pub struct Definitions {
    cache: Cache<i64, Arc<Deployed>>,
}

impl Default for Definitions {
    fn default() -> Self {
        Self { cache: Cache::new(DEFINITIONS_KEPT_MAX) }
    }
}

const SELECT: &str = "SELECT d.key, d.process_id, d.version, p.schema_name, d.columns, r.content,
         d.deployment_key
     FROM sys_flows__definitions d
     JOIN sys_flows__processes p ON p.process_id = d.process_id
     JOIN sys_flows__resources r ON r.key = d.resource_key
     WHERE d.key = ?1";

impl Definitions {
    /// The definition of a key that is known to exist.
    ///
    /// # Errors
    /// `Corrupt` when there is none or it can't be read any more; `Driver` from the database.
    pub fn load(&self, sql: &mut dyn Sql, key: i64) -> Result<Arc<Deployed>, StoreError> {
        let missing = || StoreError::Corrupt(format!("no process definition {key}"));
        self.find(sql, key)?.ok_or_else(missing)
    }

    /// The definition of a key, if there is one.
    ///
    /// # Errors
    /// As for [`Definitions::load`].
    pub fn find(&self, sql: &mut dyn Sql, key: i64) -> Result<Option<Arc<Deployed>>, StoreError> {
        if let Some(known) = self.cache.get(&key) {
            return Ok(Some(known));
        }
        let rows = sql.query(SELECT, &[Value::Integer(key)])?;
        let Some(row) = rows.first() else { return Ok(None) };
        let deployed = Arc::new(read(row)?);
        self.cache.insert(key, Arc::clone(&deployed));
        Ok(Some(deployed))
    }

    /// The latest version of a process, if there is one.
    ///
    /// # Errors
    /// As for [`Definitions::load`].
    pub fn find_latest(
        &self,
        sql: &mut dyn Sql,
        process_id: &str,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        let rows = sql.query(
            "SELECT latest_key FROM sys_flows__processes WHERE process_id = ?1",
            &[process_id.into()],
        )?;
        match rows.first() {
            Some(row) => self.find(sql, row.integer(0)?),
            None => Ok(None),
        }
    }

    /// The latest version of a process with a version tag, if there is one.
    ///
    /// # Errors
    /// As for [`Definitions::load`].
    pub fn find_tagged(
        &self,
        sql: &mut dyn Sql,
        process_id: &str,
        version_tag: &str,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        let rows = sql.query(
            "SELECT key FROM sys_flows__definitions WHERE process_id = ?1 AND version_tag = ?2
             ORDER BY version DESC LIMIT 1",
            &[process_id.into(), version_tag.into()],
        )?;
        match rows.first() {
            Some(row) => self.find(sql, row.integer(0)?),
            None => Ok(None),
        }
    }

    /// The version of a process that a deployment brought or found, if there was one.
    ///
    /// # Errors
    /// As for [`Definitions::load`].
    pub fn find_deployed_with(
        &self,
        sql: &mut dyn Sql,
        process_id: &str,
        deployment_key: i64,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        let rows = sql.query(
            "SELECT key FROM sys_flows__definitions
             WHERE process_id = ?1 AND deployment_key <= ?2 ORDER BY version DESC LIMIT 1",
            &[process_id.into(), deployment_key.into()],
        )?;
        match rows.first() {
            Some(row) => self.find(sql, row.integer(0)?),
            None => Ok(None),
        }
    }

    /// One version of a process, if there is one.
    ///
    /// # Errors
    /// As for [`Definitions::load`].
    pub fn find_version(
        &self,
        sql: &mut dyn Sql,
        process_id: &str,
        version: i64,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        let rows = sql.query(
            "SELECT key FROM sys_flows__definitions WHERE process_id = ?1 AND version = ?2",
            &[process_id.into(), version.into()],
        )?;
        match rows.first() {
            Some(row) => self.find(sql, row.integer(0)?),
            None => Ok(None),
        }
    }
}

fn read(row: &Row) -> Result<Deployed, StoreError> {
    let key = row.integer(0)?;
    let process_id = row.text(1)?;
    let corrupt = |what: &str| StoreError::Corrupt(format!("process definition {key}: {what}"));
    let model = bpmn::parse(row.text(5)?, &bpmn::Limits::default())
        .map_err(|_| corrupt("its model has problems"))?;
    let graph = model.processes.into_iter().find(|process| *process.id == *process_id);
    let graph = graph.ok_or_else(|| corrupt("its model lacks the process"))?;
    Ok(Deployed {
        key,
        version: row.integer(2)?,
        schema_name: row.text(3)?.into(),
        columns: serde_json::from_str(row.text(4)?).map_err(|_| corrupt("its columns"))?,
        deployment_key: row.integer(6)?,
        calls: Calls::of(&graph),
        graph: Arc::new(graph),
        process_id: process_id.into(),
    })
}
