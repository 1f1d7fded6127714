//! Migrations prepared for people and programs: the proposed mapping, and what stands against it.
//!
//! Must not know how a migration is carried out.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Instances;
use crate::core::engine::{
    Mapping, MigrationProblem, MigrationReason, Rejection, check_migration, propose_migration,
};
use crate::core::model::{Element, ProcessDefinition};
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::{self, Definitions, Refusal};

/// Elements and what they become in place of a proposal; `None` is nothing.
pub type Overrides = BTreeMap<String, Option<String>>;

/// Elements that a proposal leaves out, and why.
pub(super) type LeftOut = Vec<(Arc<str>, MigrationReason)>;

/// The mapping between the version an instance runs and another one.
pub(super) struct Proposed {
    pub(super) mapping: Mapping,
    pub(super) left_out: LeftOut,
    pub(super) version: i32,
}

/// A migration of one instance as it would be, for those who decide on it.
#[derive(Debug, Clone)]
pub struct MigrationPlan {
    /// The version that runs.
    pub from_version: i64,
    /// The version it would run.
    pub to_version: i64,
    /// The definition it would run.
    pub definition_key: i64,
    /// Elements of the old version, outer ones first.
    pub elements: Vec<PlannedElement>,
    /// What an element can become: the new version's elements.
    pub targets: Vec<TargetElement>,
    /// Every reason why the instance can't go on that way; empty when it can.
    pub problems: Vec<ElementProblem>,
}

/// An element of the old version in a plan.
#[derive(Debug, Clone)]
pub struct PlannedElement {
    /// Its id.
    pub element_id: String,
    /// Its name, or its id when it has none.
    pub name: String,
    /// What kind of element it is.
    pub kind: &'static str,
    /// What it becomes.
    pub target_id: Option<String>,
    /// How many instances of it are open.
    pub open: usize,
    /// Why nothing is proposed for it.
    pub reason: Option<String>,
}

/// An element of the new version in a plan.
#[derive(Debug, Clone)]
pub struct TargetElement {
    /// Its id.
    pub element_id: String,
    /// Its name and id.
    pub label: String,
    /// What kind of element it is.
    pub kind: &'static str,
}

/// Something that stands against a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementProblem {
    /// The element of the old version.
    pub element_id: String,
    /// One open instance of it.
    pub element_instance_key: Option<i64>,
    /// Why.
    pub message: String,
}

/// Which version of an instance's process is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionWanted {
    /// The latest one.
    Latest,
    /// By its number.
    Number(i64),
    /// By its definition's key.
    Key(i64),
}

impl Instances {
    /// The definition of a version of an instance's process.
    ///
    /// # Errors
    /// `NotFound` when there is no such instance or version; those of the database.
    pub async fn find_version(&self, key: i64, wanted: VersionWanted) -> Result<i64, Refusal> {
        let definitions = self.execution.definitions().clone();
        let read = move |sql: &mut dyn Sql| -> Result<Result<i64, Refusal>, StoreError> {
            let text = "SELECT process_id FROM work__instances WHERE key = ?1";
            let rows = sql.query(text, &[key.into()])?;
            let Some(row) = rows.first() else {
                return Ok(Err(Refusal::NotFound { kind: "process instance", key }));
            };
            let process_id = row.text(0)?;
            let (found, wanted) = match wanted {
                VersionWanted::Latest => (definitions.find_latest(sql, process_id)?, 0),
                VersionWanted::Number(version) => {
                    (definitions.find_version(sql, process_id, version)?, version)
                }
                VersionWanted::Key(key) => (definitions.find(sql, key)?, key),
            };
            let missing = Refusal::NotFound { kind: "version of the process", key: wanted };
            Ok(found.map(|deployed| deployed.key).ok_or(missing))
        };
        self.execution.database().read(read).await?
    }

    /// What a migration of an instance would be like: as proposed, with these changes.
    ///
    /// # Errors
    /// `NotFound` when there is no such instance or definition; those of the database.
    pub async fn plan_migration(
        &self,
        key: i64,
        definition_key: i64,
        changes: Overrides,
        is_exact: bool,
    ) -> Result<MigrationPlan, Refusal> {
        let definitions = self.execution.definitions().clone();
        let read = move |sql: &mut dyn Sql| -> Result<Option<MigrationPlan>, StoreError> {
            let Some((instance, deployed)) = execution::find_instance(sql, &definitions, key)?
            else {
                return Ok(None);
            };
            let Some(target) = definitions.find(sql, definition_key)? else { return Ok(None) };
            let (old, new) = (&*deployed.graph, &*target.graph);
            let proposal = propose_migration(old, new);
            let proposed = if is_exact { Mapping::new() } else { proposal.mapping };
            let mapping = with_overrides(proposed, &changes);
            let problems = check_migration(old, new, &instance, &mapping);
            let open =
                |id: &str| instance.elements.values().filter(|it| *it.element_id == *id).count();
            Ok(Some(MigrationPlan {
                from_version: deployed.version,
                to_version: target.version,
                definition_key,
                elements: planned(old, &mapping, &proposal.left_out, open),
                targets: targets(new),
                problems: problems.iter().map(|it| shown(it, &proposal.left_out)).collect(),
            }))
        };
        let found = self.execution.database().read(read).await?;
        found.ok_or(Refusal::NotFound { kind: "process instance or definition", key })
    }
}

fn planned(
    old: &ProcessDefinition,
    mapping: &Mapping,
    left_out: &LeftOut,
    open: impl Fn(&str) -> usize,
) -> Vec<PlannedElement> {
    let elements = old.elements.iter().skip(1);
    elements
        .map(|element| {
            let target_id = mapping.get(&element.id).map(ToString::to_string);
            let reason = left_out.iter().find(|(id, _)| *id == element.id);
            PlannedElement {
                element_id: element.id.to_string(),
                name: element.name.clone().unwrap_or_else(|| element.id.to_string()),
                kind: element.kind.name(),
                open: open(&element.id),
                reason: reason.filter(|_| target_id.is_none()).map(|(_, it)| it.to_string()),
                target_id,
            }
        })
        .collect()
}

fn targets(new: &ProcessDefinition) -> Vec<TargetElement> {
    let target = |it: &Element| TargetElement {
        element_id: it.id.to_string(),
        label: match &it.name {
            Some(name) => format!("{name} ({})", it.id),
            None => it.id.to_string(),
        },
        kind: it.kind.name(),
    };
    new.elements.iter().skip(1).map(target).collect()
}

fn shown(problem: &MigrationProblem, left_out: &LeftOut) -> ElementProblem {
    let told = told(problem.clone(), left_out);
    ElementProblem {
        element_id: told.element_id.to_string(),
        element_instance_key: told.element_instance_key,
        message: told.reason.to_string(),
    }
}

/// That an element is not mapped says less than why nothing was proposed for it.
fn told(problem: MigrationProblem, left_out: &LeftOut) -> MigrationProblem {
    let known = left_out.iter().find(|(id, _)| *id == problem.element_id);
    match (&problem.reason, known) {
        (MigrationReason::NotMapped | MigrationReason::NotUndoable, Some((_, reason))) => {
            MigrationProblem { reason: reason.clone(), ..problem }
        }
        _ => problem,
    }
}

/// A refusal with the reasons that a proposal had.
pub(super) fn explained(refusal: Refusal, left_out: &LeftOut) -> Refusal {
    match refusal {
        Refusal::Rejected(Rejection::CannotMigrate { problems }) => {
            let problems = problems.into_iter().map(|it| told(it, left_out)).collect();
            Rejection::CannotMigrate { problems }.into()
        }
        other => other,
    }
}

/// The proposal from the version that an instance runs to another one.
pub(super) fn find_proposal(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    definition_key: i64,
) -> Result<Option<Proposed>, StoreError> {
    let rows =
        sql.query("SELECT definition_key FROM work__instances WHERE key = ?1", &[key.into()])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let old = definitions.load(sql, row.integer(0)?)?;
    let Some(new) = definitions.find(sql, definition_key)? else { return Ok(None) };
    let proposal = propose_migration(&old.graph, &new.graph);
    let version = i32::try_from(new.version).unwrap_or(i32::MAX);
    Ok(Some(Proposed { mapping: proposal.mapping, left_out: proposal.left_out, version }))
}

/// A mapping with some of its elements changed.
pub(super) fn with_overrides(mut mapping: Mapping, overrides: &Overrides) -> Mapping {
    for (source, target) in overrides {
        match target {
            Some(target) => mapping.insert(source.as_str().into(), target.as_str().into()),
            None => mapping.remove(source.as_str()),
        };
    }
    mapping
}
