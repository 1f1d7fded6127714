//! What a worker says beside the variables when it is done with a job.
//!
//! Must not know whether it fits the job: that is the engine's.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use crate::core::engine::{ElementActivation, JobResult, TaskCorrections, UserTaskChanges};
use crate::http::api::tasks::{date, given};
use crate::http::error::HttpError;

/// What a listener of a user task or the worker of an ad-hoc sub-process says.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "JobResult")]
pub(crate) struct JobResultBody {
    /// Whether the listener of a user task refuses what was asked.
    denied: bool,
    /// Why, for whoever asked.
    denied_reason: Option<String>,
    /// What the listener of a user task changes of it.
    corrections: Option<CorrectionsBody>,
    /// What begins in the ad-hoc sub-process.
    activate_elements: Vec<ActivationBody>,
    /// Whether the ad-hoc sub-process is done when nothing is left in it.
    is_completion_condition_fulfilled: bool,
    /// Whether what is left in the ad-hoc sub-process ends.
    is_cancel_remaining_instances: bool,
}

#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "JobResultCorrections")]
struct CorrectionsBody {
    /// Login name of the user who gets it; the empty text is nobody.
    assignee: Option<String>,
    /// When it should be done; null takes the date away.
    #[serde(deserialize_with = "given")]
    #[expect(clippy::option_option, reason = "not given, null and a date are three things")]
    due_at: Option<Option<String>>,
    /// From when on it should be looked at; null takes the date away.
    #[serde(deserialize_with = "given")]
    #[expect(clippy::option_option, reason = "not given, null and a date are three things")]
    follow_up_at: Option<Option<String>>,
    /// 0 to 100.
    priority: Option<i32>,
    /// Ids of groups whose members may claim it.
    candidate_groups: Option<Vec<String>>,
    /// Login names of users who may claim it.
    candidate_users: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ElementActivation")]
struct ActivationBody {
    /// The element.
    element_id: String,
    /// Its own variables from the start.
    #[serde(default)]
    variables: Map<String, Json>,
}

impl JobResultBody {
    /// The result in the engine's words.
    pub(crate) fn read(self) -> Result<JobResult, HttpError> {
        let corrections = self.corrections.map(CorrectionsBody::read).transpose()?;
        let activations = self
            .activate_elements
            .into_iter()
            .map(|it| ElementActivation { element_id: it.element_id, variables: it.variables });
        Ok(JobResult {
            denied: self.denied,
            denied_reason: self.denied_reason,
            corrections: corrections.unwrap_or_default(),
            activate_elements: activations.collect(),
            is_completion_condition_fulfilled: self.is_completion_condition_fulfilled,
            is_cancel_remaining_instances: self.is_cancel_remaining_instances,
        })
    }
}

impl CorrectionsBody {
    fn read(self) -> Result<TaskCorrections, HttpError> {
        let changes = UserTaskChanges {
            due_at: date("due_at", self.due_at)?,
            follow_up_at: date("follow_up_at", self.follow_up_at)?,
            priority: self.priority,
            candidate_groups: self.candidate_groups,
            candidate_users: self.candidate_users,
        };
        Ok(TaskCorrections { assignee: self.assignee, changes })
    }
}
