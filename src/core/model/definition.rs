//! A process definition as a graph: elements, sequence flows, and how they are found.
//!
//! Must not know where the graph came from.

use std::collections::HashMap;
use std::sync::Arc;

use super::element::{ElementKind, LoopCharacteristics};
use super::listener::Listeners;
use super::task::{DataRules, IoMapping};
use crate::core::feel::Expression;

/// Position of an element in [`ProcessDefinition::elements`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ElementIndex(pub u32);

/// Position of a sequence flow in [`ProcessDefinition::flows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowIndex(pub u32);

/// One executable process (BPMN 2.0, 10.2).
#[derive(Debug, Clone)]
pub struct ProcessDefinition {
    /// The process's id, chosen by the modeller; versions of a process share it.
    pub id: Arc<str>,
    /// Display name.
    pub name: Option<String>,
    /// `zeebe:versionTag`.
    pub version_tag: Option<String>,
    /// All elements. The first one is the process itself, as the outermost scope.
    pub elements: Vec<Element>,
    /// All sequence flows of all scopes.
    pub flows: Vec<SequenceFlow>,
    by_id: HashMap<Arc<str>, ElementIndex>,
}

/// A node of the graph: the process itself, an activity, an event or a gateway.
#[derive(Debug, Clone)]
pub struct Element {
    /// Id chosen by the modeller, unique in the definition.
    pub id: Arc<str>,
    /// Display name.
    pub name: Option<String>,
    /// The scope that holds it; `None` for the process itself.
    pub parent: Option<ElementIndex>,
    /// What it is and what that kind needs.
    pub kind: ElementKind,
    /// Sequence flows that end here, in document order.
    pub incoming: Vec<FlowIndex>,
    /// Sequence flows that start here, in document order.
    pub outgoing: Vec<FlowIndex>,
    /// For a scope: the elements directly inside, in document order.
    pub children: Vec<ElementIndex>,
    /// For an activity: its boundary events.
    pub boundary_events: Vec<ElementIndex>,
    /// Input and output mappings of variables.
    pub io: IoMapping,
    /// Execution listeners.
    pub listeners: Listeners,
    /// What it does with data beyond its mappings.
    pub data: DataRules,
    /// How many paths must arrive before it begins; 1 for all but activities (BPMN 2.0, 13.3.2).
    pub start_quantity: u32,
    /// How often each outgoing flow is taken; 1 for all but activities (BPMN 2.0, 13.3.2).
    pub completion_quantity: u32,
    /// Multi-instance marker of an activity.
    pub multi_instance: Option<LoopCharacteristics>,
    /// Whether it undoes another activity, which is the only way to it.
    pub is_for_compensation: bool,
    /// The default flow of an exclusive or inclusive gateway or an activity.
    pub default_flow: Option<FlowIndex>,
}

/// A sequence flow (BPMN 2.0, 8.4.13).
#[derive(Debug, Clone)]
pub struct SequenceFlow {
    /// Id chosen by the modeller, unique in the definition.
    pub id: Arc<str>,
    /// Display name.
    pub name: Option<String>,
    /// Where it starts.
    pub source: ElementIndex,
    /// Where it ends.
    pub target: ElementIndex,
    /// Taken only when this is true; `None` is always true.
    pub condition: Option<Expression>,
}

impl ProcessDefinition {
    /// The process itself, the outermost scope.
    pub const ROOT: ElementIndex = ElementIndex(0);

    /// Puts a graph together. `elements[0]` must be the process itself.
    #[must_use]
    pub fn new(
        name: Option<String>,
        version_tag: Option<String>,
        elements: Vec<Element>,
        flows: Vec<SequenceFlow>,
    ) -> Self {
        let by_id = (0u32..).zip(&elements).map(|(i, e)| (e.id.clone(), ElementIndex(i))).collect();
        Self { id: elements[0].id.clone(), name, version_tag, elements, flows, by_id }
    }

    /// The element at an index of this definition.
    #[must_use]
    pub fn element(&self, index: ElementIndex) -> &Element {
        &self.elements[index.0 as usize]
    }

    /// The sequence flow at an index of this definition.
    #[must_use]
    pub fn flow(&self, index: FlowIndex) -> &SequenceFlow {
        &self.flows[index.0 as usize]
    }

    /// Finds an element by the modeller's id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<ElementIndex> {
        self.by_id.get(id).copied()
    }
}
