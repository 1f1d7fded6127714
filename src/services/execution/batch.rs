//! One batch: requests carried out one after the other in memory, written in one transaction.
//!
//! Must not know threads, queues, or who waits for the answers.
//!
//! **Invariant:** whatever a batch did is either all in the transaction or nowhere: instances it
//! touched go back to the cache only after the commit.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use hashlink::LruCache;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::alarms::Alarm;
use super::changes::Change;
use super::decisions::DeployedDecisions;
use super::definitions::{Definitions, Deployed};
use super::dispatcher::{Handlers, LeasedJob};
use super::process_schema::{self, ProcessSchema};
use super::projection::{Facts, Lease, WorkRows};
use super::repeats;
use super::request::{
    InstanceReceipt, ProcessReference, Receipt, Refusal, Request, Work, no_process,
};
use super::rows::write_each;
use super::signals::DELIVERIES_MAX;
use super::snapshots::{self, Hot};
use super::standing;
use super::targets::Targets;
use super::trail;
use crate::core::engine::{
    self, Command, DeployedDecision, Effect, Event, Outcome, Parent, escalated, told,
};
use crate::core::model::Binding;
use crate::platform::clock::KeyGenerator;
use crate::platform::store::{Sql, StoreError, Value};
use crate::services::audit::{self, AuditEvent, Origin};

/// What a batch is given and does not change.
pub(crate) struct Surroundings {
    pub(crate) keys: Arc<KeyGenerator>,
    pub(crate) definitions: Definitions,
    pub(crate) decisions: DeployedDecisions,
    pub(crate) handlers: Handlers,
    pub(crate) zone: TimeZone,
    /// How long this process's own handlers own a job.
    pub(crate) lease_ms: i64,
    /// This process's name as a worker.
    pub(crate) worker: Arc<str>,
}

/// What is kept from batch to batch.
pub(crate) struct Kept {
    pub(crate) hot: LruCache<i64, Box<Hot>>,
    pub(crate) schemas: HashMap<i64, Arc<ProcessSchema>>,
}

/// What is to be done after the commit.
#[derive(Default)]
pub(crate) struct FollowUp {
    pub(crate) alarms: Vec<(i64, Alarm)>,
    /// Jobs for this process's own handlers.
    pub(crate) jobs: Vec<LeasedJob>,
    /// Types of which outside workers may find a new job.
    pub(crate) job_types: std::collections::BTreeSet<Arc<str>>,
    /// Some job of an unknown type can be taken again.
    pub(crate) is_any_job_reopened: bool,
    pub(crate) changes: std::collections::BTreeSet<Change>,
    /// Turns done.
    pub(crate) turns: u64,
}

/// What a batch gives back: not valid before the commit.
pub(crate) struct Finished {
    pub(crate) answers: Vec<Result<Receipt, Refusal>>,
    pub(crate) live: BTreeMap<i64, Box<Hot>>,
    pub(crate) follow_up: FollowUp,
}

/// Something a turn left to do in the same transaction.
pub(crate) enum Pending {
    /// An effect of an instance.
    Effect(i64, Effect),
    /// A subscription was opened: a message that is kept may fit.
    Opened { instance_key: i64, subscription_key: i64, name: String, correlation_key: String },
    /// An instance that a message may have started has ended.
    Ended(i64),
}

/// Either an answer or a refusal; the outer error fails the whole batch.
pub(crate) type Answer<T> = Result<Result<T, Refusal>, StoreError>;

/// A turn as the journal keeps it.
pub(super) struct Turned<'a> {
    /// The instance.
    pub(super) key: i64,
    /// Milliseconds UTC.
    pub(super) at: i64,
    /// Who caused it.
    pub(super) actor: &'a str,
    /// What caused it, as in the audit.
    pub(super) cause: &'a str,
    pub(super) events: &'a [Event],
}

/// Rows of turns for one process's journal.
type TurnRows = (Arc<ProcessSchema>, Vec<Vec<Value>>);

/// A batch at work.
pub(crate) struct Batch<'a> {
    pub(crate) sql: &'a mut dyn Sql,
    pub(crate) around: &'a Surroundings,
    pub(crate) kept: &'a mut Kept,
    pub(crate) now: Timestamp,
    pub(crate) rows: WorkRows,
    pub(crate) follow_up: FollowUp,
    pub(crate) pending: VecDeque<Pending>,
    /// How many instances signals may still reach by the request at hand.
    pub(crate) deliveries_left: usize,
    pub(super) live: BTreeMap<i64, Box<Hot>>,
    turns: BTreeMap<Arc<str>, TurnRows>,
    pub(super) trail: Vec<AuditEvent>,
    targets: Targets,
    /// Latest versions that were looked up: within a transaction they stay what they are.
    latest: HashMap<String, Arc<Deployed>>,
    /// Decisions that were looked up, by id, binding and the deployment that is meant.
    pub(crate) decisions: HashMap<(String, Binding, i64), Option<DeployedDecision>>,
    /// Instances whose rows are known to be locked, or to have been absent from the cache.
    locked: HashSet<i64>,
}

/// Carries out all requests.
///
/// # Errors
/// What fails the whole batch: the database, or data that can't be read.
pub(crate) fn run(
    sql: &mut dyn Sql,
    around: &Surroundings,
    kept: &mut Kept,
    now: Timestamp,
    requests: &[Request],
) -> Result<Finished, StoreError> {
    let targets = Targets::find(sql, requests.iter().map(|request| &request.work))?;
    let locked: HashSet<i64> = targets.instance_keys().collect();
    snapshots::lock(sql, &mut kept.hot, locked.iter().copied())?;
    let mut batch = Batch {
        sql,
        around,
        kept,
        now,
        rows: WorkRows::default(),
        follow_up: FollowUp::default(),
        pending: VecDeque::new(),
        deliveries_left: DELIVERIES_MAX,
        live: BTreeMap::new(),
        turns: BTreeMap::new(),
        trail: Vec::new(),
        targets,
        latest: HashMap::new(),
        decisions: HashMap::new(),
        locked,
    };
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        batch.deliveries_left = DELIVERIES_MAX;
        let answer = batch.carry_out(request)?;
        batch.work_off_pending()?;
        answers.push(answer);
    }
    batch.flush()?;
    batch.follow_up.changes.append(&mut batch.rows.changes);
    Ok(Finished { answers, live: batch.live, follow_up: batch.follow_up })
}

impl Batch<'_> {
    pub(crate) fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    /// Carries out a request, or gives the receipt of the first time when it was sent before.
    fn carry_out(&mut self, request: &Request) -> Answer<Receipt> {
        let Some(once) = request.origin.once.filter(|_| request.work.is_done_once()) else {
            return self.carry_out_now(request);
        };
        if let Some(receipt) = repeats::find(self.sql, &once)? {
            return Ok(Ok(receipt));
        }
        let answer = self.carry_out_now(request)?;
        if let Ok(receipt) = &answer {
            let now_ms = self.now_ms();
            repeats::insert(self.sql, &once, receipt, now_ms)?;
        }
        Ok(answer)
    }

    fn carry_out_now(&mut self, request: &Request) -> Answer<Receipt> {
        match &request.work {
            Work::Start(start) => {
                let Some(deployed) = self.find_definition(&start.process)? else {
                    return Ok(Err(no_process(&start.process)));
                };
                self.start_as(deployed, start, &request.origin)
            }
            Work::Command { target, command } => match self.resolve(*target)? {
                Ok(key) => self.turn(key, command, &request.origin),
                Err(refusal) => Ok(Err(refusal)),
            },
            Work::Rewind(wanted) => self.rewind(wanted, &request.origin),
            Work::Publish(message) => self.publish(message, &request.origin),
            Work::Broadcast(signal) => self.broadcast(signal, &request.origin),
            Work::EvaluateConditions(wanted) => self.evaluate_conditions(wanted, &request.origin),
            Work::GoOnWithSignal(key) => self.go_on_with_signal(*key),
            Work::LeaseJobs(wanted) => self.lease_jobs(wanted).map(Ok),
            Work::LeaseJob(job_key) => self.lease_own_job(*job_key).map(Ok),
            Work::ExtendLease { job_key, lease_token, until_ms } => {
                self.extend_lease(*job_key, *lease_token, *until_ms)
            }
            Work::FireSchedule(key) => self.fire_schedule(*key),
        }
    }

    fn resolve(&mut self, target: super::request::Target) -> Answer<i64> {
        if self.rows.is_pending(target) {
            self.flush()?;
            self.targets.refresh(self.sql, target)?;
        }
        Ok(self.targets.resolve(target))
    }

    pub(super) fn find_definition(
        &mut self,
        process: &ProcessReference,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        let definitions = &self.around.definitions;
        match process {
            ProcessReference::Latest(id) => self.find_latest(id),
            ProcessReference::Version(id, version) => {
                definitions.find_version(self.sql, id, *version)
            }
            ProcessReference::Key(key) => definitions.find(self.sql, *key),
        }
    }

    pub(super) fn find_latest(
        &mut self,
        process_id: &str,
    ) -> Result<Option<Arc<Deployed>>, StoreError> {
        if let Some(known) = self.latest.get(process_id) {
            return Ok(Some(Arc::clone(known)));
        }
        let found = self.around.definitions.find_latest(self.sql, process_id)?;
        if let Some(deployed) = &found {
            self.latest.insert(process_id.to_owned(), Arc::clone(deployed));
        }
        Ok(found)
    }

    /// Advances one instance by one command.
    pub(crate) fn turn(&mut self, key: i64, command: &Command, origin: &Origin) -> Answer<Receipt> {
        match self.take(key)? {
            Some(hot) => self.decide(key, hot, command, origin),
            None => Ok(Err(Refusal::NotFound { kind: "process instance", key })),
        }
    }

    pub(super) fn decide(
        &mut self,
        key: i64,
        mut hot: Box<Hot>,
        command: &Command,
        origin: &Origin,
    ) -> Answer<Receipt> {
        let change = trail::describe(command, &hot);
        let deployed = Arc::clone(&hot.deployed);
        let target = self.find_target(command)?;
        let graph = target.as_ref().map(|target| Arc::clone(&target.graph));
        match self.take_turn(&deployed, &mut hot.instance, (command, graph.as_ref()))? {
            Ok(outcome) => {
                if let Some(target) = target {
                    standing::change_version(&mut hot, target);
                }
                let cause = change.action;
                let audit_key = self.next_key();
                self.trail.push(change.at(audit_key, self.now_ms(), origin));
                self.record(key, hot, outcome, cause, origin)
            }
            Err(rejection) => {
                if !hot.is_new || hot.turn > 0 {
                    self.live.insert(key, hot);
                }
                Ok(Err(rejection.into()))
            }
        }
    }

    fn record(
        &mut self,
        key: i64,
        mut hot: Box<Hot>,
        outcome: Outcome,
        cause: &str,
        origin: &Origin,
    ) -> Answer<Receipt> {
        for event in &outcome.events {
            let lease = self.lease_for(event);
            self.note(key, &mut hot, event, lease);
        }
        let (at, actor) = (self.now_ms(), &*origin.actor.id);
        self.journalise(&mut hot, &Turned { key, at, actor, cause, events: &outcome.events })?;
        if !hot.is_open() {
            hot.ended_at = Some(self.now_ms());
            if hot.deployed.has_message_start() {
                self.pending.push_back(Pending::Ended(key));
            }
        }
        hot.is_dirty = true;
        let receipt = receipt(key, &hot);
        self.live.insert(key, hot);
        self.follow_up.changes.insert(Change::Instance(key));
        self.follow_up.turns += 1;
        if outcome.events.iter().any(standing::is_of_whole) {
            self.flush()?;
            for event in &outcome.events {
                self.follow_whole(key, event)?;
            }
        }
        let effects = outcome.effects.into_iter().map(|effect| Pending::Effect(key, effect));
        self.pending.extend(effects);
        Ok(Ok(Receipt::Instance(receipt)))
    }

    /// Adds a turn to the journal of its instance.
    pub(super) fn journalise(
        &mut self,
        hot: &mut Hot,
        turn: &Turned<'_>,
    ) -> Result<(), StoreError> {
        let events = engine::encode(turn.events);
        let schema = self.schema_of(&hot.deployed)?;
        hot.count_turn(events.len());
        let row = vec![
            turn.key.into(),
            hot.turn.into(),
            turn.at.into(),
            turn.actor.into(),
            turn.cause.into(),
            events.into(),
        ];
        let turns = self.turns.entry(hot.deployed.schema_name.clone());
        turns.or_insert_with(|| (schema, Vec::new())).1.push(row);
        Ok(())
    }

    /// What one event means outside the instance. `lease` is for a job that begins in the hands of
    /// this process.
    pub(super) fn note(&mut self, key: i64, hot: &mut Hot, event: &Event, lease: Option<Lease>) {
        let facts = Facts {
            instance_key: key,
            process_id: &hot.deployed.process_id,
            definition_key: hot.deployed.key,
            version: hot.deployed.version,
            now_ms: self.now.as_millisecond(),
        };
        self.rows.note(&facts, event, lease.as_ref());
        match event {
            Event::VariableSet { scope_key, .. } if *scope_key == key => {
                hot.has_new_variables = true;
            }
            Event::JobCreated(job) => match lease {
                Some(lease) => {
                    self.follow_up.alarms.push((lease.until_ms, Alarm::Job(job.key)));
                    let leased = super::jobs::leased(key, hot, job, &lease);
                    self.follow_up.jobs.push(leased);
                }
                None => {
                    self.follow_up.job_types.insert(job.job_type.clone());
                }
            },
            Event::JobFailed { key: job_key, retries, backoff_until, .. } if *retries > 0 => {
                let due_at = backoff_until.unwrap_or(facts.now_ms);
                self.follow_up.alarms.push((due_at, Alarm::Job(*job_key)));
                self.follow_up.is_any_job_reopened = true;
            }
            Event::JobReopened { key: job_key } => {
                self.follow_up.alarms.push((facts.now_ms, Alarm::Job(*job_key)));
                self.follow_up.is_any_job_reopened = true;
            }
            Event::TimerScheduled(timer) => {
                let alarm = Alarm::Timer { instance_key: key, timer_key: timer.key };
                self.follow_up.alarms.push((timer.due_at, alarm));
            }
            Event::SubscriptionOpened(opened) => self.pending.push_back(Pending::Opened {
                instance_key: key,
                subscription_key: opened.key,
                name: opened.message_name.clone(),
                correlation_key: opened.correlation_key.clone(),
            }),
            Event::IncidentRaised(incident) => {
                let audit_key = self.next_key();
                let change = trail::describe_incident(key, hot, incident);
                self.trail.push(change.at(audit_key, self.now_ms(), &Origin::engine()));
            }
            _ => {}
        }
    }

    /// A job of this process's own handlers is born leased, so that no poll is needed.
    fn lease_for(&mut self, event: &Event) -> Option<Lease> {
        let Event::JobCreated(job) = event else { return None };
        self.around.handlers.has(&job.job_type).then(|| self.own_lease())
    }

    pub(crate) fn own_lease(&mut self) -> Lease {
        Lease {
            worker: (&*self.around.worker).into(),
            token: self.next_key(),
            until_ms: self.now_ms() + self.around.lease_ms,
        }
    }

    pub(crate) fn next_key(&self) -> i64 {
        self.around.keys.next(self.now_ms())
    }

    /// The instance out of this batch, the cache or the database.
    pub(crate) fn take(&mut self, key: i64) -> Result<Option<Box<Hot>>, StoreError> {
        if let Some(hot) = self.live.remove(&key) {
            return Ok(Some(hot));
        }
        if self.locked.insert(key) {
            snapshots::lock(self.sql, &mut self.kept.hot, std::iter::once(key))?;
        }
        if let Some(hot) = self.kept.hot.remove(&key) {
            return Ok(Some(hot));
        }
        let found = snapshots::find_locked(self.sql, &self.around.definitions, key)?;
        Ok(found.map(Box::new))
    }

    /// Gives back an instance that was only looked at.
    pub(crate) fn put_back(&mut self, key: i64, hot: Box<Hot>) {
        self.live.insert(key, hot);
    }

    fn schema_of(&mut self, deployed: &Deployed) -> Result<Arc<ProcessSchema>, StoreError> {
        if let Some(schema) = self.kept.schemas.get(&deployed.key) {
            return Ok(Arc::clone(schema));
        }
        let now_ms = self.now_ms();
        let schema = process_schema::ensure(self.sql, deployed, now_ms)?;
        self.kept.schemas.insert(deployed.key, Arc::clone(&schema));
        Ok(schema)
    }

    /// Effects on other instances, and messages that are waiting: all in this transaction.
    fn work_off_pending(&mut self) -> Result<(), StoreError> {
        while let Some(pending) = self.pending.pop_front() {
            match pending {
                Pending::Effect(key, effect) => self.take_effect(key, effect)?,
                Pending::Opened { instance_key, subscription_key, name, correlation_key } => {
                    self.find_message(instance_key, subscription_key, &name, &correlation_key)?;
                }
                Pending::Ended(key) => self.start_next_by_message(key)?,
            }
        }
        Ok(())
    }

    fn take_effect(&mut self, key: i64, effect: Effect) -> Result<(), StoreError> {
        let (target, command) = match effect {
            Effect::StartCalledInstance {
                process_id,
                binding,
                element_instance_key,
                child_key,
                variables,
            } => {
                let parent = Parent { instance_key: key, element_instance_key };
                return self.call(parent, child_key, (&process_id, &binding), variables);
            }
            Effect::BroadcastSignal { signal_key, signal_name, variables } => {
                return self.broadcast_thrown(signal_key, signal_name, variables);
            }
            Effect::CancelCalledInstance { child_key } => (child_key, Command::Cancel),
            Effect::SuspendCalledInstance { child_key } => (child_key, Command::Suspend),
            Effect::ResumeCalledInstance { child_key } => (child_key, Command::Resume),
            Effect::EscalateToParent { parent, code } => {
                (parent.instance_key, escalated(parent, key, code))
            }
            Effect::NotifyParent { parent, result } => {
                (parent.instance_key, told(parent, key, result))
            }
        };
        // A caller that no longer waits, or a child that has ended, refuses: nothing is left to do.
        self.turn(target, &command, &Origin::engine()).map(|_| ())
    }

    /// Writes everything gathered so far, so that queries of this batch see it.
    pub(crate) fn flush(&mut self) -> Result<(), StoreError> {
        self.rows.flush(self.sql)?;
        for (schema, rows) in std::mem::take(&mut self.turns).into_values() {
            write_each(self.sql, &schema.insert_turn, &rows)?;
        }
        let dirty: Vec<&mut Box<Hot>> = self.live.values_mut().filter(|hot| hot.is_dirty).collect();
        snapshots::write(self.sql, &self.kept.schemas, dirty)?;
        audit::record_all(self.sql, &std::mem::take(&mut self.trail))
    }
}

fn receipt(key: i64, hot: &Hot) -> InstanceReceipt {
    InstanceReceipt {
        key,
        process_id: hot.deployed.process_id.clone(),
        definition_key: hot.deployed.key,
        version: hot.deployed.version,
        state: hot.instance.state,
    }
}
