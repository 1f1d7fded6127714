//! One instance of a world, with what its open work is about and since when it is open.
//!
//! Must not know other instances.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::core::engine::{Event, JobCreated, ProcessInstance, UserTaskCreated};
use crate::core::model::ProcessDefinition;

/// An instance at work, or one that has ended.
#[derive(Debug)]
pub struct Running {
    /// The process it runs.
    pub definition: Arc<ProcessDefinition>,
    /// Its state.
    pub instance: ProcessInstance,
    /// Every job that was ever created, with its facts.
    pub jobs: BTreeMap<i64, OpenJob>,
    /// Every user task that was ever created, with its facts and when, in milliseconds UTC.
    pub tasks: BTreeMap<i64, (UserTaskCreated, i64)>,
    /// Since when messages and signals are waited for, in milliseconds UTC.
    pub waiting_since: BTreeMap<i64, i64>,
    /// How many callers there are above it.
    pub(super) depth: usize,
}

/// A job with its facts.
#[derive(Debug)]
pub struct OpenJob {
    /// What it is about.
    pub facts: JobCreated,
    /// Not before, in milliseconds UTC.
    pub due_at: i64,
}

impl Running {
    pub(super) fn new(definition: Arc<ProcessDefinition>, depth: usize) -> Self {
        Self {
            definition,
            instance: ProcessInstance::empty(),
            jobs: BTreeMap::new(),
            tasks: BTreeMap::new(),
            waiting_since: BTreeMap::new(),
            depth,
        }
    }

    /// Keeps what an event says of open work.
    pub(super) fn follow(&mut self, event: &Event, now_ms: i64) {
        match event {
            Event::JobCreated(facts) => {
                let job = OpenJob { facts: (**facts).clone(), due_at: now_ms };
                self.jobs.insert(facts.key, job);
            }
            Event::JobFailed { key, backoff_until, .. } => {
                if let Some(job) = self.jobs.get_mut(key) {
                    job.due_at = backoff_until.unwrap_or(now_ms);
                }
            }
            Event::JobReopened { key } => {
                if let Some(job) = self.jobs.get_mut(key) {
                    job.due_at = now_ms;
                }
            }
            Event::UserTaskCreated(facts) => {
                self.tasks.insert(facts.key, ((**facts).clone(), now_ms));
            }
            Event::SubscriptionOpened(facts) => {
                self.waiting_since.insert(facts.key, now_ms);
            }
            Event::SignalSubscribed(facts) => {
                self.waiting_since.insert(facts.key, now_ms);
            }
            _ => {}
        }
    }
}
