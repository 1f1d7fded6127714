//! Process instances as people and programs see them: found, shown, started, changed, ended.
//!
//! Must not know HTTP, nor how the engine advances an instance.
//!
//! **Invariant:** whoever lacks the permission to see all instances sees only those it started.

mod action;
mod comparison;
mod diagram;
mod filter;
mod history;
mod migration;
mod rows;
mod scopes;
mod start;
mod timeline;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use action::{Action, overrides};
pub use comparison::{Comparison, compare};
pub use diagram::{draw, overlays};
pub use filter::{InstanceFilter, ListError, Operator, StateFilter, VariableFilter};
pub use history::{Moment, VariableChange};
pub use migration::{
    ElementProblem, MigrationPlan, Overrides, PlannedElement, TargetElement, VersionWanted,
};
pub use rows::{COUNT_MAX, InstanceJob, InstanceRow};
pub use scopes::{Scope, scopes};
pub use start::{StartError, VariableProblem};
pub use timeline::{
    EntryKind, Ids, Naming, TimelineEntry, element_name, elements_by_key, timeline,
};
pub use waiting::{Waiting, waiting};

use crate::core::access::{Principal, may_see_instance_of};
use crate::core::engine::{Command, ProcessInstance, VariableMap};
use crate::core::schema::Column;
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::Origin;
use crate::services::execution::{
    self, Deployed, Execution, InstanceReceipt, Receipt, Refusal, RewindInstance, StartInstance,
    Target, TurnRecord, Work,
};
use start::Validators;

/// How many called instances are shown with their caller.
const CALLED_MAX: u32 = 100;

/// The service; cheap to clone.
#[derive(Clone)]
pub struct Instances {
    execution: Execution,
    validators: Validators,
}

/// A page of a list.
#[derive(Debug, Clone, Default)]
pub struct InstanceList {
    /// The instances, newest first.
    pub rows: Vec<InstanceRow>,
    /// Names of the elements where active ones are.
    pub places: BTreeMap<i64, Vec<String>>,
}

/// Everything about one instance.
#[derive(Debug)]
pub struct Inspection {
    /// Its row.
    pub row: InstanceRow,
    /// Its state.
    pub instance: ProcessInstance,
    /// The definition it runs.
    pub deployed: Arc<Deployed>,
    /// Its journal, oldest turn first.
    pub turns: Vec<TurnRecord>,
    /// Its open jobs.
    pub jobs: Vec<InstanceJob>,
    /// Instances that it called, newest first.
    pub called: Vec<InstanceRow>,
    /// The instance that called it.
    pub parent: Option<InstanceRow>,
    /// The model file.
    pub model: Arc<str>,
}

impl Inspection {
    /// The diagram with the instance's states, as SVG; empty when the model can't be drawn.
    #[must_use]
    pub fn diagram(&self) -> String {
        draw(&self.model, &overlays(&self.instance, &self.turns))
    }

    /// The journal in words, oldest first.
    #[must_use]
    pub fn timeline(&self, naming: &dyn Naming) -> Vec<TimelineEntry> {
        timeline(&self.deployed.graph, &self.turns, naming)
    }

    /// The ids of all groups that its user tasks named as candidates.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<&str> {
        timeline::groups(&self.turns)
    }

    /// The ids of everybody who started it or had to do with its turns.
    #[must_use]
    pub fn people(&self) -> BTreeSet<&str> {
        let mut people = timeline::people(&self.turns);
        people.insert(&self.row.started_by);
        people
    }

    /// Variables by scope.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        scopes(&self.deployed.graph, &self.instance)
    }
}

impl Instances {
    /// The service over a running engine.
    #[must_use]
    pub fn new(execution: Execution) -> Self {
        Self { execution, validators: Validators::new() }
    }

    /// Instances with keys below `before`, newest first.
    ///
    /// # Errors
    /// `Filter` for a filter that can't be met; those of the database.
    pub async fn list(
        &self,
        filter: InstanceFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<InstanceList, ListError> {
        let definitions = self.execution.definitions().clone();
        let read = move |sql: &mut dyn Sql| {
            let rows = rows::list(sql, &filter, before.unwrap_or(i64::MAX), limit)?;
            let places = rows::places(sql, &definitions, &rows)?;
            Ok(InstanceList { rows, places })
        };
        self.execution.database().read(read).await
    }

    /// How many instances each filter finds, each at most [`COUNT_MAX`] and one.
    ///
    /// # Errors
    /// As for [`Instances::list`].
    pub async fn counts(&self, filters: Vec<InstanceFilter>) -> Result<Vec<i64>, ListError> {
        let read = move |sql: &mut dyn Sql| {
            filters.iter().map(|filter| rows::count(sql, filter)).collect()
        };
        self.execution.database().read(read).await
    }

    /// The business columns of a process, for those who filter by them.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn business_columns(&self, process_id: String) -> Result<Vec<Column>, StoreError> {
        let read = move |sql: &mut dyn Sql| filter::business_columns(sql, &process_id);
        let found = self.execution.database().read(read).await?;
        Ok(found.map(|(_, columns)| columns).unwrap_or_default())
    }

    /// An instance, if there is one and the principal may see it.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn find(
        &self,
        principal: &Principal,
        key: i64,
    ) -> Result<Option<InstanceRow>, StoreError> {
        let found = self.execution.database().read(move |sql| rows::find(sql, key)).await?;
        Ok(found.filter(|row| may_see_instance_of(principal, Some(&row.started_by))))
    }

    /// Everything about an instance, if there is one and the principal may see it.
    ///
    /// # Errors
    /// `Corrupt` when its journal can't be read; those of the database.
    pub async fn inspect(
        &self,
        principal: &Principal,
        key: i64,
    ) -> Result<Option<Inspection>, StoreError> {
        let definitions = self.execution.definitions().clone();
        let read = move |sql: &mut dyn Sql| -> Result<Option<Inspection>, StoreError> {
            let Some(row) = rows::find(sql, key)? else { return Ok(None) };
            let found = execution::find_instance(sql, &definitions, key)?;
            let Some((instance, deployed)) = found else { return Ok(None) };
            let parent = row.parent_key.map(|key| rows::find(sql, key)).transpose()?.flatten();
            Ok(Some(Inspection {
                turns: execution::list_turns(sql, &deployed, key)?,
                jobs: rows::jobs(sql, key)?,
                called: called(sql, key)?,
                model: rows::load_model(sql, row.definition_key)?,
                parent,
                row,
                instance,
                deployed,
            }))
        };
        let found = self.execution.database().read(read).await?;
        Ok(found.filter(|it| may_see_instance_of(principal, Some(&it.row.started_by))))
    }

    /// An instance after a turn, after the last one when none is named; `None` when the principal
    /// may not see it, or there is no such turn.
    ///
    /// # Errors
    /// As for [`Instances::inspect`].
    pub async fn replay(
        &self,
        principal: &Principal,
        key: i64,
        turn: Option<i64>,
    ) -> Result<Option<Moment>, StoreError> {
        let definitions = self.execution.definitions().clone();
        let read = move |sql: &mut dyn Sql| history::find(sql, &definitions, key, turn);
        let found = self.execution.database().read(read).await?;
        Ok(found.filter(|it| may_see_instance_of(principal, Some(&it.row.started_by))))
    }

    /// Goes on with a copy of an instance from one of its turns; the receipt is the copy's.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn rewind(
        &self,
        wanted: RewindInstance,
        origin: Origin,
    ) -> Result<InstanceReceipt, Refusal> {
        match self.execution.submit(Work::Rewind(wanted), origin).await? {
            Receipt::Instance(receipt) => Ok(receipt),
            other => Err(Refusal::Failed(format!("a rewind was answered by {other:?}"))),
        }
    }

    /// Starts an instance by the process's none start event.
    ///
    /// # Errors
    /// `Invalid` with every variable that does not fit the data schema; else why it was refused.
    pub async fn start(
        &self,
        start: StartInstance,
        origin: Origin,
    ) -> Result<InstanceReceipt, StartError> {
        let (validators, process) = (self.validators.clone(), start.process.clone());
        let find = move |sql: &mut dyn Sql| validators.find(sql, &process);
        let validator = self.execution.database().read(find).await.map_err(Refusal::from)?;
        if let Some(validator) = validator {
            let problems = start::problems(&validator, &start.variables);
            if !problems.is_empty() {
                return Err(StartError::Invalid(problems));
            }
        }
        match self.execution.submit(Work::Start(start), origin).await? {
            Receipt::Instance(receipt) => Ok(receipt),
            other => Err(Refusal::Failed(format!("a start was answered by {other:?}")).into()),
        }
    }

    /// Adds items to a multi-instance at work.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn add_loop_instances(
        &self,
        key: i64,
        element_instance_key: i64,
        items: Vec<serde_json::Value>,
        origin: Origin,
    ) -> Result<(), Refusal> {
        let command = Command::AddLoopInstances { element_instance_key, items };
        self.command(key, command, origin).await
    }

    /// Ends an instance and everything in it, called instances too.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn cancel(&self, key: i64, origin: Origin) -> Result<(), Refusal> {
        self.command(key, Command::Cancel, origin).await
    }

    /// Sets variables in a scope: the instance's own when `scope_key` is `None`.
    ///
    /// # Errors
    /// Why it was refused.
    pub async fn set_variables(
        &self,
        key: i64,
        scope_key: Option<i64>,
        variables: VariableMap,
        is_local: bool,
        origin: Origin,
    ) -> Result<(), Refusal> {
        let scope_key = scope_key.unwrap_or(key);
        self.command(key, Command::SetVariables { scope_key, variables, is_local }, origin).await
    }

    /// Begins elements of an ad-hoc sub-process, all or none.
    ///
    /// # Errors
    /// As for [`Execution::submit`](crate::services::execution::Execution::submit).
    pub async fn activate_elements(
        &self,
        key: i64,
        element_instance_key: i64,
        element_ids: Vec<String>,
        origin: Origin,
    ) -> Result<(), Refusal> {
        let command = Command::ActivateElements { element_instance_key, element_ids };
        self.command(key, command, origin).await
    }

    async fn command(&self, key: i64, command: Command, origin: Origin) -> Result<(), Refusal> {
        let work = Work::Command { target: Target::Instance(key), command };
        self.execution.submit(work, origin).await.map(drop)
    }
}

fn called(sql: &mut dyn Sql, key: i64) -> Result<Vec<InstanceRow>, StoreError> {
    let filter = InstanceFilter { parent_key: Some(key), ..InstanceFilter::default() };
    rows::list(sql, &filter, i64::MAX, CALLED_MAX).map_err(|error| match error {
        ListError::Store(error) => error,
        ListError::Filter(message) => StoreError::Corrupt(message),
    })
}
