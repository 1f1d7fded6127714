//! Listeners: jobs that an element's life waits for (Camunda 8: `zeebe:executionListeners` and
//! `zeebe:taskListeners`).
//!
//! Must not know how a listener's job lives once it exists.

use serde::{Deserialize, Serialize};

use super::task::JobDefinition;

/// Execution listeners of an element, worked off one after the other.
#[derive(Debug, Clone, Default)]
pub struct Listeners {
    /// After the inputs, before the element waits for anything or does its work.
    pub start: Vec<JobDefinition>,
    /// After the outputs, before a sequence flow is taken.
    pub end: Vec<JobDefinition>,
}

/// A listener of a user task.
#[derive(Debug, Clone)]
pub struct TaskListener {
    /// What it listens to.
    pub on: TaskListenerEvent,
    /// Its job.
    pub job: JobDefinition,
}

/// What a user task is about to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskListenerEvent {
    /// Created: nobody sees it before.
    Creating,
    /// Given to a person, or put back.
    Assigning,
    /// Changed in what surrounds it.
    Updating,
    /// Completed.
    Completing,
    /// Canceled with its element.
    Canceling,
}

impl TaskListenerEvent {
    /// All of them, in the order of a user task's life.
    pub const ALL: [Self; 5] =
        [Self::Creating, Self::Assigning, Self::Updating, Self::Completing, Self::Canceling];

    /// Camunda's name of it, as in `eventType="completing"`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Creating => "creating",
            Self::Assigning => "assigning",
            Self::Updating => "updating",
            Self::Completing => "completing",
            Self::Canceling => "canceling",
        }
    }

    /// Whether a listener may refuse it; what begins or ends with the element can't be refused.
    #[must_use]
    pub fn can_be_denied(self) -> bool {
        !matches!(self, Self::Creating | Self::Canceling)
    }
}
