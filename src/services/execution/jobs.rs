//! Jobs into the hands of workers: leases, and the variables that go with a job.
//!
//! Must not know how a worker waits, nor what it does.
//!
//! **Invariant:** a job has one lease at a time; whoever works under an older one is refused.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::batch::{Answer, Batch};
use super::dispatcher::LeasedJob;
use super::projection::Lease;
use super::request::{LeaseJobs, Receipt, Refusal};
use super::snapshots::Hot;
use crate::core::engine::{HEADER_PREFIX, JobCreated, JobKind, ProcessInstance, variables_at};
use crate::platform::store::{Row, StoreError};

const COLUMNS: &str = "key, instance_key, element_instance_key, element_id, process_id,
     definition_key, version, job_type, retries, attempts, headers";

const TAKE: &str = "UPDATE work__jobs SET state = 'leased', worker = ?2, lease_token = ?3,
     due_at = ?4, attempts = attempts + 1 WHERE key = ?1";

impl Batch<'_> {
    /// Leases free jobs, type by type, the most urgent ones of a type first.
    pub(crate) fn lease_jobs(&mut self, wanted: &LeaseJobs) -> Result<Receipt, StoreError> {
        self.flush()?;
        let mut jobs = Vec::new();
        for job_type in &wanted.job_types {
            self.lease_type(wanted, job_type, &mut jobs)?;
        }
        Ok(Receipt::Jobs(jobs))
    }

    fn lease_type(
        &mut self,
        wanted: &LeaseJobs,
        job_type: &str,
        jobs: &mut Vec<LeasedJob>,
    ) -> Result<(), StoreError> {
        let room = wanted.limit.saturating_sub(u32::try_from(jobs.len()).unwrap_or(u32::MAX));
        if room == 0 {
            return Ok(());
        }
        let select = format!(
            "SELECT {COLUMNS} FROM work__jobs
             WHERE job_type = ?1 AND state <> 'dead' AND state <> 'held' AND due_at <= ?2
             ORDER BY priority DESC, key LIMIT ?3 /*postgres FOR UPDATE SKIP LOCKED */"
        );
        let now_ms = self.now_ms();
        let parameters = [job_type.into(), now_ms.into(), room.into()];
        for row in self.sql.query(&select, &parameters)? {
            let lease = Lease {
                worker: (&wanted.worker).into(),
                token: self.next_key(),
                until_ms: now_ms + wanted.lease_ms,
            };
            let mut job = self.take_job(&row, &wanted.worker, &lease)?;
            if let Some(names) = &wanted.variable_names {
                job.variables.retain(|name, _| names.contains(name));
            }
            jobs.push(job);
        }
        Ok(())
    }

    /// Leases one job to this process's own handler, if there is one and the job is free and due.
    pub(crate) fn lease_own_job(&mut self, job_key: i64) -> Result<Receipt, StoreError> {
        self.flush()?;
        let select = format!(
            "SELECT {COLUMNS} FROM work__jobs
             WHERE key = ?1 AND state <> 'dead' AND state <> 'held' AND due_at <= ?2
             /*postgres FOR UPDATE SKIP LOCKED */"
        );
        let rows = self.sql.query(&select, &[job_key.into(), self.now_ms().into()])?;
        let Some(row) = rows.first() else { return Ok(Receipt::Nothing) };
        if !self.around.handlers.has(row.text(7)?) {
            return Ok(Receipt::Nothing);
        }
        let lease = self.own_lease();
        let worker = Arc::clone(&self.around.worker);
        let job = self.take_job(row, &worker, &lease)?;
        self.follow_up.alarms.push((lease.until_ms, super::alarms::Alarm::Job(job_key)));
        self.follow_up.jobs.push(job);
        Ok(Receipt::Nothing)
    }

    /// Gives a worker more time, as long as it still has the lease.
    pub(crate) fn extend_lease(
        &mut self,
        job_key: i64,
        lease_token: i64,
        until_ms: i64,
    ) -> Answer<Receipt> {
        self.flush()?;
        let changed = self.sql.execute(
            "UPDATE work__jobs SET due_at = ?3
             WHERE key = ?1 AND lease_token = ?2 AND state = 'leased'",
            &[job_key.into(), lease_token.into(), until_ms.into()],
        )?;
        Ok(if changed == 1 { Ok(Receipt::Nothing) } else { Err(Refusal::LeaseEnded(job_key)) })
    }

    fn take_job(
        &mut self,
        row: &Row,
        worker: &str,
        lease: &Lease,
    ) -> Result<LeasedJob, StoreError> {
        let key = row.integer(0)?;
        let parameters = [key.into(), worker.into(), lease.token.into(), lease.until_ms.into()];
        self.sql.execute(TAKE, &parameters)?;
        let (instance_key, element_instance_key) = (row.integer(1)?, row.integer(2)?);
        let (mut variables, mut kind) = (Map::new(), JobKind::Element);
        let mut user_task_key = None;
        if let Some(hot) = self.take(instance_key)? {
            kind = hot.instance.jobs.get(&key).map_or(kind, |job| job.kind);
            user_task_key = hot.instance.user_task_of(element_instance_key).map(|(key, _)| key);
            variables = variables_of(&hot.instance, kind, element_instance_key);
            self.put_back(instance_key, hot);
        }
        let headers = serde_json::from_str(row.text(10)?)
            .map_err(|_| StoreError::Corrupt(format!("headers of job {key}")))?;
        let headers = told(headers, kind, user_task_key);
        Ok(LeasedJob {
            key,
            instance_key,
            element_instance_key,
            element_id: row.text(3)?.to_string(),
            process_id: row.text(4)?.to_string(),
            definition_key: row.integer(5)?,
            version: row.integer(6)?,
            job_type: row.text(7)?.to_string(),
            kind,
            retries: row.integer(8)?,
            attempts: row.integer(9)?,
            headers,
            variables,
            lease_token: lease.token,
            lease_until: lease.until_ms,
            worker: worker.to_owned(),
        })
    }
}

/// A job that is born leased.
pub(crate) fn leased(instance_key: i64, hot: &Hot, job: &JobCreated, lease: &Lease) -> LeasedJob {
    LeasedJob {
        key: job.key,
        instance_key,
        element_instance_key: job.element_instance_key,
        element_id: job.element_id.to_string(),
        process_id: hot.deployed.process_id.to_string(),
        definition_key: hot.deployed.key,
        version: hot.deployed.version,
        job_type: job.job_type.to_string(),
        kind: job.kind,
        retries: job.retries.into(),
        attempts: 0,
        headers: told(
            job.headers.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect(),
            job.kind,
            hot.instance.user_task_of(job.element_instance_key).map(|(key, _)| key),
        ),
        variables: variables_of(&hot.instance, job.kind, job.element_instance_key),
        lease_token: lease.token,
        lease_until: lease.until_ms,
        worker: match &lease.worker {
            crate::platform::store::Value::Text(name) => name.to_string(),
            _ => String::new(),
        },
    }
}

/// A listener of a user task is told which one it is.
fn told(
    mut headers: Map<String, Json>,
    kind: JobKind,
    user_task_key: Option<i64>,
) -> Map<String, Json> {
    if let (JobKind::TaskListener(_), Some(key)) = (kind, user_task_key) {
        headers.insert(format!("{HEADER_PREFIX}userTaskKey"), key.to_string().into());
    }
    headers
}

/// What a worker sees: the variables of the element, and for the listener of a user task what is
/// being handed in.
fn variables_of(
    instance: &ProcessInstance,
    kind: JobKind,
    element_instance_key: i64,
) -> Map<String, Json> {
    let mut variables = variables_at(instance, element_instance_key);
    if let JobKind::TaskListener(_) = kind {
        variables.extend(
            instance.variables_in_check(element_instance_key).cloned().into_iter().flatten(),
        );
    }
    variables
}
