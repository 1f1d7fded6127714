//! Which instance a command is for, when it names a job, a user task or an incident.
//!
//! Must not know what the command does.
//!
//! **Invariant:** one query a kind finds all targets of a batch.

use std::collections::HashMap;

use super::request::{Refusal, Target, Work};
use crate::platform::store::{Row, Sql, StoreError, Value};

/// The rows that commands of a batch name.
#[derive(Default)]
pub(crate) struct Targets {
    instances: Vec<i64>,
    jobs: HashMap<i64, JobRow>,
    user_tasks: HashMap<i64, TaskRow>,
    incidents: HashMap<i64, i64>,
}

struct JobRow {
    instance_key: i64,
    lease_token: Option<i64>,
}

struct TaskRow {
    instance_key: i64,
    rev: i64,
    is_open: bool,
}

const JOBS: &str = "SELECT key, instance_key, lease_token FROM work__jobs
     WHERE key IN (SELECT value FROM json_each(?1))";
const USER_TASKS: &str = "SELECT key, instance_key, rev, state FROM work__user_tasks
     WHERE key IN (SELECT value FROM json_each(?1))";
const INCIDENTS: &str = "SELECT key, instance_key FROM work__incidents
     WHERE resolved_at IS NULL AND key IN (SELECT value FROM json_each(?1))";

impl Targets {
    /// Finds everything the commands of a batch name.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn find<'w>(
        sql: &mut dyn Sql,
        works: impl Iterator<Item = &'w Work>,
    ) -> Result<Self, StoreError> {
        let mut targets = Self::default();
        let (mut jobs, mut user_tasks, mut incidents) = (Vec::new(), Vec::new(), Vec::new());
        for work in works {
            let Work::Command { target, .. } = work else { continue };
            match *target {
                Target::Instance(key) => targets.instances.push(key),
                Target::Job { key, .. } => jobs.push(key),
                Target::UserTask { key, .. } => user_tasks.push(key),
                Target::Incident(key) => incidents.push(key),
            }
        }
        targets.read_jobs(sql, jobs)?;
        targets.read_user_tasks(sql, user_tasks)?;
        targets.read_incidents(sql, incidents)?;
        Ok(targets)
    }

    /// Reads one target again.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) fn refresh(&mut self, sql: &mut dyn Sql, target: Target) -> Result<(), StoreError> {
        match target {
            Target::Instance(_) => Ok(()),
            Target::Job { key, .. } => {
                self.jobs.remove(&key);
                self.read_jobs(sql, vec![key])
            }
            Target::UserTask { key, .. } => self.read_user_tasks(sql, vec![key]),
            Target::Incident(key) => {
                self.incidents.remove(&key);
                self.read_incidents(sql, vec![key])
            }
        }
    }

    /// Every instance that is going to be advanced, as far as it is known.
    pub(crate) fn instance_keys(&self) -> impl Iterator<Item = i64> + '_ {
        let jobs = self.jobs.values().map(|job| job.instance_key);
        let tasks = self.user_tasks.values().map(|task| task.instance_key);
        self.instances
            .iter()
            .copied()
            .chain(jobs)
            .chain(tasks)
            .chain(self.incidents.values().copied())
    }

    /// The instance of a target, if what names it still holds.
    pub(crate) fn resolve(&self, target: Target) -> Result<i64, Refusal> {
        match target {
            Target::Instance(key) => Ok(key),
            Target::Job { key, lease_token } => {
                let job = self.jobs.get(&key).ok_or(Refusal::NotFound { kind: "job", key })?;
                match lease_token {
                    Some(_) if job.lease_token != lease_token => Err(Refusal::LeaseEnded(key)),
                    _ => Ok(job.instance_key),
                }
            }
            Target::UserTask { key, rev } => {
                let missing = Refusal::NotFound { kind: "open user task", key };
                let task = self.user_tasks.get(&key).filter(|task| task.is_open).ok_or(missing)?;
                match rev {
                    Some(expected) if expected != task.rev => {
                        Err(Refusal::Changed { key, expected, found: task.rev })
                    }
                    _ => Ok(task.instance_key),
                }
            }
            Target::Incident(key) => {
                let found = self.incidents.get(&key).copied();
                found.ok_or(Refusal::NotFound { kind: "open incident", key })
            }
        }
    }

    fn read_jobs(&mut self, sql: &mut dyn Sql, keys: Vec<i64>) -> Result<(), StoreError> {
        for row in query(sql, JOBS, keys)? {
            let job =
                JobRow { instance_key: row.integer(1)?, lease_token: row.optional_integer(2)? };
            self.jobs.insert(row.integer(0)?, job);
        }
        Ok(())
    }

    fn read_user_tasks(&mut self, sql: &mut dyn Sql, keys: Vec<i64>) -> Result<(), StoreError> {
        for row in query(sql, USER_TASKS, keys)? {
            let task = TaskRow {
                instance_key: row.integer(1)?,
                rev: row.integer(2)?,
                is_open: row.text(3)? == "open",
            };
            self.user_tasks.insert(row.integer(0)?, task);
        }
        Ok(())
    }

    fn read_incidents(&mut self, sql: &mut dyn Sql, keys: Vec<i64>) -> Result<(), StoreError> {
        for row in query(sql, INCIDENTS, keys)? {
            self.incidents.insert(row.integer(0)?, row.integer(1)?);
        }
        Ok(())
    }
}

fn query(sql: &mut dyn Sql, statement: &str, keys: Vec<i64>) -> Result<Vec<Row>, StoreError> {
    if keys.is_empty() { Ok(Vec::new()) } else { sql.query(statement, &[Value::integers(keys)]) }
}
