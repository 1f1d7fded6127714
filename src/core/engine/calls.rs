//! What a called instance's end, or its escalation, becomes for its caller.
//!
//! Must not know how the caller is reached.

use super::command::Command;
use super::effect::CallResult;
use super::instance::Parent;

/// The command that tells a caller how its child ended.
#[must_use]
pub fn told(parent: Parent, child_key: i64, result: CallResult) -> Command {
    let element_instance_key = parent.element_instance_key;
    match result {
        CallResult::Completed { variables } => {
            Command::CompleteCalledInstance { element_instance_key, child_key, variables }
        }
        CallResult::Failed { code, message, variables } => Command::FailCalledInstance {
            element_instance_key,
            child_key,
            code,
            message,
            variables,
        },
        CallResult::Terminated => {
            Command::CalledInstanceTerminated { element_instance_key, child_key }
        }
    }
}

/// The command that hands a caller the escalation of its child.
#[must_use]
pub fn escalated(parent: Parent, child_key: i64, code: String) -> Command {
    let element_instance_key = parent.element_instance_key;
    Command::EscalateCalledInstance { element_instance_key, child_key, code }
}
