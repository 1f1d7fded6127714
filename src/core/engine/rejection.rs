//! Why a command was refused.
//!
//! Must not know how refusals are shown.
//!
//! **Invariant:** a rejection means that the instance is exactly what it was.

use super::instance::{InstanceState, JobState};

/// A command that does not fit the state of the instance.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The instance exists already.
    #[error("expected a new process instance, but {key} exists")]
    AlreadyCreated {
        /// The existing instance.
        key: i64,
    },
    /// The definition given is not the one of the instance.
    #[error("expected the definition of process '{expected}', but got '{found}'")]
    WrongDefinition {
        /// The process the command or the instance names.
        expected: String,
        /// The process of the definition given.
        found: String,
    },
    /// There is no start event as asked for.
    #[error("expected a start event {wanted} in process '{process_id}'")]
    NoStartEvent {
        /// The process.
        process_id: String,
        /// Which start event was meant.
        wanted: String,
    },
    /// The instance has ended or never began.
    #[error("expected an active process instance, but {key} is {state}")]
    NotActive {
        /// The instance.
        key: i64,
        /// What it is.
        state: InstanceState,
    },
    /// What the command names is not in the instance.
    #[error("expected {target} {key} in the process instance, but there is none")]
    NotFound {
        /// What was looked for.
        target: Target,
        /// Its key.
        key: i64,
    },
    /// The job rests because of an incident.
    #[error("expected job {key} to be available, but it is {state}")]
    JobNotAvailable {
        /// The job.
        key: i64,
        /// What it is.
        state: JobState,
    },
    /// A job can't go on without attempts.
    #[error("expected at least 1 retry for job {key}, but got {retries}")]
    NoRetries {
        /// The job.
        key: i64,
        /// The number given or left.
        retries: i32,
    },
    /// The user task's listeners are at work.
    #[error("expected user task {key} to be at rest, but it is {transition}")]
    UserTaskBusy {
        /// The user task.
        key: i64,
        /// What it is about to become, as in `completing`.
        transition: &'static str,
    },
    /// What a worker says does not fit the kind of the job.
    #[error("expected {expected} for job {key}")]
    ResultNotFitting {
        /// The job.
        key: i64,
        /// What was expected.
        expected: &'static str,
    },
    /// A user task's priority is out of range.
    #[error("expected a priority from 0 to 100, but got {priority}")]
    PriorityOutOfRange {
        /// The number given.
        priority: i32,
    },
    /// Only a multi-instance at work can get more inner instances.
    #[error("expected a multi-instance at work and at most {items_max} items in all")]
    CannotAddInstances {
        /// How many items a multi-instance may have.
        items_max: u32,
    },
    /// Only in an ad-hoc sub-process at work elements can be begun.
    #[error("expected an ad-hoc sub-process at work, but {key} is none")]
    NotAdHoc {
        /// The element instance.
        key: i64,
    },
    /// The element is not in the ad-hoc sub-process, or a sequence flow leads to it.
    #[error("expected an element inside that no sequence flow leads to, but got '{element_id}'")]
    CannotBegin {
        /// The element named.
        element_id: String,
    },
    /// The element instance does not wait for this called instance.
    #[error("expected call activity {element_instance_key} to wait for instance {child_key}")]
    NotCalled {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
    },
}

/// What a command can name inside an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A job.
    Job,
    /// A user task.
    UserTask,
    /// A timer.
    Timer,
    /// A message subscription.
    Subscription,
    /// A subscription of a signal.
    SignalSubscription,
    /// An incident.
    Incident,
    /// An element instance.
    ElementInstance,
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Job => "job",
            Self::UserTask => "user task",
            Self::Timer => "timer",
            Self::Subscription => "message subscription",
            Self::SignalSubscription => "signal subscription",
            Self::Incident => "incident",
            Self::ElementInstance => "element instance",
        })
    }
}
