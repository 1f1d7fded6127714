//! What goes on beside the requests: taking up work after a start, and watching the clock.
//!
//! Must not know what a timer or a job leads to.
//!
//! **Invariant:** whatever is due and in the tables is found again, however the last run ended.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::alarms::Alarm;
use super::request::{Refusal, Target, Work};
use super::{Execution, Foundation};
use super::{process_schema, repeats};
use crate::core::engine::Command;
use crate::platform::store::{Sql, StoreError, Value};

/// How far ahead alarms are kept in memory.
const HORIZON_MS: i64 = 10 * 60 * 1000;
/// Alarms that are carried out at the same time.
const ALARMS_AT_ONCE: usize = 256;
/// After a failure of the database an alarm is tried again.
const RETRY_MS: i64 = 1000;

/// Brings the schemas of all processes that have one to what this program expects.
pub(super) async fn migrate_processes(foundation: &Foundation) -> Result<(), StoreError> {
    let now_ms = foundation.clock.now_ms();
    foundation
        .database
        .write(move |sql| {
            let rows = sql.query(
                "SELECT schema_name, column_layers FROM sys_flows__processes
                 WHERE schema_name IN (SELECT h.schema_name FROM sys_schemas__history h)",
                &[],
            )?;
            for row in rows {
                let schema = row.text(0)?;
                let layers = serde_json::from_str::<Vec<Vec<_>>>(row.text(1)?)
                    .map_err(|_| StoreError::Corrupt(format!("columns of {schema}")))?;
                process_schema::migrate(sql, schema, &layers, now_ms)?;
            }
            Ok(())
        })
        .await
}

/// Takes up what is near: timers, schedules, signals on their way, and jobs of this process's own
/// handlers.
pub(super) async fn recover(execution: &Execution, worker: &str) -> Result<(), StoreError> {
    release_own_leases(execution, worker).await?;
    load_alarms(execution, i64::MIN).await
}

/// Jobs that the last run of this program was at are free at once: whoever had them is gone.
async fn release_own_leases(execution: &Execution, worker: &str) -> Result<(), StoreError> {
    let foundation = &execution.shared.foundation;
    let now_ms = foundation.clock.now_ms();
    let job_types = Value::texts(foundation.handlers.types());
    let worker = Value::from(worker);
    let release = move |sql: &mut dyn Sql| {
        sql.execute(
            "UPDATE work__jobs SET state = 'available', due_at = ?3, worker = NULL,
                 lease_token = NULL
             WHERE job_type IN (SELECT value FROM json_each(?1)) AND state = 'leased'
               AND worker = ?2",
            &[job_types, worker, now_ms.into()],
        )
    };
    foundation.database.write(release).await.map(|_| ())
}

async fn load_alarms(execution: &Execution, from_ms: i64) -> Result<(), StoreError> {
    let shared = &execution.shared;
    let now_ms = shared.foundation.clock.now_ms();
    let until_ms = now_ms + HORIZON_MS;
    shared.alarms.extend_horizon(until_ms);
    let job_types = Value::texts(shared.foundation.handlers.types());
    let near = shared
        .foundation
        .database
        .write(move |sql| {
            forget_expired_messages(sql, now_ms)?;
            repeats::delete_old(sql, now_ms)?;
            read_alarms(sql, from_ms, until_ms, job_types)
        })
        .await?;
    shared.alarms.add(near);
    shared.alarms.add([(until_ms, Alarm::LoadMore)]);
    Ok(())
}

fn read_alarms(
    sql: &mut dyn Sql,
    from_ms: i64,
    until_ms: i64,
    job_types: Value,
) -> Result<Vec<(i64, Alarm)>, StoreError> {
    let range = [Value::from(from_ms), Value::from(until_ms)];
    let mut near = Vec::new();
    let timers = "SELECT due_at, key, instance_key FROM work__timers
         WHERE due_at > ?1 AND due_at <= ?2";
    for row in sql.query(timers, &range)? {
        let (timer_key, instance_key) = (row.integer(1)?, row.integer(2)?);
        near.push((row.integer(0)?, Alarm::Timer { instance_key, timer_key }));
    }
    let schedules = "SELECT due_at, key FROM work__schedules
         WHERE due_at > ?1 AND due_at <= ?2 AND is_paused = 0";
    for row in sql.query(schedules, &range)? {
        near.push((row.integer(0)?, Alarm::Schedule(row.integer(1)?)));
    }
    let signals = "SELECT due_at, key FROM work__signals WHERE due_at > ?1 AND due_at <= ?2";
    for row in sql.query(signals, &range)? {
        near.push((row.integer(0)?, Alarm::Signal(row.integer(1)?)));
    }
    let jobs = "SELECT due_at, key FROM work__jobs
         WHERE job_type IN (SELECT value FROM json_each(?3)) AND state <> 'dead'
           AND state <> 'held' AND due_at > ?1 AND due_at <= ?2";
    let [from, until] = range;
    for row in sql.query(jobs, &[from, until, job_types])? {
        near.push((row.integer(0)?, Alarm::Job(row.integer(1)?)));
    }
    Ok(near)
}

fn forget_expired_messages(sql: &mut dyn Sql, now_ms: i64) -> Result<(), StoreError> {
    sql.execute(
        "DELETE FROM work__message_correlations WHERE message_key IN
             (SELECT key FROM work__messages WHERE expires_at <= ?1)",
        &[now_ms.into()],
    )?;
    sql.execute("DELETE FROM work__messages WHERE expires_at <= ?1", &[now_ms.into()])?;
    Ok(())
}

/// Carries out alarms as they become due, until the execution stops.
pub(super) async fn watch_alarms(execution: Execution) {
    let places = Arc::new(Semaphore::new(ALARMS_AT_ONCE));
    loop {
        let shared = &execution.shared;
        let now_ms = shared.foundation.clock.now_ms();
        for alarm in shared.alarms.take_due(now_ms) {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let execution = execution.clone();
            tokio::spawn(async move {
                carry_out(&execution, alarm, now_ms).await;
                drop(place);
            });
        }
        let next = shared.alarms.next_due_at().unwrap_or(now_ms + HORIZON_MS);
        let wait_ms = u64::try_from(next - shared.foundation.clock.now_ms()).unwrap_or(0);
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(wait_ms)) => {}
            () = shared.alarms.changed() => {}
            () = shared.stop.cancelled() => return,
        }
    }
}

async fn carry_out(execution: &Execution, alarm: Alarm, now_ms: i64) {
    let work = match alarm {
        Alarm::LoadMore => {
            if let Err(error) = load_alarms(execution, now_ms).await {
                tracing::error!(%error, "what is due next could not be read");
                execution.shared.alarms.add([(now_ms + RETRY_MS, Alarm::LoadMore)]);
            }
            return;
        }
        Alarm::Timer { instance_key, timer_key } => Work::Command {
            target: Target::Instance(instance_key),
            command: Command::FireTimer { timer_key },
        },
        Alarm::Schedule(key) => Work::FireSchedule(key),
        Alarm::Signal(key) => Work::GoOnWithSignal(key),
        Alarm::Job(key) => Work::LeaseJob(key),
    };
    match execution.submit_own(work).await {
        // A rejection means that nobody waits for it any more.
        Ok(_) | Err(Refusal::Rejected(_) | Refusal::NotFound { .. } | Refusal::Stopping) => {}
        Err(refusal) => {
            tracing::error!(%refusal, ?alarm, "what was due could not be carried out");
            execution.shared.alarms.add([(now_ms + RETRY_MS, alarm)]);
        }
    }
}
