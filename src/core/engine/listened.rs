//! The state of user tasks whose life waits for listeners.
//!
//! Must not know what the listeners are: those are the definition's.

use serde::{Deserialize, Serialize};

use super::command::{DateChange, TaskCorrections, UserTaskChanges};
use super::facts::UserTaskCreated;
use super::instance::{VariableMap, is_zero};
use crate::core::model::TaskListenerEvent;

/// A user task whose life waits for listeners.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListenedTask {
    /// What it is.
    pub facts: UserTaskCreated,
    /// What it is about to become.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transition: Option<TaskTransition>,
    /// How many of the transition's listeners are done.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub listeners_done: u32,
    /// What they corrected.
    #[serde(default, skip_serializing_if = "TaskCorrections::is_empty")]
    pub corrections: TaskCorrections,
    /// Why the last transition was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied_reason: Option<String>,
}

/// What a user task is about to become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskTransition {
    /// Created.
    Creating,
    /// Given to a person, or put back.
    Assigning {
        /// The person.
        assignee: Option<String>,
    },
    /// Changed in what surrounds it.
    Updating {
        /// Only what changes.
        changes: UserTaskChanges,
    },
    /// Completed.
    Completing {
        /// What was filled in.
        variables: VariableMap,
        /// Who did it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Canceled with its element.
    Canceling,
}

impl TaskTransition {
    /// What its listeners listen to.
    #[must_use]
    pub fn event(&self) -> TaskListenerEvent {
        match self {
            Self::Creating => TaskListenerEvent::Creating,
            Self::Assigning { .. } => TaskListenerEvent::Assigning,
            Self::Updating { .. } => TaskListenerEvent::Updating,
            Self::Completing { .. } => TaskListenerEvent::Completing,
            Self::Canceling => TaskListenerEvent::Canceling,
        }
    }
}

impl ListenedTask {
    pub(super) fn new(facts: UserTaskCreated) -> Self {
        Self {
            facts,
            transition: None,
            listeners_done: 0,
            corrections: TaskCorrections::default(),
            denied_reason: None,
        }
    }

    pub(super) fn update(&mut self, changes: &UserTaskChanges) {
        let facts = &mut self.facts;
        let date = |change: DateChange| match change {
            DateChange::Set(at) => Some(at),
            DateChange::Clear => None,
        };
        if let Some(groups) = &changes.candidate_groups {
            facts.candidate_groups.clone_from(groups);
        }
        if let Some(users) = &changes.candidate_users {
            facts.candidate_users.clone_from(users);
        }
        facts.due_at = changes.due_at.map_or(facts.due_at, date);
        facts.follow_up_at = changes.follow_up_at.map_or(facts.follow_up_at, date);
        facts.priority = changes.priority.unwrap_or(facts.priority);
    }
}
