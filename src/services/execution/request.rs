//! What can be asked of the turn loop, and what comes back.
//!
//! Must not know how it is done.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dispatcher::LeasedJob;
use crate::core::engine::{Command, InstanceState, Rejection, VariableMap};
use crate::platform::store::StoreError;
use crate::services::audit::Origin;

/// One request: it is carried out whole, in one transaction, or refused whole.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is to be done.
    pub work: Work,
    /// Who asks; written into the audit.
    pub origin: Origin,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Work {
    /// Start an instance.
    Start(StartInstance),
    /// Advance an instance.
    Command {
        /// Which instance, named by itself or by something in it.
        target: Target,
        /// What it is to do.
        command: Command,
    },
    /// Go on with a copy of an instance from one of its turns.
    Rewind(RewindInstance),
    /// Publish a message.
    Publish(PublishMessage),
    /// Broadcast a signal.
    Broadcast(BroadcastSignal),
    /// Start what the conditions of start events ask for.
    EvaluateConditions(EvaluateConditions),
    /// Go on with a signal that one transaction could not bring to everybody.
    GoOnWithSignal(i64),
    /// Hand jobs to a worker.
    LeaseJobs(LeaseJobs),
    /// Give a worker more time for a job.
    ExtendLease {
        /// The job.
        job_key: i64,
        /// The lease as it was given.
        lease_token: i64,
        /// The new end, in milliseconds UTC.
        until_ms: i64,
    },
    /// Hand a job to this process's own handler, if it is free and due.
    LeaseJob(i64),
    /// A timer start event is due.
    FireSchedule(i64),
}

impl Work {
    /// Whether doing it twice would be another thing than doing it once; jobs are leased anew.
    #[must_use]
    pub fn is_done_once(&self) -> bool {
        matches!(
            self,
            Self::Start(_)
                | Self::Command { .. }
                | Self::Rewind(_)
                | Self::Publish(_)
                | Self::Broadcast(_)
                | Self::EvaluateConditions(_)
        )
    }
}

/// Which version of which process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProcessReference {
    /// The latest version of a process id.
    Latest(String),
    /// One version of a process id.
    Version(String, i64),
    /// A definition's key.
    Key(i64),
}

/// A new instance, by its none start event unless it is made after another one.
#[derive(Debug, Clone)]
pub struct StartInstance {
    /// What to start.
    pub process: ProcessReference,
    /// Variables of the outermost scope.
    pub variables: VariableMap,
    /// The instance it is made after, if there is one.
    pub after: Option<After>,
}

/// An instance that another one is made after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The original.
    pub instance_key: i64,
    /// The start event that was triggered; `None` takes the none start event.
    pub start_element_id: Option<Arc<str>>,
}

/// An instance to go back to one of its turns; it is kept, and a copy goes on from there.
#[derive(Debug, Clone)]
pub struct RewindInstance {
    /// The instance, which may have ended.
    pub instance_key: i64,
    /// The last turn that the copy shares with it, from 1.
    pub turn: i64,
    /// New values, by the scope of the instance that holds them.
    pub variables: BTreeMap<i64, VariableMap>,
}

/// A message from outside.
#[derive(Debug, Clone)]
pub struct PublishMessage {
    /// Its name, as in the model.
    pub name: String,
    /// Compared with the correlation keys of those who wait; empty only starts processes.
    pub correlation_key: String,
    /// A message with the same name, correlation key and id is refused while this one is kept.
    pub message_id: Option<String>,
    /// How long it is kept for those who begin to wait later; 0 is not at all.
    pub time_to_live_ms: i64,
    /// Its content.
    pub variables: VariableMap,
}

/// A signal from outside.
#[derive(Debug, Clone)]
pub struct BroadcastSignal {
    /// Its name, as in the model.
    pub name: String,
    /// Its content.
    pub variables: VariableMap,
}

/// Variables that conditional start events are to be looked at with.
#[derive(Debug, Clone)]
pub struct EvaluateConditions {
    /// Only this process; all of them when `None`.
    pub process_id: Option<String>,
    /// What the conditions see, and the instances get.
    pub variables: VariableMap,
}

/// A worker asks for jobs.
#[derive(Debug, Clone)]
pub struct LeaseJobs {
    /// The types it can do; the first ones are preferred.
    pub job_types: Vec<String>,
    /// Its name, for people.
    pub worker: String,
    /// At most so many.
    pub limit: u32,
    /// When the leases end, in milliseconds UTC from now.
    pub lease_ms: i64,
    /// Only these variables; all visible ones when `None`.
    pub variable_names: Option<Vec<String>>,
}

/// How the instance of a command is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// By its key.
    Instance(i64),
    /// By one of its jobs.
    Job {
        /// The job.
        key: i64,
        /// The lease under which the work was done; `None` for a person's decision.
        lease_token: Option<i64>,
    },
    /// By one of its user tasks.
    UserTask {
        /// The user task.
        key: i64,
        /// The revision that was seen; `None` takes any.
        rev: Option<i64>,
    },
    /// By one of its incidents.
    Incident(i64),
}

/// What was done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipt {
    /// An instance was started or advanced.
    Instance(InstanceReceipt),
    /// A message was published.
    Message {
        /// The message.
        key: i64,
        /// Instances it reached or started.
        instance_keys: Vec<i64>,
    },
    /// A signal was broadcast.
    Signal {
        /// The signal.
        key: i64,
        /// Instances it reached or started in this transaction.
        instance_keys: Vec<i64>,
    },
    /// Instances were started.
    Instances(Vec<InstanceReceipt>),
    /// Jobs were leased; not kept for a request that comes again, as leases end.
    #[serde(skip)]
    Jobs(Vec<LeasedJob>),
    /// There was nothing to do.
    Nothing,
}

/// An instance after its turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceReceipt {
    /// The instance.
    pub key: i64,
    /// The process it runs.
    pub process_id: Arc<str>,
    /// The definition it runs.
    pub definition_key: i64,
    /// The definition's version.
    pub version: i64,
    /// Whether it goes on.
    pub state: InstanceState,
}

/// Why nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The command does not fit the instance.
    #[error("{0}")]
    Rejected(#[from] Rejection),
    /// There is no such thing.
    #[error("there is no {kind} {key}")]
    NotFound {
        /// What was looked for.
        kind: &'static str,
        /// Its key.
        key: i64,
    },
    /// There is no such process.
    #[error("there is no process {0}")]
    NoProcess(String),
    /// An instance can't be rewound to that turn.
    #[error("process instance {key} can't be rewound to turn {turn}: {reason}")]
    CannotRewind {
        /// The instance.
        key: i64,
        /// The turn that was asked for.
        turn: i64,
        /// What was expected.
        reason: String,
    },
    /// The lease ended and somebody else may do the job.
    #[error("the lease of job {0} has ended; what was done under it is not taken")]
    LeaseEnded(i64),
    /// Somebody else changed it first.
    #[error(
        "user task {key} was changed by somebody else: expected revision {expected}, it has {found}"
    )]
    Changed {
        /// The user task.
        key: i64,
        /// The revision the caller saw.
        expected: i64,
        /// The revision it has.
        found: i64,
    },
    /// The same message is kept already.
    #[error("a message with the id \"{0}\" was published already")]
    DuplicateMessage(String),
    /// Too much is waiting; try again later.
    #[error("too much work is waiting, try again in a moment")]
    Busy,
    /// The program is stopping.
    #[error("the server is stopping")]
    Stopping,
    /// A failure on our side; nothing was changed.
    #[error("the turn failed: {0}")]
    Failed(String),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => Self::Busy,
            other => Self::Failed(other.to_string()),
        }
    }
}

/// Says that a process that was named does not exist.
pub(crate) fn no_process(process: &ProcessReference) -> Refusal {
    match process {
        ProcessReference::Latest(id) => Refusal::NoProcess(format!("\"{id}\"")),
        ProcessReference::Version(id, version) => {
            Refusal::NoProcess(format!("\"{id}\" in version {version}"))
        }
        ProcessReference::Key(key) => Refusal::NotFound { kind: "process definition", key: *key },
    }
}
