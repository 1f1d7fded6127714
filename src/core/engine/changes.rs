//! What a change of a running instance is made of.
//!
//! Must not know how a change is checked or carried out.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::instance::VariableMap;

/// One step of a modification; all steps of a command are checked before the first is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instruction {
    /// Begins an element as if a path had reached it. Enclosing scopes that are not at work are
    /// created with it.
    Activate(Activation),
    /// Ends one open element instance and everything in it.
    Terminate {
        /// The element instance.
        element_instance_key: i64,
    },
    /// Ends every open instance of an element.
    TerminateAll {
        /// The element.
        element_id: String,
    },
    /// Ends open element instances and begins another element for each of them.
    Move {
        /// What ends.
        from: MoveSource,
        /// What begins; without an ancestor the scopes of the source are taken where they fit.
        to: Activation,
    },
}

/// Which element instances are moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveSource {
    /// One element instance.
    Instance(i64),
    /// Every open instance of an element.
    Element(String),
}

/// An element to begin.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Activation {
    /// The element.
    pub element_id: String,
    /// The open scope it is to begin in, or one further outward; needed where several fit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestor_key: Option<i64>,
    /// Variables set before it begins, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<ScopeVariables>,
}

/// Variables for one of the scopes of an activated element.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ScopeVariables {
    /// The element itself or one that encloses it; `None` is the process instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_id: Option<String>,
    /// Names and values, set exactly there.
    pub variables: VariableMap,
}

/// A migration to another version of the process. The version's definition is given to the turn,
/// see [`super::TurnContext::target`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MigrateInstance {
    /// The deployed version to run from now on.
    pub definition_key: i64,
    /// Its version number.
    pub version: i32,
    /// Which element of the new version an element of the old one becomes.
    pub mapping: Mapping,
}

/// Elements of an old version and what they become in a new one, by id.
pub type Mapping = BTreeMap<Arc<str>, Arc<str>>;

/// Tries again what raised an incident, after what caused it was mended.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RepairIncident {
    /// The incident.
    pub incident_key: i64,
    /// New attempts for the incident's job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<i32>,
    /// Variables set before.
    #[serde(default, skip_serializing_if = "VariableMap::is_empty")]
    pub variables: VariableMap,
    /// Where they are set; the incident's element instance when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_key: Option<i64>,
    /// Set exactly there, instead of where a scope outward has the variable already.
    #[serde(default)]
    pub is_local: bool,
}
