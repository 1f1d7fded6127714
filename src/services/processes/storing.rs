//! The rows of a deployment.
//!
//! Must not check models; a form that is missing is the one thing only the database can tell.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::check::{FileProblem, Kind, Resource, whole};
use super::deploy::{DeployedProcess, Prepared};
use crate::core::model::Problem;
use crate::core::schema::{Column, DataSchema};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::Origin;
use crate::services::execution::put_starts;

/// A schema's name stays readable; a number makes it unique where it had to be cut.
const SCHEMA_NAME_CHARS_MAX: usize = 40;

/// A deployment while its rows are written.
pub(super) struct Storing<'a> {
    pub(super) sql: &'a mut dyn Sql,
    pub(super) key: i64,
    pub(super) now_ms: i64,
    pub(super) origin: &'a Origin,
    pub(super) next_key: &'a dyn Fn() -> i64,
    pub(super) resources: &'a [Resource],
    /// Timer start events that were set, as (milliseconds UTC, schedule's key).
    pub(super) due: Vec<(i64, i64)>,
}

/// The latest version of a process.
struct Latest {
    definition_key: i64,
    version: i64,
    digest: String,
    columns: String,
    deployment_key: i64,
}

impl Storing<'_> {
    /// Writes the deployment and its files, and gives the files' keys.
    pub(super) fn put_resources(&mut self) -> Result<Vec<i64>, StoreError> {
        self.sql.execute(
            "INSERT INTO sys_flows__deployments (key, deployed_at, deployed_by)
             VALUES (?1, ?2, ?3)",
            &[self.key.into(), self.now_ms.into(), (&*self.origin.actor.id).into()],
        )?;
        let mut keys = Vec::with_capacity(self.resources.len());
        for resource in self.resources {
            let key = (self.next_key)();
            self.sql.execute(
                "INSERT INTO sys_flows__resources (key, deployment_key, name, kind, digest,
                     content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                &[
                    key.into(),
                    self.key.into(),
                    (&resource.name).into(),
                    Kind::name_of(&resource.name).into(),
                    digest(&resource.content).into(),
                    (&resource.content).into(),
                ],
            )?;
            keys.push(key);
        }
        Ok(keys)
    }

    /// A new version of a form.
    pub(super) fn put_form(&mut self, form_id: &str, resource_key: i64) -> Result<(), StoreError> {
        let key = (self.next_key)();
        self.sql.execute(
            "INSERT INTO sys_views__forms (key, form_id, version, deployment_key, resource_key)
             VALUES (?1, ?2, (SELECT COALESCE(MAX(version), 0) + 1 FROM sys_views__forms
                              WHERE form_id = ?2), ?3, ?4)",
            &[key.into(), form_id.into(), self.key.into(), resource_key.into()],
        )?;
        Ok(())
    }

    /// A new version of a process's data schema.
    pub(super) fn put_data_schema(
        &mut self,
        process_id: &str,
        resource_key: i64,
    ) -> Result<(), StoreError> {
        self.sql.execute(
            "INSERT INTO sys_schemas__data_schemas (process_id, version, deployment_key,
                 resource_key)
             VALUES (?1, (SELECT COALESCE(MAX(version), 0) + 1 FROM sys_schemas__data_schemas
                          WHERE process_id = ?1), ?2, ?3)",
            &[process_id.into(), self.key.into(), resource_key.into()],
        )?;
        Ok(())
    }

    /// The latest data schema of a process, deployed earlier.
    pub(super) fn find_data_schema(
        &mut self,
        process_id: &str,
    ) -> Result<Option<DataSchema>, StoreError> {
        let rows = self.sql.query(
            "SELECT r.content FROM sys_schemas__data_schemas s
             JOIN sys_flows__resources r ON r.key = s.resource_key
             WHERE s.process_id = ?1 ORDER BY s.version DESC LIMIT 1",
            &[process_id.into()],
        )?;
        let Some(row) = rows.first() else { return Ok(None) };
        let corrupt = |_| StoreError::Corrupt(format!("data schema of {process_id}"));
        DataSchema::from_json_schema(row.text(0)?).map(Some).map_err(corrupt)
    }

    /// Forms a process shows that are neither in this deployment nor in an earlier one.
    pub(super) fn missing_forms(
        &mut self,
        process: &Prepared<'_>,
    ) -> Result<Vec<FileProblem>, StoreError> {
        let mut problems = Vec::new();
        for (form_id, element_id) in &process.form_ids {
            let rows = self.sql.query(
                "SELECT 1 FROM sys_views__forms WHERE form_id = ?1 LIMIT 1",
                &[form_id.into()],
            )?;
            if rows.is_empty() {
                let problem = Problem {
                    element_id: Some(element_id.clone()),
                    expected: Some(
                        "its .form file in the same deployment or an earlier one".into(),
                    ),
                    ..whole(format!("the form \"{form_id}\" is not deployed"))
                };
                let file = self.resources[process.file].name.clone();
                problems.push(FileProblem { file, problem });
            }
        }
        Ok(problems)
    }

    /// A new version of a process, unless the latest one is the same.
    pub(super) fn put_process(
        &mut self,
        process: &Prepared<'_>,
        schema: &DataSchema,
        resource_key: i64,
    ) -> Result<DeployedProcess, StoreError> {
        let process_id = process.graph.id.to_string();
        let name = process.graph.name.clone().unwrap_or_else(|| process_id.clone());
        let latest = self.find_latest(&process_id)?;
        let columns = self.fit_columns(&process_id, schema)?;
        let columns = serde_json::to_string(&columns).unwrap_or_default();
        let digest = digest(&self.resources[process.file].content);
        if let Some(latest) = &latest
            && latest.digest == digest
            && latest.columns == columns
            && self.binds_as(latest.deployment_key, process.graph)?
        {
            let (definition_key, version) = (latest.definition_key, latest.version);
            return Ok(DeployedProcess {
                process_id,
                name,
                definition_key,
                version,
                is_new: false,
            });
        }
        let definition_key = (self.next_key)();
        let version = latest.map_or(1, |latest| latest.version + 1);
        self.put_latest(&process_id, &name, definition_key, version)?;
        self.sql.execute(
            "INSERT INTO sys_flows__definitions (key, process_id, version, version_tag, name,
                 deployment_key, resource_key, columns, deployed_at, deployed_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            &[
                definition_key.into(),
                (&process_id).into(),
                version.into(),
                process.graph.version_tag.clone().into(),
                (&name).into(),
                self.key.into(),
                resource_key.into(),
                columns.into(),
                self.now_ms.into(),
                (&*self.origin.actor.id).into(),
            ],
        )?;
        let starts = &process.starts;
        let due = put_starts(self.sql, &process_id, definition_key, starts, self.next_key)?;
        self.due.extend(due);
        Ok(DeployedProcess { process_id, name, definition_key, version, is_new: true })
    }

    fn find_latest(&mut self, process_id: &str) -> Result<Option<Latest>, StoreError> {
        let rows = self.sql.query(
            "SELECT d.key, d.version, r.digest, d.columns, d.deployment_key
             FROM sys_flows__processes p
             JOIN sys_flows__definitions d ON d.key = p.latest_key
             JOIN sys_flows__resources r ON r.key = d.resource_key
             WHERE p.process_id = ?1 /*postgres FOR UPDATE OF p */",
            &[process_id.into()],
        )?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some(Latest {
            definition_key: row.integer(0)?,
            version: row.integer(1)?,
            digest: row.text(2)?.to_owned(),
            columns: row.text(3)?.to_owned(),
            deployment_key: row.integer(4)?,
        }))
    }

    /// The columns this version wants, named as the process's schema has them or will have them:
    /// those of every earlier version count as taken, also before the first instance made them.
    fn fit_columns(
        &mut self,
        process_id: &str,
        schema: &DataSchema,
    ) -> Result<Vec<Column>, StoreError> {
        let rows = self.sql.query(
            "SELECT columns FROM sys_flows__definitions WHERE process_id = ?1 ORDER BY version",
            &[process_id.into()],
        )?;
        let mut existing: Vec<Column> = Vec::new();
        for row in rows {
            let columns: Vec<Column> = serde_json::from_str(row.text(0)?)
                .map_err(|_| StoreError::Corrupt(format!("columns of {process_id}")))?;
            existing.retain(|known| columns.iter().all(|c| c.column_name != known.column_name));
            existing.extend(columns);
        }
        Ok(schema.evolve(&existing).schema.columns)
    }

    fn put_latest(
        &mut self,
        process_id: &str,
        name: &str,
        definition_key: i64,
        version: i64,
    ) -> Result<(), StoreError> {
        let schema_name = self.free_schema_name(process_id)?;
        self.sql.execute(
            "INSERT INTO sys_flows__processes (process_id, name, latest_key, latest_version,
                 schema_name, column_layers) VALUES (?1, ?2, ?3, ?4, ?5, '[]')
             ON CONFLICT (process_id) DO UPDATE SET name = excluded.name,
                 latest_key = excluded.latest_key, latest_version = excluded.latest_version",
            &[
                process_id.into(),
                name.into(),
                definition_key.into(),
                version.into(),
                schema_name.into(),
            ],
        )?;
        Ok(())
    }

    fn free_schema_name(&mut self, process_id: &str) -> Result<String, StoreError> {
        let wanted = schema_name(process_id);
        let rows = self.sql.query(
            "SELECT COUNT(*) FROM sys_flows__processes
             WHERE schema_name = ?1 AND process_id <> ?2",
            &[(&wanted).into(), process_id.into()],
        )?;
        let is_taken = rows.first().map_or(Ok(0), |row| row.integer(0))? > 0;
        // The deployment's key is unique, so the name is too.
        Ok(if is_taken { format!("{wanted}_{}", self.key) } else { wanted })
    }
}

/// `Order.Fulfilment-2` is kept in `p_order_fulfilment_2`.
fn schema_name(process_id: &str) -> String {
    let mut name = String::from("p");
    for character in process_id.chars() {
        if character.is_ascii_alphanumeric() {
            if name == "p" {
                name.push('_');
            }
            name.push(character.to_ascii_lowercase());
        } else if !name.ends_with('_') {
            name.push('_');
        }
        if name.len() >= SCHEMA_NAME_CHARS_MAX {
            break;
        }
    }
    name.trim_end_matches('_').to_owned()
}

pub(super) fn digest(content: &str) -> String {
    let digest = Sha256::digest(content.as_bytes());
    digest.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
