//! What follows outside an instance when it rests, goes on, or changes its version.
//!
//! Must not know who asked for it.
//!
//! **Invariant:** a job of a suspended instance is `held` and in nobody's reach; whoever had a lease
//! on it has it still when the instance goes on.

use std::collections::HashMap;
use std::sync::Arc;

use super::alarms::Alarm;
use super::batch::{Batch, Pending};
use super::definitions::Deployed;
use super::snapshots::Hot;
use crate::core::engine::{Command, Event, InstanceMigrated, InstanceState};
use crate::platform::store::{Sql, StoreError, Value};

/// Tables whose rows name an element of the version that runs, and which of them are open.
const TABLES: [(&str, &str); 6] = [
    ("work__jobs", ""),
    ("work__timers", ""),
    ("work__subscriptions", ""),
    ("work__signal_subscriptions", ""),
    ("work__user_tasks", " AND state = 'open'"),
    ("work__incidents", " AND resolved_at IS NULL"),
];

/// Whether an event concerns more than rows of its own.
pub(crate) fn is_of_whole(event: &Event) -> bool {
    matches!(
        event,
        Event::InstanceSuspended
            | Event::InstanceResumed
            | Event::InstanceMigrated(_)
            | Event::InstanceCopied { .. }
    )
}

impl Batch<'_> {
    /// Carries out what an event of the whole instance means to the tables; the rows of its turn
    /// must have been written.
    pub(crate) fn follow_whole(&mut self, key: i64, event: &Event) -> Result<(), StoreError> {
        match event {
            Event::InstanceSuspended => self.hold_jobs(key),
            // A copy of one that rested rests too.
            Event::InstanceCopied { .. } if self.is_suspended(key)? => self.hold_jobs(key),
            Event::InstanceResumed => self.take_up(key),
            Event::InstanceMigrated(facts) => {
                let schema = self.with(key, |hot| hot.deployed.schema_name.clone())?;
                rename_rows(self.sql, key, facts, schema.as_deref())
            }
            _ => Ok(()),
        }
    }

    fn hold_jobs(&mut self, key: i64) -> Result<(), StoreError> {
        let hold = "UPDATE work__jobs SET state = 'held'
             WHERE instance_key = ?1 AND state <> 'dead'";
        self.sql.execute(hold, &[key.into()]).map(drop)
    }

    fn is_suspended(&mut self, key: i64) -> Result<bool, StoreError> {
        let state = self.with(key, |hot| hot.instance.state)?;
        Ok(state == Some(InstanceState::Suspended))
    }

    /// Looks at an instance that is at hand.
    fn with<T>(&mut self, key: i64, look: impl Fn(&Hot) -> T) -> Result<Option<T>, StoreError> {
        let Some(hot) = self.take(key)? else { return Ok(None) };
        let seen = look(&hot);
        self.put_back(key, hot);
        Ok(Some(seen))
    }

    /// Everything that became due or came meanwhile is looked at again.
    fn take_up(&mut self, key: i64) -> Result<(), StoreError> {
        let now_ms = self.now_ms();
        // What this process's own handlers reported meanwhile was refused, so they begin again.
        self.sql.execute(
            "UPDATE work__jobs SET state = 'available', worker = NULL, lease_token = NULL,
                 due_at = ?3
             WHERE instance_key = ?1 AND state = 'held' AND worker = ?2",
            &[key.into(), (&*self.around.worker).into(), now_ms.into()],
        )?;
        self.sql.execute(
            "UPDATE work__jobs
             SET state = CASE WHEN lease_token IS NULL THEN 'available' ELSE 'leased' END
             WHERE instance_key = ?1 AND state = 'held'",
            &[key.into()],
        )?;
        let jobs = "SELECT key, due_at FROM work__jobs WHERE instance_key = ?1 AND state <> 'dead'";
        for row in self.sql.query(jobs, &[key.into()])? {
            let due_at = row.integer(1)?.max(now_ms);
            self.follow_up.alarms.push((due_at, Alarm::Job(row.integer(0)?)));
            self.follow_up.is_any_job_reopened = true;
        }
        let timers = "SELECT key, due_at FROM work__timers WHERE instance_key = ?1";
        for row in self.sql.query(timers, &[key.into()])? {
            let alarm = Alarm::Timer { instance_key: key, timer_key: row.integer(0)? };
            self.follow_up.alarms.push((row.integer(1)?.max(now_ms), alarm));
        }
        let subscriptions = "SELECT key, message_name, correlation_key FROM work__subscriptions
             WHERE instance_key = ?1 ORDER BY key";
        for row in self.sql.query(subscriptions, &[key.into()])? {
            self.pending.push_back(Pending::Opened {
                instance_key: key,
                subscription_key: row.integer(0)?,
                name: row.text(1)?.to_owned(),
                correlation_key: row.text(2)?.to_owned(),
            });
        }
        Ok(())
    }

    /// The definition that a migration leads to; `None` for other commands and unknown versions.
    pub(crate) fn find_target(
        &mut self,
        command: &Command,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        match command {
            Command::MigrateInstance(plan) => {
                self.around.definitions.find(self.sql, plan.definition_key)
            }
            _ => Ok(None),
        }
    }
}

/// The instance's rows are of another version from now on.
pub(crate) fn change_version(hot: &mut Hot, target: Arc<Deployed>) {
    hot.deployed = target;
    hot.has_new_variables = true;
}

/// Every open row names the elements of the version that runs now.
fn rename_rows(
    sql: &mut dyn Sql,
    key: i64,
    facts: &InstanceMigrated,
    schema: Option<&str>,
) -> Result<(), StoreError> {
    let renamed: HashMap<&str, &Arc<str>> =
        facts.elements.iter().map(|(old, new)| (&**old, new)).collect();
    for (table, is_open) in TABLES {
        let select =
            format!("SELECT key, element_id FROM {table} WHERE instance_key = ?1{is_open}");
        let update = format!("UPDATE {table} SET element_id = ?2 WHERE key = ?1");
        for row in sql.query(&select, &[key.into()])? {
            if let Some(new) = renamed.get(row.text(1)?) {
                sql.execute(&update, &[row.integer(0)?.into(), (&***new).into()])?;
            }
        }
    }
    let version = [Value::from(key), facts.definition_key.into(), facts.version.into()];
    sql.execute(
        "UPDATE work__jobs SET definition_key = ?2, version = ?3 WHERE instance_key = ?1",
        &version,
    )?;
    for (table, is_open) in TABLES.into_iter().skip(4) {
        let update =
            format!("UPDATE {table} SET definition_key = ?2 WHERE instance_key = ?1{is_open}");
        sql.execute(&update, &version[..2])?;
    }
    if let Some(schema) = schema {
        let update = format!("UPDATE {schema}__instances SET version = ?2 WHERE key = ?1");
        sql.execute(&update, &[key.into(), facts.version.into()])?;
    }
    Ok(())
}
