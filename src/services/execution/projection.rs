//! Events to rows of the work tables: what waits, so that it can be found without the instance.
//!
//! Must not decide anything: the one exhaustive `match` says what each event means to the tables.
//!
//! **Invariant:** the work tables hold what the open parts of the instances hold.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::changes::Change;
use super::request::Target;
use super::rows::{Rows, write_each};
use crate::core::engine::{
    DateChange, DecisionEvaluated, Event, IncidentRaised, JobCreated, SignalSubscribed,
    SubscriptionOpened, TimerScheduled, UserTaskChanges, UserTaskCreated,
};
use crate::platform::store::{Sql, StoreError, Value};

/// Facts about the instance that its rows repeat.
pub(crate) struct Facts<'a> {
    pub(crate) instance_key: i64,
    pub(crate) process_id: &'a str,
    pub(crate) definition_key: i64,
    pub(crate) version: i64,
    pub(crate) now_ms: i64,
}

/// The lease under which a job of this process's own handlers is born.
pub(crate) struct Lease {
    pub(crate) worker: Value,
    pub(crate) token: i64,
    pub(crate) until_ms: i64,
}

/// Rows of all work tables.
#[derive(Default)]
pub(crate) struct WorkRows {
    jobs: Rows,
    timers: Rows,
    subscriptions: Rows,
    signals: Rows,
    user_tasks: Rows,
    incidents: Rows,
    evaluations: Vec<Vec<Value>>,
    candidates: Vec<Vec<Value>>,
    candidates_gone: Vec<Vec<Value>>,
    /// What looks different after the commit.
    pub(crate) changes: BTreeSet<Change>,
}

const INSERT_JOB: &str = "INSERT INTO work__jobs (key, instance_key, element_instance_key,
     element_id, process_id, definition_key, version, job_type, state, priority, retries, attempts,
     headers, due_at, worker, lease_token, message, created_at)
     VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)";
const FAIL_JOB: &str = "UPDATE work__jobs SET state = ?2, retries = ?3, message = ?4, due_at = ?5,
     worker = NULL, lease_token = NULL WHERE key = ?1";
const STOP_JOB: &str = "UPDATE work__jobs SET state = 'dead', message = ?2, worker = NULL,
     lease_token = NULL WHERE key = ?1";
const RETRY_JOB: &str = "UPDATE work__jobs SET retries = ?2 WHERE key = ?1";
const REOPEN_JOB: &str = "UPDATE work__jobs SET state = 'available', due_at = ?2 WHERE key = ?1";
const DELETE_JOB: &str = "DELETE FROM work__jobs WHERE key = ?1";

const INSERT_TIMER: &str = "INSERT INTO work__timers (key, instance_key, process_id, element_id,
     due_at) VALUES (?1,?2,?3,?4,?5)";
const DELETE_TIMER: &str = "DELETE FROM work__timers WHERE key = ?1";

const INSERT_SUBSCRIPTION: &str = "INSERT INTO work__subscriptions (key, instance_key, process_id,
     element_id, message_name, correlation_key, created_at) VALUES (?1,?2,?3,?4,?5,?6,?7)";
const DELETE_SUBSCRIPTION: &str = "DELETE FROM work__subscriptions WHERE key = ?1";

const INSERT_SIGNAL: &str = "INSERT INTO work__signal_subscriptions (key, instance_key, process_id,
     element_id, signal_name, created_at) VALUES (?1,?2,?3,?4,?5,?6)";
const DELETE_SIGNAL: &str = "DELETE FROM work__signal_subscriptions WHERE key = ?1";

const INSERT_USER_TASK: &str = "INSERT INTO work__user_tasks (key, instance_key,
     element_instance_key, element_id, process_id, definition_key, name, state, form, assignee,
     candidate_groups, candidate_users, due_at, follow_up_at, priority, rev, created_at)
     VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17)";
const ASSIGN_USER_TASK: &str =
    "UPDATE work__user_tasks SET assignee = ?2, rev = rev + 1 WHERE key = ?1";
const END_USER_TASK: &str = "UPDATE work__user_tasks SET state = ?2, ended_at = ?3, ended_by = ?4,
     rev = rev + 1 WHERE key = ?1";
const SET_DUE: &str = "UPDATE work__user_tasks SET due_at = ?2, rev = rev + 1 WHERE key = ?1";
const SET_FOLLOW_UP: &str =
    "UPDATE work__user_tasks SET follow_up_at = ?2, rev = rev + 1 WHERE key = ?1";
const SET_PRIORITY: &str =
    "UPDATE work__user_tasks SET priority = ?2, rev = rev + 1 WHERE key = ?1";
const SET_GROUPS: &str =
    "UPDATE work__user_tasks SET candidate_groups = ?2, rev = rev + 1 WHERE key = ?1";
const SET_USERS: &str =
    "UPDATE work__user_tasks SET candidate_users = ?2, rev = rev + 1 WHERE key = ?1";
const DELETE_USER_TASK: &str = "DELETE FROM work__user_tasks WHERE key = ?1";
const INSERT_CANDIDATE: &str =
    "INSERT INTO work__candidates (user_task_key, kind, id) VALUES (?1,?2,?3)";
const DELETE_CANDIDATES: &str =
    "DELETE FROM work__candidates WHERE user_task_key = ?1 AND kind = ?2";

const INSERT_INCIDENT: &str = "INSERT INTO work__incidents (key, instance_key, process_id,
     definition_key, element_id, element_instance_key, job_key, kind, message, created_at)
     VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)";
const RESOLVE_INCIDENT: &str = "UPDATE work__incidents SET resolved_at = ?2 WHERE key = ?1";
const DELETE_INCIDENT: &str = "DELETE FROM work__incidents WHERE key = ?1";

const INSERT_EVALUATION: &str = "INSERT INTO work__decision_evaluations (key, decision_id,
     decision_key, version, instance_key, element_instance_key, element_id, process_id, inputs,
     output, trace, failure, evaluated_at)
     VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)";

impl WorkRows {
    /// Notes what an event means to the tables. `lease` is for jobs born into this process's hands.
    pub(crate) fn note(&mut self, facts: &Facts<'_>, event: &Event, lease: Option<&Lease>) {
        match event {
            Event::JobCreated(job) => self.create_job(facts, job, lease),
            Event::JobCompleted { key } | Event::JobCanceled { key } => self.jobs.delete(*key),
            Event::JobFailed { .. }
            | Event::JobErrorThrown { .. }
            | Event::JobRetriesUpdated { .. }
            | Event::JobReopened { .. } => self.change_job(facts, event),
            Event::TimerScheduled(timer) => self.schedule_timer(facts, timer),
            Event::TimerFired { key } | Event::TimerCanceled { key } => self.timers.delete(*key),
            Event::SubscriptionOpened(it) => self.open_subscription(facts, it),
            Event::SubscriptionClosed { key } => self.subscriptions.delete(*key),
            Event::SignalSubscribed(it) => self.await_signal(facts, it),
            Event::SignalUnsubscribed { key } => self.signals.delete(*key),
            Event::IncidentRaised(incident) => self.raise_incident(facts, incident),
            Event::IncidentResolved { key } => self.resolve_incident(facts, *key),
            Event::UserTaskCreated(_)
            | Event::UserTaskTransition { .. }
            | Event::UserTaskAssigned { .. }
            | Event::UserTaskUpdated { .. }
            | Event::UserTaskCompleted { .. }
            | Event::UserTaskCanceled { .. } => self.note_user_task(facts, event),
            Event::DecisionEvaluated(it) => self.keep_evaluation(facts, it),
            Event::InstanceCreated(_)
            | Event::InstanceCompleted
            | Event::InstanceTerminated
            | Event::InstanceEnding { .. }
            | Event::InstanceCopied { .. }
            | Event::InstanceSuspended
            | Event::InstanceResumed
            | Event::InstanceMigrated(_) => self.note_instances(),
            // The instance's own rows say the rest.
            Event::UserTaskCreating(_)
            | Event::ElementActivating(_)
            | Event::ElementActivated { .. }
            | Event::ElementCompleting { .. }
            | Event::ElementCompleted { .. }
            | Event::ElementTerminating { .. }
            | Event::ElementTerminated { .. }
            | Event::SequenceFlowTaken { .. }
            | Event::JoinReached { .. }
            | Event::JoinReleased { .. }
            | Event::ComplexGatewayOpened { .. }
            | Event::ComplexGatewayReset { .. }
            | Event::TriggerCollected(_)
            | Event::TriggersReleased { .. }
            | Event::VariableSet { .. }
            | Event::LoopStarted(_)
            | Event::LoopExtended(_)
            | Event::TriggerHeldBack { .. }
            | Event::AdHocProgressed { .. }
            | Event::LoopResultCollected { .. }
            | Event::MessageCorrelated { .. }
            | Event::SignalCaught { .. }
            | Event::SignalThrown { .. }
            | Event::SignalPostponed { .. }
            | Event::StepPostponed { .. }
            | Event::ConditionSubscribed(_)
            | Event::ConditionMet { .. }
            | Event::ConditionUnsubscribed { .. }
            | Event::CompensationRecorded { .. }
            | Event::CompensationTaken { .. }
            | Event::CompensationThrown { .. }
            | Event::ChildCalled { .. }
            | Event::ChildReturned { .. }
            | Event::ErrorThrown { .. }
            | Event::EscalationThrown { .. } => {}
        }
    }

    fn note_instances(&mut self) {
        self.changes.insert(Change::Instances);
    }

    fn resolve_incident(&mut self, facts: &Facts<'_>, key: i64) {
        self.changes.insert(Change::Incidents);
        let row = vec![key.into(), facts.now_ms.into()];
        self.incidents.change(key, RESOLVE_INCIDENT, row);
    }

    fn change_job(&mut self, facts: &Facts<'_>, event: &Event) {
        match event {
            Event::JobFailed { key, retries, message, backoff_until } => {
                let state = if *retries > 0 { "available" } else { "dead" };
                let due_at = backoff_until.unwrap_or(facts.now_ms);
                let row = vec![
                    (*key).into(),
                    state.into(),
                    (*retries).into(),
                    message.into(),
                    due_at.into(),
                ];
                self.jobs.change(*key, FAIL_JOB, row);
            }
            Event::JobErrorThrown { key, message, .. } => {
                self.jobs.change(*key, STOP_JOB, vec![(*key).into(), message.into()]);
            }
            Event::JobRetriesUpdated { key, retries } => {
                self.jobs.change(*key, RETRY_JOB, vec![(*key).into(), (*retries).into()]);
            }
            Event::JobReopened { key } => {
                self.jobs.change(*key, REOPEN_JOB, vec![(*key).into(), facts.now_ms.into()]);
            }
            _ => {}
        }
    }

    fn note_user_task(&mut self, facts: &Facts<'_>, event: &Event) {
        self.changes.insert(Change::UserTasks);
        match event {
            Event::UserTaskCreated(task) => self.create_user_task(facts, task),
            Event::UserTaskAssigned { key, assignee } => {
                let row = vec![(*key).into(), assignee.clone().into()];
                self.user_tasks.change(*key, ASSIGN_USER_TASK, row);
            }
            Event::UserTaskUpdated { key, changes } => self.update_user_task(*key, changes),
            Event::UserTaskCompleted { key, by } => {
                self.end_user_task(facts, *key, "completed", by.as_deref());
            }
            Event::UserTaskCanceled { key } => self.end_user_task(facts, *key, "canceled", None),
            _ => {}
        }
    }

    fn create_job(&mut self, facts: &Facts<'_>, job: &JobCreated, lease: Option<&Lease>) {
        let headers: serde_json::Map<String, Json> =
            job.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        let row = vec![
            job.key.into(),
            facts.instance_key.into(),
            job.element_instance_key.into(),
            (&*job.element_id).into(),
            facts.process_id.into(),
            facts.definition_key.into(),
            facts.version.into(),
            (&*job.job_type).into(),
            if lease.is_some() { "leased" } else { "available" }.into(),
            job.priority.into(),
            job.retries.into(),
            i64::from(lease.is_some()).into(),
            Json::Object(headers).to_string().into(),
            lease.map_or(facts.now_ms, |lease| lease.until_ms).into(),
            lease.map_or(Value::Null, |lease| lease.worker.clone()),
            lease.map_or(Value::Null, |lease| lease.token.into()),
            Value::Null,
            facts.now_ms.into(),
        ];
        self.jobs.insert(job.key, row);
    }

    fn schedule_timer(&mut self, facts: &Facts<'_>, timer: &TimerScheduled) {
        let row = vec![
            timer.key.into(),
            facts.instance_key.into(),
            facts.process_id.into(),
            (&*timer.element_id).into(),
            timer.due_at.into(),
        ];
        self.timers.insert(timer.key, row);
    }

    fn open_subscription(&mut self, facts: &Facts<'_>, it: &SubscriptionOpened) {
        let row = vec![
            it.key.into(),
            facts.instance_key.into(),
            facts.process_id.into(),
            (&*it.element_id).into(),
            (&it.message_name).into(),
            (&it.correlation_key).into(),
            facts.now_ms.into(),
        ];
        self.subscriptions.insert(it.key, row);
    }

    fn await_signal(&mut self, facts: &Facts<'_>, it: &SignalSubscribed) {
        let row = vec![
            it.key.into(),
            facts.instance_key.into(),
            facts.process_id.into(),
            (&*it.element_id).into(),
            (&it.signal_name).into(),
            facts.now_ms.into(),
        ];
        self.signals.insert(it.key, row);
    }

    fn keep_evaluation(&mut self, facts: &Facts<'_>, it: &DecisionEvaluated) {
        self.evaluations.push(vec![
            it.key.into(),
            (&it.decision_id).into(),
            it.decision_key.into(),
            it.decision_version.into(),
            facts.instance_key.into(),
            it.element_instance_key.into(),
            (&*it.element_id).into(),
            facts.process_id.into(),
            it.inputs.to_string().into(),
            it.output.to_string().into(),
            it.trace.to_string().into(),
            it.failure.clone().into(),
            facts.now_ms.into(),
        ]);
    }

    fn raise_incident(&mut self, facts: &Facts<'_>, incident: &IncidentRaised) {
        self.changes.insert(Change::Incidents);
        let kind = serde_json::to_value(incident.kind).unwrap_or_default();
        let row = vec![
            incident.key.into(),
            facts.instance_key.into(),
            facts.process_id.into(),
            facts.definition_key.into(),
            (&*incident.element_id).into(),
            incident.element_instance_key.into(),
            incident.job_key.into(),
            kind.as_str().unwrap_or_default().into(),
            (&incident.message).into(),
            facts.now_ms.into(),
        ];
        self.incidents.insert(incident.key, row);
    }

    fn create_user_task(&mut self, facts: &Facts<'_>, task: &UserTaskCreated) {
        let form = task.form.as_ref().and_then(|form| serde_json::to_string(form).ok());
        let row = vec![
            task.key.into(),
            facts.instance_key.into(),
            task.element_instance_key.into(),
            (&*task.element_id).into(),
            facts.process_id.into(),
            facts.definition_key.into(),
            (&task.name).into(),
            "open".into(),
            form.into(),
            task.assignee.clone().into(),
            Value::texts(task.candidate_groups.iter().map(String::as_str)),
            Value::texts(task.candidate_users.iter().map(String::as_str)),
            task.due_at.into(),
            task.follow_up_at.into(),
            task.priority.into(),
            1.into(),
            facts.now_ms.into(),
        ];
        self.user_tasks.insert(task.key, row);
        self.add_candidates(task.key, "group", &task.candidate_groups);
        self.add_candidates(task.key, "user", &task.candidate_users);
        let names_nobody = task.assignee.is_none()
            && task.candidate_groups.is_empty()
            && task.candidate_users.is_empty();
        if names_nobody {
            // Work that names nobody is offered to everybody rather than lost.
            self.add_candidates(task.key, "anyone", &[String::new()]);
        }
    }

    fn add_candidates(&mut self, key: i64, kind: &str, ids: &[String]) {
        let distinct: BTreeSet<&String> = ids.iter().collect();
        let rows = distinct.into_iter().map(|id| vec![key.into(), kind.into(), id.into()]);
        self.candidates.extend(rows);
    }

    fn update_user_task(&mut self, key: i64, changes: &UserTaskChanges) {
        let date = |change: DateChange| match change {
            DateChange::Set(at) => Value::Integer(at),
            DateChange::Clear => Value::Null,
        };
        if let Some(due_at) = changes.due_at {
            self.user_tasks.change(key, SET_DUE, vec![key.into(), date(due_at)]);
        }
        if let Some(follow_up_at) = changes.follow_up_at {
            self.user_tasks.change(key, SET_FOLLOW_UP, vec![key.into(), date(follow_up_at)]);
        }
        if let Some(priority) = changes.priority {
            self.user_tasks.change(key, SET_PRIORITY, vec![key.into(), priority.into()]);
        }
        if let Some(groups) = &changes.candidate_groups {
            self.replace_candidates(key, SET_GROUPS, "group", groups);
        }
        if let Some(users) = &changes.candidate_users {
            self.replace_candidates(key, SET_USERS, "user", users);
        }
    }

    fn replace_candidates(
        &mut self,
        key: i64,
        statement: &'static str,
        kind: &str,
        ids: &[String],
    ) {
        let list = Value::texts(ids.iter().map(String::as_str));
        self.user_tasks.change(key, statement, vec![key.into(), list]);
        self.forget_candidates(key, kind);
        self.add_candidates(key, kind, ids);
    }

    fn end_user_task(&mut self, facts: &Facts<'_>, key: i64, state: &str, by: Option<&str>) {
        let row = vec![key.into(), state.into(), facts.now_ms.into(), by.into()];
        self.user_tasks.change(key, END_USER_TASK, row);
        for kind in ["group", "user", "anyone"] {
            self.forget_candidates(key, kind);
        }
    }

    /// Candidates of one kind go, those that this batch was about to add included.
    fn forget_candidates(&mut self, key: i64, kind: &str) {
        let (key, kind) = (Value::from(key), Value::from(kind));
        self.candidates.retain(|row| row[0] != key || row[1] != kind);
        self.candidates_gone.push(vec![key, kind]);
    }

    /// Whether the rows a target is found by have changes that were not written yet.
    pub(crate) fn is_pending(&self, target: Target) -> bool {
        match target {
            Target::Instance(_) => false,
            Target::Job { key, .. } => self.jobs.is_pending(key),
            Target::UserTask { key, .. } => self.user_tasks.is_pending(key),
            Target::Incident(key) => self.incidents.is_pending(key),
        }
    }

    /// Writes all rows and forgets them.
    pub(crate) fn flush(&mut self, sql: &mut dyn Sql) -> Result<(), StoreError> {
        self.jobs.flush(sql, INSERT_JOB, DELETE_JOB)?;
        self.timers.flush(sql, INSERT_TIMER, DELETE_TIMER)?;
        self.subscriptions.flush(sql, INSERT_SUBSCRIPTION, DELETE_SUBSCRIPTION)?;
        self.signals.flush(sql, INSERT_SIGNAL, DELETE_SIGNAL)?;
        self.user_tasks.flush(sql, INSERT_USER_TASK, DELETE_USER_TASK)?;
        self.incidents.flush(sql, INSERT_INCIDENT, DELETE_INCIDENT)?;
        write_each(sql, INSERT_EVALUATION, &std::mem::take(&mut self.evaluations))?;
        write_each(sql, DELETE_CANDIDATES, &std::mem::take(&mut self.candidates_gone))?;
        write_each(sql, INSERT_CANDIDATE, &std::mem::take(&mut self.candidates))
    }
}
