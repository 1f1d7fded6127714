//! What can be done to a running or ended instance, to one or to many alike.
//!
//! Must not know how the instances were chosen.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Instances;
use super::migration::{self, Overrides};
use super::start::{self, StartError};
use crate::core::engine::{
    Command, Instruction, Mapping, MigrateInstance, Rejection, RepairIncident, VariableMap,
    start_of,
};
use crate::platform::store::{Sql, StoreError};
use crate::services::audit::Origin;
use crate::services::execution::{
    self, After, Definitions, ProcessReference, Refusal, StartInstance, try_command,
};

/// Attempts that a job without any gets when nobody says how many.
const RETRIES_DEFAULT: i32 = 1;

/// Something to do to an instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// End it and everything in it.
    Cancel,
    /// Let it rest.
    Suspend,
    /// Let it go on.
    Resume,
    /// Try again whatever raised its open incidents.
    Retry {
        /// New attempts for jobs; one where a job has none left and nobody says how many.
        retries: Option<i32>,
        /// Variables to set in the instance before.
        variables: VariableMap,
    },
    /// Set variables of its outermost scope.
    SetVariables {
        /// Names and values.
        variables: VariableMap,
    },
    /// Begin and end elements.
    Modify {
        /// All are done, or none.
        instructions: Vec<Instruction>,
    },
    /// Go on with another version of the process.
    Migrate {
        /// The version.
        definition_key: i64,
        /// Elements and what they become, in place of what is proposed; `None` is nothing.
        mapping: Overrides,
        /// Nothing but the mapping counts; what would be proposed is left out.
        is_exact: bool,
    },
    /// Start another one with the same start variables.
    Restart {
        /// The latest version instead of the one that the original runs.
        takes_latest: bool,
        /// Variables in place of the original's, or beside them.
        variables: VariableMap,
    },
}

impl Action {
    /// The name in the API and in tables.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Retry { .. } => "retry",
            Self::SetVariables { .. } => "set_variables",
            Self::Modify { .. } => "modify",
            Self::Migrate { .. } => "migrate",
            Self::Restart { .. } => "restart",
        }
    }
}

impl Instances {
    /// Does something to an instance; gives the key of the instance that a restart made.
    ///
    /// # Errors
    /// Why it was refused; `Invalid` when changed start variables don't fit the data schema.
    pub async fn perform(
        &self,
        key: i64,
        action: &Action,
        origin: Origin,
    ) -> Result<Option<i64>, StartError> {
        let command = match action {
            Action::Cancel => Command::Cancel,
            Action::Suspend => Command::Suspend,
            Action::Resume => Command::Resume,
            Action::SetVariables { variables } => set_variables(key, variables),
            Action::Modify { instructions } => {
                Command::ModifyInstance { instructions: instructions.clone() }
            }
            Action::Migrate { .. } => {
                return Ok(self.migrate(key, action, origin).await.map(|()| None)?);
            }
            Action::Retry { .. } => {
                return Ok(self.retry(key, action, origin).await.map(|()| None)?);
            }
            Action::Restart { .. } => return self.restart(key, action, origin).await.map(Some),
        };
        Ok(self.command(key, command, origin).await.map(|()| None)?)
    }

    /// What doing something to each of some instances would come to, in their order.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn try_each(
        &self,
        keys: Vec<i64>,
        action: Action,
    ) -> Result<Vec<(i64, Result<(), StartError>)>, StoreError> {
        let (definitions, validators) =
            (self.execution.definitions().clone(), self.validators.clone());
        let at = (self.execution.foundation().clock.now(), self.execution.zone().clone());
        let read = move |sql: &mut dyn Sql| {
            keys.iter()
                .map(|key| {
                    let tried = if let Action::Restart { .. } = action {
                        let planned = plan_restart(sql, &definitions, *key, &action)?;
                        match planned {
                            Ok(start) => validators.check(sql, &start)?,
                            Err(refusal) => Err(refusal.into()),
                        }
                    } else {
                        try_one(sql, &definitions, *key, &action, &at)?.map_err(StartError::from)
                    };
                    Ok((*key, tried))
                })
                .collect()
        };
        self.execution.database().read(read).await
    }

    async fn migrate(&self, key: i64, action: &Action, origin: Origin) -> Result<(), Refusal> {
        let (definitions, action) = (self.execution.definitions().clone(), action.clone());
        let read = move |sql: &mut dyn Sql| plan_migration(sql, &definitions, key, &action);
        let (plan, left_out) = self.execution.database().read(read).await??;
        let command = Command::MigrateInstance(Box::new(plan));
        let done = self.command(key, command, origin).await;
        done.map_err(|refusal| migration::explained(refusal, &left_out))
    }

    async fn retry(&self, key: i64, action: &Action, origin: Origin) -> Result<(), Refusal> {
        let (definitions, action) = (self.execution.definitions().clone(), action.clone());
        let read = move |sql: &mut dyn Sql| plan_retry(sql, &definitions, key, &action);
        for repair in self.execution.database().read(read).await?? {
            let origin = part_of(&origin, repair.incident_key);
            let command = Command::RepairIncident(Box::new(repair));
            self.command(key, command, origin).await?;
        }
        Ok(())
    }

    async fn restart(&self, key: i64, action: &Action, origin: Origin) -> Result<i64, StartError> {
        let (definitions, action) = (self.execution.definitions().clone(), action.clone());
        let read = move |sql: &mut dyn Sql| plan_restart(sql, &definitions, key, &action);
        let start = self.execution.database().read(read).await.map_err(Refusal::from)??;
        Ok(self.start(start, origin).await?.key)
    }
}

fn set_variables(key: i64, variables: &VariableMap) -> Command {
    Command::SetVariables { scope_key: key, variables: variables.clone(), is_local: true }
}

/// A request that leads to several commands names each of them.
fn part_of(origin: &Origin, key: i64) -> Origin {
    let named = |once| Sha256::new().chain_update(once).chain_update(key.to_be_bytes());
    let once = origin.once.map(|once| named(once).finalize().into());
    Origin { once, ..origin.clone() }
}

type Tried = Result<Result<(), Refusal>, StoreError>;

fn try_one(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    action: &Action,
    (now, zone): &(jiff::Timestamp, jiff::tz::TimeZone),
) -> Tried {
    let attempt =
        |sql: &mut dyn Sql, command| try_command(sql, definitions, (key, &command), (*now, zone));
    match action {
        Action::Cancel => attempt(sql, Command::Cancel),
        Action::Suspend => attempt(sql, Command::Suspend),
        Action::Resume => attempt(sql, Command::Resume),
        Action::SetVariables { variables } => attempt(sql, set_variables(key, variables)),
        Action::Modify { instructions } => {
            attempt(sql, Command::ModifyInstance { instructions: instructions.clone() })
        }
        Action::Migrate { .. } => {
            let (plan, left_out) = match plan_migration(sql, definitions, key, action)? {
                Ok(planned) => planned,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let tried = attempt(sql, Command::MigrateInstance(Box::new(plan)))?;
            Ok(tried.map_err(|refusal| migration::explained(refusal, &left_out)))
        }
        Action::Retry { .. } => {
            let repairs = match plan_retry(sql, definitions, key, action)? {
                Ok(repairs) => repairs,
                Err(refusal) => return Ok(Err(refusal)),
            };
            for repair in repairs {
                if let Err(refusal) = attempt(sql, Command::RepairIncident(Box::new(repair)))? {
                    return Ok(Err(refusal));
                }
            }
            Ok(Ok(()))
        }
        Action::Restart { .. } => Ok(Ok(())),
    }
}

type Planned<T> = Result<Result<T, Refusal>, StoreError>;

/// The migration of one instance, and why elements were left out of it.
fn plan_migration(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    action: &Action,
) -> Planned<(MigrateInstance, migration::LeftOut)> {
    let Action::Migrate { definition_key, mapping, is_exact } = action else {
        return Ok(Err(Refusal::Failed("expected a migration".to_owned())));
    };
    let Some(proposal) = migration::find_proposal(sql, definitions, key, *definition_key)? else {
        return Ok(Err(Refusal::NotFound { kind: "process instance or definition", key }));
    };
    let proposed = if *is_exact { Mapping::new() } else { proposal.mapping };
    let mapping = migration::with_overrides(proposed, mapping);
    let (definition_key, version) = (*definition_key, proposal.version);
    let plan = MigrateInstance { definition_key, version, mapping };
    Ok(Ok((plan, proposal.left_out)))
}

/// The repairs of all open incidents of an instance.
fn plan_retry(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    action: &Action,
) -> Planned<Vec<RepairIncident>> {
    let Action::Retry { retries, variables } = action else { return Ok(Ok(Vec::new())) };
    let Some((instance, _)) = execution::find_instance(sql, definitions, key)? else {
        return Ok(Err(Refusal::NotFound { kind: "process instance", key }));
    };
    if !instance.is_open() {
        let state = instance.state;
        return Ok(Err(Rejection::NotActive { key, state }.into()));
    }
    let repairs: Vec<RepairIncident> = instance
        .incidents
        .iter()
        .map(|(incident_key, incident)| {
            let job = incident.job_key.and_then(|key| instance.jobs.get(&key));
            let needed = |left: i32| retries.or((left < 1).then_some(RETRIES_DEFAULT));
            RepairIncident {
                incident_key: *incident_key,
                retries: job.and_then(|job| needed(job.retries)),
                variables: variables.clone(),
                scope_key: Some(key),
                is_local: false,
            }
        })
        .collect();
    if repairs.is_empty() {
        return Ok(Err(Refusal::NotFound { kind: "open incident of instance", key }));
    }
    Ok(Ok(repairs))
}

/// The start of an instance like another one.
fn plan_restart(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    action: &Action,
) -> Planned<StartInstance> {
    let Action::Restart { takes_latest, variables } = action else {
        return Ok(Err(Refusal::Failed("expected a restart".to_owned())));
    };
    let Some((instance, deployed)) = execution::find_instance(sql, definitions, key)? else {
        return Ok(Err(Refusal::NotFound { kind: "process instance", key }));
    };
    let first = execution::list_turns(sql, &deployed, key)?.into_iter().next();
    let start = first.and_then(|turn| start_of(&turn.events));
    let mut start = start.ok_or_else(|| {
        StoreError::Corrupt(format!("process instance {key}: its first turn starts nothing"))
    })?;
    start.variables.extend(variables.clone());
    let process = if *takes_latest {
        ProcessReference::Latest(deployed.process_id.to_string())
    } else {
        ProcessReference::Key(deployed.key)
    };
    let start_element_id: Option<Arc<str>> = start.start_element_id;
    let after = After { instance_key: instance.key, start_element_id };
    Ok(Ok(StartInstance { process, variables: start.variables, after: Some(after) }))
}

impl start::Validators {
    /// Whether the variables of a start fit the data schema of its process.
    fn check(
        &self,
        sql: &mut dyn Sql,
        start: &StartInstance,
    ) -> Result<Result<(), StartError>, StoreError> {
        let Some(validator) = self.find(sql, &start.process)? else { return Ok(Ok(())) };
        let problems = start::problems(&validator, &start.variables);
        Ok(if problems.is_empty() { Ok(()) } else { Err(StartError::Invalid(problems)) })
    }
}

/// Reads a map of elements and what they become from pairs, as forms send them.
#[must_use]
pub fn overrides(pairs: impl IntoIterator<Item = (String, String)>) -> Overrides {
    let given = |target: String| Some(target).filter(|it| !it.is_empty());
    let pairs = pairs.into_iter().map(|(source, target)| (source, given(target)));
    pairs.collect::<BTreeMap<_, _>>()
}
