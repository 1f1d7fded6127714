//! What a turn asks of other process instances.
//!
//! Must not know how effects travel: the shell turns each into a command for its target, in the
//! same transaction where it can.

use serde::{Deserialize, Serialize};

use super::instance::{Parent, VariableMap};
use crate::core::model::Binding;

/// A request to another process instance, to be carried out in the order given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Start a version of a process as a child. If that can't be done, the caller is to
    /// be told with [`super::Command::CalledInstanceRefused`].
    StartCalledInstance {
        /// The process to start.
        process_id: String,
        /// Which version of it.
        #[serde(default)]
        binding: Binding,
        /// The call activity that waits.
        element_instance_key: i64,
        /// Key the child must get.
        child_key: i64,
        /// Variables of the child's outermost scope.
        variables: VariableMap,
    },
    /// Cancel a child; the caller does not wait for it.
    CancelCalledInstance {
        /// The child.
        child_key: i64,
    },
    /// Let a child rest with its caller.
    SuspendCalledInstance {
        /// The child.
        child_key: i64,
    },
    /// Let a child go on with its caller.
    ResumeCalledInstance {
        /// The child.
        child_key: i64,
    },
    /// Hand an escalation that nothing in this instance catches to the calling instance: becomes
    /// [`super::Command::EscalateCalledInstance`]. This one goes on unless it is cancelled then.
    EscalateToParent {
        /// Who called.
        parent: Parent,
        /// The escalation's code.
        code: String,
    },
    /// Bring a signal to every instance that waits for it, this one too, and start every process
    /// that it starts; each becomes [`super::Command::CatchSignal`] or a new instance. Only who
    /// began to wait before the signal's key was made is meant.
    BroadcastSignal {
        /// The signal.
        signal_key: i64,
        /// Its name.
        signal_name: String,
        /// What it carries.
        variables: VariableMap,
    },
    /// Tell the calling instance how this one ended. A caller that no longer waits refuses it
    /// (`Rejection::NotFound` or `NotActive`), which is to be ignored.
    NotifyParent {
        /// Who called.
        parent: Parent,
        /// How it ended.
        result: CallResult,
    },
}

/// How a called instance ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallResult {
    /// All done: becomes [`super::Command::CompleteCalledInstance`].
    Completed {
        /// Variables of the outermost scope.
        variables: VariableMap,
    },
    /// An error nothing caught: becomes [`super::Command::FailCalledInstance`].
    Failed {
        /// The error's code.
        code: String,
        /// For people.
        message: String,
        /// What the error carries.
        variables: VariableMap,
    },
    /// Cancelled: becomes [`super::Command::CalledInstanceTerminated`].
    Terminated,
}
