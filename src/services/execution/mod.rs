//! The shell around the engine: how turns become durable, and what wakes an instance.
//!
//! Requests go into a bounded queue; the turn loop carries out what waits as one batch in one
//! transaction; timers, retries and leases come back as requests when they are due. Must not know
//! people, pages or what a job does.
//!
//! **Invariant:** recovery is the normal start: what a crash interrupted is found in the tables and
//! goes on, and nothing that was acknowledged is lost or done twice.

mod alarms;
mod batch;
mod calling;
mod changes;
mod deciding;
mod decisions;
mod definitions;
mod dispatcher;
mod jobs;
mod messages;
mod process_schema;
mod projection;
mod reading;
mod repeats;
mod request;
mod rewinding;
mod rows;
mod schedules;
mod signals;
mod snapshots;
mod standing;
mod starting;
mod starts;
mod targets;
mod trail;
mod trying;
mod turn_loop;
mod upkeep;
mod workers;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use alarms::Alarms;
use batch::{FollowUp, Surroundings};
use turn_loop::{TurnLoop, Waiting};
use workers::{WaitingRoom, Workers};

pub use changes::{Change, Changes, Notice};
pub use decisions::DeployedDecisions;
pub use definitions::{Definitions, Deployed};
pub use dispatcher::{Handlers, JobFuture, JobHandler, JobOutcome, LeasedJob};
pub use process_schema::indexed_expression;
pub use reading::{TurnRecord, find_instance, list_turns, list_turns_until};
pub use request::{
    After, BroadcastSignal, EvaluateConditions, InstanceReceipt, LeaseJobs, ProcessReference,
    PublishMessage, Receipt, Refusal, Request, RewindInstance, StartInstance, Target, Work,
};
pub use schedules::{StartProblem, Starts, plan_starts, put_starts};
pub use trying::try_command;
pub use workers::{Backoff, LONG_POLL_MAX};

use crate::platform::clock::{Clock, KeyGenerator};
use crate::platform::store::{Database, StoreError};
use crate::services::audit::Origin;

/// This program's name as a worker; one program at a time works on a domain.
const WORKER: &str = "flowstead";

/// Limits of the turn loop; `config.example.toml` has the reasons.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Requests that share a commit.
    pub batch_size: usize,
    /// Requests that may wait; more are refused with [`Refusal::Busy`].
    pub queue_length: usize,
    /// Instances kept in memory between their turns.
    pub hot_instances: usize,
    /// How long this process's own handlers own a job, in milliseconds.
    pub lease_ms: i64,
    /// How failed attempts are spaced.
    pub backoff: Backoff,
    /// Where local times and calendar days are.
    pub zone: TimeZone,
}

/// What the turn loop stands on.
#[derive(Clone)]
pub struct Foundation {
    /// The domain's database, migrated.
    pub database: Database,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Keys.
    pub keys: Arc<KeyGenerator>,
    /// Handlers of jobs that run in this process.
    pub handlers: Handlers,
}

/// The running engine of a domain; cheap to clone.
#[derive(Clone)]
pub struct Execution {
    shared: Arc<Shared>,
}

struct Shared {
    foundation: Foundation,
    queue: Mutex<Option<mpsc::Sender<Waiting>>>,
    definitions: Definitions,
    decisions: DeployedDecisions,
    zone: TimeZone,
    alarms: Alarms,
    workers: Workers,
    waiting_room: WaitingRoom,
    changes: Changes,
    stop: CancellationToken,
    thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    turns: AtomicU64,
}

impl Execution {
    /// Starts the turn loop and takes up what an earlier run left. Needs a Tokio runtime.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn start(foundation: Foundation, settings: Settings) -> Result<Self, StoreError> {
        upkeep::migrate_processes(&foundation).await?;
        let (sender, receiver) = mpsc::channel(settings.queue_length);
        let (definitions, decisions) = (Definitions::default(), DeployedDecisions::default());
        let around = Arc::new(Surroundings {
            keys: Arc::clone(&foundation.keys),
            definitions: definitions.clone(),
            decisions: decisions.clone(),
            handlers: foundation.handlers.clone(),
            zone: settings.zone.clone(),
            lease_ms: settings.lease_ms,
            worker: WORKER.into(),
        });
        let shared = Arc::new(Shared {
            workers: Workers::new(foundation.handlers.clone(), settings.backoff),
            foundation,
            queue: Mutex::new(Some(sender)),
            definitions,
            decisions,
            zone: settings.zone.clone(),
            alarms: Alarms::default(),
            waiting_room: WaitingRoom::default(),
            changes: Changes::default(),
            stop: CancellationToken::new(),
            thread: Mutex::new(None),
            turns: AtomicU64::new(0),
        });
        let execution = Self { shared };
        execution.spawn_turn_loop(around, &settings, receiver);
        upkeep::recover(&execution, WORKER).await?;
        tokio::spawn(upkeep::watch_alarms(execution.clone()));
        Ok(execution)
    }

    fn spawn_turn_loop(
        &self,
        around: Arc<Surroundings>,
        settings: &Settings,
        receiver: mpsc::Receiver<Waiting>,
    ) {
        // Weak, so that the loop's own thread does not keep the execution alive.
        let shared = Arc::downgrade(&self.shared);
        let runtime = Handle::current();
        let after_commit = move |follow_up| {
            if let Some(shared) = shared.upgrade() {
                Self { shared }.follow_up(&runtime, follow_up);
            }
        };
        let turn_loop = TurnLoop {
            database: self.shared.foundation.database.clone(),
            clock: Arc::clone(&self.shared.foundation.clock),
            around,
            hot_instances: settings.hot_instances,
            batch_size: settings.batch_size,
            after_commit: Box::new(after_commit),
        };
        let thread = std::thread::Builder::new()
            .name("turn loop".to_owned())
            .spawn(move || turn_loop.run(receiver))
            .expect("the system can start a thread");
        *self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Carries out a request; the answer comes after its commit.
    ///
    /// # Errors
    /// Why nothing was done; [`Refusal::Busy`] at once when too much is waiting.
    pub async fn submit(&self, work: Work, origin: Origin) -> Result<Receipt, Refusal> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue().ok_or(Refusal::Stopping)?;
        let waiting = Waiting { request: Request { work, origin }, answer };
        queue.try_send(waiting).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Refusal::Busy,
            mpsc::error::TrySendError::Closed(_) => Refusal::Stopping,
        })?;
        drop(queue);
        answered.await.unwrap_or(Err(Refusal::Stopping))
    }

    /// As [`Execution::submit`] for what this program owes itself: waits for a place in the queue.
    pub(crate) async fn submit_own(&self, work: Work) -> Result<Receipt, Refusal> {
        let (answer, answered) = oneshot::channel();
        let queue = self.queue().ok_or(Refusal::Stopping)?;
        let waiting = Waiting { request: Request { work, origin: Origin::engine() }, answer };
        queue.send(waiting).await.map_err(|_| Refusal::Stopping)?;
        drop(queue);
        answered.await.unwrap_or(Err(Refusal::Stopping))
    }

    fn queue(&self) -> Option<mpsc::Sender<Waiting>> {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Leases jobs to an outside worker, waiting for some up to a time.
    ///
    /// # Errors
    /// As for [`Execution::submit`].
    pub async fn lease_jobs(
        &self,
        wanted: LeaseJobs,
        wait: Duration,
        origin: Origin,
    ) -> Result<Vec<LeasedJob>, Refusal> {
        let deadline = tokio::time::Instant::now() + wait.min(LONG_POLL_MAX);
        loop {
            let called = self.shared.waiting_room.enter(&wanted.job_types);
            let receipt = self.submit(Work::LeaseJobs(wanted.clone()), origin.clone()).await?;
            if let Receipt::Jobs(jobs) = receipt
                && !jobs.is_empty()
            {
                return Ok(jobs);
            }
            let until = self.next_look(&wanted.job_types, deadline).await?;
            if tokio::time::Instant::now() >= deadline {
                return Ok(Vec::new());
            }
            tokio::select! {
                () = called.any() => {}
                () = tokio::time::sleep_until(until) => {}
                () = self.shared.stop.cancelled() => return Ok(Vec::new()),
            }
        }
    }

    /// When a job of these types comes back by itself, at the latest the deadline.
    async fn next_look(
        &self,
        job_types: &[String],
        deadline: tokio::time::Instant,
    ) -> Result<tokio::time::Instant, Refusal> {
        let job_types = job_types.to_owned();
        let read =
            move |sql: &mut dyn crate::platform::store::Sql| reading::next_due_job(sql, job_types);
        let due_at = self.shared.foundation.database.read(read).await?;
        let wait_ms = due_at.map(|due_at| due_at - self.shared.foundation.clock.now_ms());
        let wait = wait_ms.map(|ms| Duration::from_millis(u64::try_from(ms.max(1)).unwrap_or(1)));
        Ok(wait.map_or(deadline, |wait| deadline.min(tokio::time::Instant::now() + wait)))
    }

    /// Everything that may happen once a batch is committed.
    fn follow_up(&self, runtime: &Handle, follow_up: FollowUp) {
        self.shared.turns.fetch_add(follow_up.turns, Ordering::Relaxed);
        self.shared.alarms.add(follow_up.alarms);
        if follow_up.is_any_job_reopened {
            self.shared.waiting_room.call(None);
        } else if !follow_up.job_types.is_empty() {
            self.shared.waiting_room.call(Some(&follow_up.job_types));
        }
        for job in follow_up.jobs {
            runtime.spawn(self.clone().run_job(job));
        }
        self.shared.changes.publish(follow_up.changes);
    }

    async fn run_job(self, job: LeasedJob) {
        let (key, lease_token) = (job.key, Some(job.lease_token));
        let lease_until = job.lease_until;
        let clock = &*self.shared.foundation.clock;
        let Some(command) = self.shared.workers.attempt(job, clock).await else { return };
        let target = Target::Job { key, lease_token };
        let report = self.submit_own(Work::Command { target, command }).await;
        match report {
            // The instance ended meanwhile, the lease ended, or the program stops: the row decides.
            Ok(_) | Err(Refusal::Stopping | Refusal::NotFound { .. } | Refusal::LeaseEnded(_)) => {
                self.shared.alarms.remove(lease_until, alarms::Alarm::Job(key));
            }
            Err(refusal) => tracing::warn!(job = key, %refusal, "an attempt could not be reported"),
        }
    }

    /// Notices of what commits changed.
    #[must_use]
    pub fn changes(&self) -> &Changes {
        &self.shared.changes
    }

    /// Definitions by key.
    #[must_use]
    pub fn definitions(&self) -> &Definitions {
        &self.shared.definitions
    }

    /// Decisions by id and binding.
    #[must_use]
    pub fn decisions(&self) -> &DeployedDecisions {
        &self.shared.decisions
    }

    /// Where local times and calendar days are.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.shared.zone
    }

    /// The domain's database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.shared.foundation.database
    }

    /// The time and the keys it works with.
    #[must_use]
    pub fn foundation(&self) -> &Foundation {
        &self.shared.foundation
    }

    /// How failed attempts are spaced.
    #[must_use]
    pub fn backoff(&self) -> Backoff {
        self.shared.workers.backoff
    }

    /// Turns done since the start.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::Relaxed)
    }

    /// Requests that wait for their batch.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.queue().map_or(0, |queue| queue.max_capacity() - queue.capacity())
    }

    /// Tells the turn loop of timer start events that a deployment set.
    pub fn schedules_changed(&self, due: impl IntoIterator<Item = (i64, i64)>) {
        let due = due.into_iter().map(|(due_at, key)| (due_at, alarms::Alarm::Schedule(key)));
        self.shared.alarms.add(due);
        self.shared.changes.publish(BTreeSet::from([Change::Schedules, Change::Processes]));
    }

    /// Sends waiting workers home with what there is, which is nothing; the server is stopping.
    pub fn release_waiting(&self) {
        self.shared.stop.cancel();
    }

    /// Takes no more requests, carries out the accepted ones, and ends. Holds the calling thread.
    pub fn stop(&self) {
        self.shared.stop.cancel();
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A loop that panicked has already been logged; there is nothing left to wait for.
            let _ = thread.join();
        }
    }
}
