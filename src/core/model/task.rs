//! What tasks need: jobs, scripts, people's work, and the mapping of variables.
//!
//! Must not know how a job or a user task lives once it exists.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::listener::TaskListener;
use crate::core::feel::Expression;

/// A text that is fixed or, when written with a leading `=`, computed by FEEL.
#[derive(Debug, Clone, PartialEq)]
pub enum Dynamic {
    /// The text itself.
    Literal(Arc<str>),
    /// Computed when it is needed.
    Expression(Expression),
}

/// Input and output mappings (`zeebe:ioMapping`), worked off in order.
#[derive(Debug, Clone, Default)]
pub struct IoMapping {
    /// Into the element's local scope, before it is activated.
    pub inputs: Vec<Mapping>,
    /// Into the parent scope, when it completes.
    pub outputs: Vec<Mapping>,
}

/// Data objects, properties, and sets of inputs and outputs (BPMN 2.0, 10.4). Data associations are
/// mappings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataRules {
    /// Variables that are the element's own from the start, null until they are written.
    pub declares: Vec<String>,
    /// It begins only when all variables of one of these have a value; any, when there are none.
    pub input_sets: Vec<Vec<String>>,
    /// It completes only when all variables of one of these have a value; any, when there are none.
    pub output_sets: Vec<Vec<String>>,
}

/// One mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// The value.
    pub source: Dynamic,
    /// The variable, or a path inside one.
    pub target: VariablePath,
}

/// A variable and the path inside it, as in `order.customer.name`; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariablePath(pub Vec<String>);

/// Work for a job worker (`zeebe:taskDefinition` and `zeebe:taskHeaders`).
#[derive(Debug, Clone)]
pub struct JobDefinition {
    /// Which workers take it.
    pub job_type: Dynamic,
    /// How many attempts; 3 when the model is silent.
    pub retries: Dynamic,
    /// Higher is taken first; 0 when the model is silent (`zeebe:jobPriorityDefinition`).
    pub priority: Option<Dynamic>,
    /// Fixed settings for the worker, in document order.
    pub headers: Vec<(String, String)>,
}

/// How a script task is executed.
#[derive(Debug, Clone)]
pub enum ScriptDefinition {
    /// FEEL, inside the turn (`zeebe:script`).
    Feel {
        /// The script.
        expression: Expression,
        /// Variable that gets the result.
        result_variable: String,
    },
    /// A job: another worker's script, or JavaScript in the sandbox.
    Job(JobDefinition),
}

/// The decision a business rule task makes (`zeebe:calledDecision`).
#[derive(Debug, Clone, PartialEq)]
pub struct CalledDecision {
    /// Id of the decision.
    pub decision_id: Dynamic,
    /// Which deployed version of it.
    pub binding: Binding,
    /// Variable that gets the result.
    pub result_variable: String,
}

/// Which of several deployed versions is meant (`bindingType`).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// The latest when it is needed.
    #[default]
    Latest,
    /// The one of the same deployment.
    Deployment,
    /// The latest with this version tag.
    VersionTag(String),
}

/// Work for a person (`zeebe:userTask` and its neighbours).
#[derive(Debug, Clone, Default)]
pub struct UserTaskDefinition {
    /// The form to fill in.
    pub form: Option<FormReference>,
    /// The one person who should do it.
    pub assignee: Option<Dynamic>,
    /// Groups whose members may claim it: a FEEL list or a comma-separated text.
    pub candidate_groups: Option<Dynamic>,
    /// People who may claim it: a FEEL list or a comma-separated text.
    pub candidate_users: Option<Dynamic>,
    /// When it should be done: an ISO 8601 date and time.
    pub due_date: Option<Dynamic>,
    /// From when on it should be looked at: an ISO 8601 date and time.
    pub follow_up_date: Option<Dynamic>,
    /// 0 to 100; 50 when the model is silent.
    pub priority: Option<Dynamic>,
    /// Fixed settings, in document order.
    pub headers: Vec<(String, String)>,
    /// Listeners, in document order.
    pub listeners: Vec<TaskListener>,
}

/// Which form a user task or a start event shows.
#[derive(Debug, Clone, PartialEq)]
pub enum FormReference {
    /// A deployed form's id; its latest version is taken.
    Id(String),
    /// A deployed form's id, and which version of it is taken.
    Bound(String, Binding),
    /// A form-js schema embedded in the model (`zeebe:userTaskForm`), as JSON text.
    Embedded(Arc<str>),
    /// An address outside, shown as a link.
    External(Dynamic),
}
