//! What can be asked of one process instance.
//!
//! Must not know who asks, or how a command reaches the instance.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::changes::{Instruction, MigrateInstance, RepairIncident};
use super::copies::GoOnAsCopy;
use super::instance::{Parent, VariableMap};

/// A request to one process instance. It is refused whole or done whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Starts the instance; the only command an empty instance takes.
    CreateInstance(Box<CreateInstance>),
    /// The work of a job is done.
    CompleteJob {
        /// The job.
        job_key: i64,
        /// Results of the work.
        variables: VariableMap,
    },
    /// The work of a job is done, and says more than its results.
    CompleteJobWithResult {
        /// The job.
        job_key: i64,
        /// Results of the work.
        variables: VariableMap,
        /// What a job of its kind can say.
        result: Box<JobResult>,
    },
    /// An attempt at a job failed.
    FailJob {
        /// The job.
        job_key: i64,
        /// Attempts left; 0 or less raises an incident.
        retries: i32,
        /// Why it failed.
        message: String,
        /// Not to be tried again before, in milliseconds UTC.
        backoff_until: Option<i64>,
        /// Set in the scope of the job's element only.
        variables: VariableMap,
    },
    /// The work ended in a business error (BPMN 2.0, 10.5.5).
    ThrowJobError {
        /// The job.
        job_key: i64,
        /// Compared with the codes of the catching events.
        code: String,
        /// For people.
        message: String,
        /// Handed to the catching event.
        variables: VariableMap,
    },
    /// Gives a job new attempts, as a rule before its incident is resolved.
    UpdateJobRetries {
        /// The job.
        job_key: i64,
        /// At least 1.
        retries: i32,
    },
    /// A person has done a user task.
    CompleteUserTask {
        /// The user task.
        user_task_key: i64,
        /// What was filled in.
        variables: VariableMap,
        /// Who did it.
        by: Option<String>,
    },
    /// Gives a user task to a person, or to nobody.
    AssignUserTask {
        /// The user task.
        user_task_key: i64,
        /// The person; `None` puts the task back.
        assignee: Option<String>,
    },
    /// Changes what surrounds a user task.
    UpdateUserTask {
        /// The user task.
        user_task_key: i64,
        /// Only what is given changes.
        changes: UserTaskChanges,
    },
    /// A timer is due.
    FireTimer {
        /// The timer.
        timer_key: i64,
    },
    /// A message found a waiting subscription.
    CorrelateMessage {
        /// The subscription.
        subscription_key: i64,
        /// The message.
        message_key: i64,
        /// The message's content.
        variables: VariableMap,
    },
    /// A signal found a waiting subscription.
    CatchSignal {
        /// The subscription.
        subscription_key: i64,
        /// The signal.
        signal_key: i64,
        /// What it carries.
        variables: VariableMap,
    },
    /// Tries again the step that raised an incident.
    ResolveIncident {
        /// The incident.
        incident_key: i64,
    },
    /// Tries again the step that raised an incident, with changed variables or new attempts.
    RepairIncident(Box<RepairIncident>),
    /// Sets variables from outside.
    SetVariables {
        /// An element instance, or the process instance.
        scope_key: i64,
        /// Names and values.
        variables: VariableMap,
        /// Set exactly there, instead of where a scope outward has the variable already.
        is_local: bool,
    },
    /// Begins elements of an ad-hoc sub-process.
    ActivateElements {
        /// The ad-hoc sub-process.
        element_instance_key: i64,
        /// Ids of elements directly inside, each as often as it is to begin.
        element_ids: Vec<String>,
    },
    /// Adds items to a multi-instance that is at work.
    AddLoopInstances {
        /// The multi-instance body, or one of its inner instances.
        element_instance_key: i64,
        /// One item for each new inner instance; null where the model gives only a number.
        items: Vec<Value>,
    },
    /// Goes on with a copy of another instance; its history has been told of this one.
    GoOnAsCopy(Box<GoOnAsCopy>),
    /// Ends the instance and everything in it.
    Cancel,
    /// Begins and ends elements; all instructions or none.
    ModifyInstance {
        /// What is to be done; what begins is there before anything ends.
        instructions: Vec<Instruction>,
    },
    /// Goes on with another version of the process.
    MigrateInstance(Box<MigrateInstance>),
    /// Lets the instance rest: nothing advances until it is resumed.
    Suspend,
    /// Lets a suspended instance go on.
    Resume,
    /// The process called by a call activity has completed.
    CompleteCalledInstance {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
        /// Variables of the called instance's outermost scope.
        variables: VariableMap,
    },
    /// The called process ended with an error that nothing in it caught.
    FailCalledInstance {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
        /// The error's code.
        code: String,
        /// For people.
        message: String,
        /// Handed to the catching event.
        variables: VariableMap,
    },
    /// The called process threw an escalation that nothing in it caught; it is still at work.
    EscalateCalledInstance {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
        /// The escalation's code.
        code: String,
    },
    /// The called process was cancelled by somebody else.
    CalledInstanceTerminated {
        /// The call activity.
        element_instance_key: i64,
        /// The called instance.
        child_key: i64,
    },
    /// The called process couldn't be started: missing, or refused.
    CalledInstanceRefused {
        /// The call activity.
        element_instance_key: i64,
        /// The key meant for the called instance.
        child_key: i64,
        /// Why.
        message: String,
    },
}

/// What a new instance is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CreateInstance {
    /// Key of the new instance, made by the caller from the same [`super::Keys`] family.
    pub key: i64,
    /// The deployed version it runs.
    pub definition_key: i64,
    /// The process's id; must be the definition's.
    pub process_id: Arc<str>,
    /// The process's version number.
    pub version: i32,
    /// Variables of the outermost scope, or what the triggering message carried.
    #[serde(default)]
    pub variables: VariableMap,
    /// The message, timer or signal start event that was triggered; `None` takes the none start event.
    #[serde(default)]
    pub start_element_id: Option<Arc<str>>,
    /// The call activity that called it.
    #[serde(default)]
    pub parent: Option<Parent>,
    /// Who or what started it, in the caller's words; kept in the journal.
    #[serde(default)]
    pub started_by: Option<String>,
    /// The instance that this one is made after; kept in the journal.
    #[serde(default)]
    pub origin_key: Option<i64>,
}

/// New values for a user task; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTaskChanges {
    /// Groups whose members may claim it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_groups: Option<Vec<String>>,
    /// People who may claim it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_users: Option<Vec<String>>,
    /// When it should be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateChange>,
    /// From when on it should be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up_at: Option<DateChange>,
    /// 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
}

impl UserTaskChanges {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a worker says beside the results of its work (Camunda 8: `JobResult`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct JobResult {
    /// A user task's listener refuses the transition.
    pub denied: bool,
    /// Why it refuses, for whoever asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denied_reason: Option<String>,
    /// What a user task's listener corrects.
    pub corrections: TaskCorrections,
    /// What begins in an ad-hoc sub-process.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub activate_elements: Vec<ElementActivation>,
    /// Whether an ad-hoc sub-process is done when nothing is left in it.
    pub is_completion_condition_fulfilled: bool,
    /// Whether what is left in an ad-hoc sub-process ends.
    pub is_cancel_remaining_instances: bool,
}

/// An element that is to begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ElementActivation {
    /// The element.
    pub element_id: String,
    /// Its own variables from the start.
    #[serde(default)]
    pub variables: VariableMap,
}

impl JobResult {
    /// Whether it says nothing that only the worker of an ad-hoc sub-process can say.
    #[must_use]
    pub fn fits_user_task(&self) -> bool {
        let Self { denied, denied_reason, corrections, .. } = self.clone();
        *self == Self { denied, denied_reason, corrections, ..Self::default() }
    }

    /// Whether it says nothing that only the listener of a user task can say.
    #[must_use]
    pub fn fits_ad_hoc(&self) -> bool {
        !self.denied && self.denied_reason.is_none() && self.corrections.is_empty()
    }
}

/// What a listener corrects of a user task; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskCorrections {
    /// The person who gets it; the empty text is nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// What surrounds it.
    #[serde(default, flatten)]
    pub changes: UserTaskChanges,
}

impl TaskCorrections {
    /// Whether nothing is corrected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in what a later listener corrects.
    pub fn extend(&mut self, later: &Self) {
        let Self { assignee, changes } = later;
        let own = &mut self.changes;
        own.candidate_groups =
            changes.candidate_groups.clone().or_else(|| own.candidate_groups.take());
        own.candidate_users =
            changes.candidate_users.clone().or_else(|| own.candidate_users.take());
        own.due_at = changes.due_at.or(own.due_at);
        own.follow_up_at = changes.follow_up_at.or(own.follow_up_at);
        own.priority = changes.priority.or(own.priority);
        self.assignee = assignee.clone().or_else(|| self.assignee.take());
    }
}

/// A new value for a date that may also be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateChange {
    /// Milliseconds UTC.
    Set(i64),
    /// No date any more.
    Clear,
}
