//! Why a command was refused.
//!
//! Must not know how refusals are shown.
//!
//! **Invariant:** a rejection means that the instance is exactly what it was.

use super::instance::{InstanceState, JobState};
use super::migration::MigrationProblem;

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
    /// Only a suspended instance can be resumed.
    #[error("expected a suspended process instance, but {key} is {state}")]
    NotSuspended {
        /// The instance.
        key: i64,
        /// What it is.
        state: InstanceState,
    },
    /// Attempts were given to an incident that is about no job.
    #[error("expected an incident of a job for new retries, but incident {key} is about none")]
    NoJob {
        /// The incident.
        key: i64,
    },
    /// An instruction of a modification can't be carried out; none was.
    #[error("instruction {instruction}: {problem}")]
    CannotModify {
        /// Which one, from 1.
        instruction: usize,
        /// Why.
        problem: ModificationProblem,
    },
    /// A migration was asked for without the definition it leads to.
    #[error("expected the definition of the version to migrate to")]
    NoTarget,
    /// The instance can't go on in the other version as asked for.
    #[error("{}", first_of(.problems))]
    CannotMigrate {
        /// Every reason; never empty.
        problems: Vec<MigrationProblem>,
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

/// The first of some problems, and how many more there are.
fn first_of(problems: &[MigrationProblem]) -> String {
    let first = problems.first().map(ToString::to_string).unwrap_or_default();
    match problems.len() {
        0 | 1 => first,
        more => format!("{first}; and {} more", more - 1),
    }
}

/// Why an instruction of a modification can't be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModificationProblem {
    /// There are no instructions.
    #[error("expected at least one instruction")]
    Nothing,
    /// The process has no such element.
    #[error("expected an element of the process, but there is no '{element_id}'")]
    NoSuchElement {
        /// The id given.
        element_id: String,
    },
    /// Nothing open has this key.
    #[error("expected element instance {key} in the process instance, but there is none")]
    NoSuchInstance {
        /// The key given.
        key: i64,
    },
    /// The element has no open instance.
    #[error("expected an open instance of '{element_id}', but there is none")]
    NotOpen {
        /// The element.
        element_id: String,
    },
    /// The process instance as a whole is ended by cancelling it.
    #[error("expected an element inside the process; to end the whole instance, cancel it")]
    IsProcess,
    /// Elements of this kind are reached in another way only.
    #[error("expected an element that can be begun, but '{element_id}' is {what}")]
    CannotBegin {
        /// The element.
        element_id: String,
        /// What it is.
        what: &'static str,
    },
    /// More than one open scope could hold the element.
    #[error("expected one open instance of '{scope_id}', but there are several; name one of them")]
    SeveralScopes {
        /// The scope's element.
        scope_id: String,
    },
    /// An incident holds up the beginning of the process as a whole.
    #[error("expected the process to be at work, but an incident holds up its beginning")]
    NotBegun,
    /// The scope named is none at work that encloses the element.
    #[error("expected a scope at work around '{element_id}', but {key} is none")]
    NotAScope {
        /// The key given.
        key: i64,
        /// The element.
        element_id: String,
    },
    /// The scope named ends by the same modification.
    #[error("expected a scope that stays, but {key} ends by the same modification")]
    ScopeEnds {
        /// The key given.
        key: i64,
    },
    /// A multi-instance can't begin in its middle.
    #[error(
        "expected the multi-instance '{scope_id}' to be at work; begin the whole of it, or name \
         one of its inner instances"
    )]
    InsideMultiInstance {
        /// The multi-instance sub-process.
        scope_id: String,
    },
    /// Variables were given for something that does not enclose the element.
    #[error("expected '{element_id}' or a scope around it for its variables, but got '{scope_id}'")]
    NoSuchScope {
        /// The id given.
        scope_id: String,
        /// The element.
        element_id: String,
    },
    /// A called instance ends by its caller only, as in Camunda 8.
    #[error("nothing would be left; a called instance is ended by changing the calling one")]
    WouldEndCalled,
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
