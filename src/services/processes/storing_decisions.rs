//! The rows of the decision models of a deployment.
//!
//! Must not read models; they have been checked.
//!
//! **Invariant:** what a model was compiled with never changes: its row names the versions.

use super::check::{self, FileProblem, whole};
use super::decisions::{CheckedModel, Earlier, Imported};
use super::deploy::{DeployedDecision, Prepared};
use super::storing::{Storing, digest};
use crate::core::model::{Binding, Problem, ProcessDefinition, Severity};
use crate::platform::store::{StoreError, Value};

/// Where a model of this deployment is, and whether it was there already.
struct Place {
    key: i64,
    is_new: bool,
}

impl Storing<'_> {
    /// New versions of the decision models, but of those that are the same as their latest, and of
    /// the decisions in them.
    pub(super) fn put_decisions(
        &mut self,
        models: &[CheckedModel],
        earlier: &Earlier,
        resource_keys: &[i64],
    ) -> Result<Vec<DeployedDecision>, StoreError> {
        let digests: Vec<String> = models.iter().map(|it| self.digest_of(it, earlier)).collect();
        let mut places = Vec::with_capacity(models.len());
        for (model, digest) in models.iter().zip(&digests) {
            places.push(self.find_place(&self.model_id(model), digest)?);
        }
        let key_of = |import: &Imported| match import {
            Imported::Earlier(key) => *key,
            Imported::File(file) => {
                let place = models.iter().zip(&places).find(|(it, _)| it.file == *file);
                place.map_or(0, |(_, place)| place.key)
            }
        };
        let mut deployed = Vec::new();
        for ((model, place), digest) in models.iter().zip(&places).zip(&digests) {
            if place.is_new {
                let imports: Vec<i64> = model.imports.iter().map(key_of).collect();
                self.put_model(model, place.key, digest, &imports, resource_keys[model.file])?;
            }
            for found in self.decisions_of(model, place)? {
                self.sql.execute(
                    "INSERT INTO sys_flows__deployed_decisions (deployment_key, decision_id,
                         decision_key) VALUES (?1, ?2, ?3)",
                    &[self.key.into(), (&found.decision_id).into(), found.decision_key.into()],
                )?;
                deployed.push(found);
            }
        }
        Ok(deployed)
    }

    /// Versions of a model share its id, or its namespace where it has none.
    fn model_id(&self, model: &CheckedModel) -> String {
        let id = model.model.id.clone().unwrap_or_else(|| model.model.namespace.clone());
        if id.is_empty() { self.resources[model.file].name.clone() } else { id }
    }

    fn digest_of(&self, model: &CheckedModel, earlier: &Earlier) -> String {
        let mut contents: Vec<&str> = model
            .imports
            .iter()
            .map(|it| match it {
                Imported::File(file) => self.resources[*file].content.as_str(),
                Imported::Earlier(key) => earlier[key].content.as_str(),
            })
            .collect();
        contents.sort_unstable();
        contents.push(&self.resources[model.file].content);
        digest(&contents.join("\0"))
    }

    fn find_place(&mut self, model_id: &str, digest: &str) -> Result<Place, StoreError> {
        let rows = self.sql.query(
            "SELECT key, digest FROM sys_flows__decision_models
             WHERE model_id = ?1 ORDER BY version DESC LIMIT 1",
            &[model_id.into()],
        )?;
        match rows.first() {
            Some(row) if row.text(1)? == digest => {
                Ok(Place { key: row.integer(0)?, is_new: false })
            }
            _ => Ok(Place { key: (self.next_key)(), is_new: true }),
        }
    }

    fn put_model(
        &mut self,
        model: &CheckedModel,
        key: i64,
        digest: &str,
        imports: &[i64],
        resource_key: i64,
    ) -> Result<(), StoreError> {
        let model_id = self.model_id(model);
        let name = model.model.name.clone().unwrap_or_else(|| model_id.clone());
        self.sql.execute(
            "INSERT INTO sys_flows__decision_models (key, model_id, version, name, namespace,
                 digest, imports, deployment_key, resource_key, deployed_at, deployed_by)
             VALUES (?1, ?2, (SELECT COALESCE(MAX(version), 0) + 1
                              FROM sys_flows__decision_models WHERE model_id = ?2),
                 ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            &[
                key.into(),
                model_id.into(),
                name.into(),
                (&model.model.namespace).into(),
                digest.into(),
                serde_json::to_string(imports).unwrap_or_default().into(),
                self.key.into(),
                resource_key.into(),
                self.now_ms.into(),
                (&*self.origin.actor.id).into(),
            ],
        )?;
        for (decision_id, name, kind, version_tag) in model.callable() {
            let decision_key = (self.next_key)();
            self.sql.execute(
                "INSERT INTO sys_flows__decisions (key, decision_id, version, version_tag, name,
                     kind, model_key)
                 VALUES (?1, ?2, (SELECT COALESCE(MAX(version), 0) + 1 FROM sys_flows__decisions
                                  WHERE decision_id = ?2), ?3, ?4, ?5, ?6)",
                &[
                    decision_key.into(),
                    decision_id.into(),
                    version_tag.map_or(Value::Null, Into::into),
                    name.into(),
                    kind.into(),
                    key.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn decisions_of(
        &mut self,
        model: &CheckedModel,
        place: &Place,
    ) -> Result<Vec<DeployedDecision>, StoreError> {
        let rows = self.sql.query(
            "SELECT key, decision_id, name, version FROM sys_flows__decisions
             WHERE model_key = ?1 ORDER BY key",
            &[place.key.into()],
        )?;
        let mut found = Vec::with_capacity(rows.len());
        for row in rows {
            found.push(DeployedDecision {
                decision_key: row.integer(0)?,
                decision_id: row.text(1)?.to_owned(),
                name: row.text(2)?.to_owned(),
                version: row.integer(3)?,
                is_new: place.is_new,
            });
        }
        debug_assert_eq!(found.len(), model.callable().count());
        Ok(found)
    }

    /// Whether a process that an earlier deployment brought means the same decisions, processes and
    /// forms in this one. One that is bound to a neighbour is new with each deployment that has both.
    pub(super) fn binds_as(
        &mut self,
        deployment_key: i64,
        graph: &ProcessDefinition,
    ) -> Result<bool, StoreError> {
        if check::is_bound_to_neighbours(graph) {
            return Ok(false);
        }
        for called in check::called_decisions(graph) {
            if *called.binding != Binding::Deployment {
                continue;
            }
            let rows = self.sql.query(
                "SELECT COUNT(DISTINCT decision_key), COUNT(*) FROM sys_flows__deployed_decisions
                 WHERE decision_id = ?1 AND deployment_key IN (?2, ?3)",
                &[called.decision_id.into(), deployment_key.into(), self.key.into()],
            )?;
            let Some(row) = rows.first() else { return Ok(false) };
            if (row.integer(0)?, row.integer(1)?) != (1, 2) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Decisions a process calls that are not deployed: it stops there until they are.
    pub(super) fn missing_decisions(
        &mut self,
        process: &Prepared<'_>,
    ) -> Result<Vec<FileProblem>, StoreError> {
        let mut problems = Vec::new();
        for called in check::called_decisions(process.graph) {
            let tag = match called.binding {
                Binding::VersionTag(tag) => Value::from(tag),
                Binding::Latest | Binding::Deployment => Value::Null,
            };
            let rows = self.sql.query(
                "SELECT 1 FROM sys_flows__decisions
                 WHERE decision_id = ?1 AND (CAST(?2 AS TEXT) IS NULL OR version_tag = ?2) LIMIT 1",
                &[called.decision_id.into(), tag],
            )?;
            if rows.is_empty() {
                let message = format!("the decision \"{}\" is not deployed", called.decision_id);
                let expected = "its .dmn file in a deployment before the first instance gets there";
                let problem = Problem {
                    severity: Severity::Warning,
                    element_id: Some(called.element_id.to_owned()),
                    expected: Some(expected.to_owned()),
                    ..whole(message)
                };
                let file = self.resources[process.file].name.clone();
                problems.push(FileProblem { file, problem });
            }
        }
        Ok(problems)
    }
}
