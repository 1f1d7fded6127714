//! A compiled model: the requirement graph with the logic of its elements.
//!
//! Must not know XML.
//!
//! **Invariant:** requirements name elements that exist and have no cycle.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use crate::core::feel::{Body, Type};
use crate::core::model::Problem;

/// Decisions with everything they need, ready to be evaluated from several threads.
///
/// Cloning shares it.
#[derive(Clone)]
pub struct DecisionModel {
    /// The model's name.
    pub name: Option<String>,
    /// The id of the file's `definitions`, where it has one.
    pub id: Option<String>,
    /// The namespace its elements live in.
    pub namespace: String,
    /// Errors and warnings in the order of the file; a model that was parsed strictly has warnings
    /// only.
    pub problems: Vec<Problem>,
    pub(super) graph: Arc<Graph>,
}

/// What an element of the requirement graph is (DMN 1.5, 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// A value from outside.
    Input,
    /// A decision.
    Decision,
    /// A business knowledge model.
    Knowledge,
    /// A decision service.
    Service,
}

/// What is to be known of an element without evaluating it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementInfo {
    /// What it is.
    pub kind: ElementKind,
    /// Its id in the file, where it has one.
    pub id: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// `zeebe:versionTag`.
    pub version_tag: Option<Arc<str>>,
}

impl ElementInfo {
    /// What it is called by: its id, or its name where it has none.
    #[must_use]
    pub fn id_or_name(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }
}

impl DecisionModel {
    /// The elements of the file itself, in its order.
    pub fn elements(&self) -> impl Iterator<Item = &ElementInfo> {
        self.graph.elements.iter().filter(|it| it.is_own).map(|it| &it.info)
    }

    /// The number of the element with this id or name; the file's own elements come first.
    pub(super) fn find(&self, kind: ElementKind, id_or_name: &str) -> Option<usize> {
        let elements = || self.graph.elements.iter().enumerate();
        let by_id = elements()
            .find(|(_, it)| it.info.kind == kind && it.info.id.as_deref() == Some(id_or_name));
        let by_name = || elements().find(|(_, it)| it.info.kind == kind && it.is_named(id_or_name));
        by_id.or_else(by_name).map(|(number, _)| number)
    }
}

impl fmt::Debug for DecisionModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionModel").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The elements of all files; an element's number is its index.
pub(super) struct Graph {
    pub(super) elements: Vec<Element>,
    /// The names of all of them.
    pub(super) names: HashSet<Arc<str>>,
}

/// An element.
pub(super) struct Element {
    pub(super) info: ElementInfo,
    /// The name expressions use.
    pub(super) variable: Arc<str>,
    /// Whether it stands in the model's own file.
    pub(super) is_own: bool,
    /// The name under which the model's own file imports it.
    pub(super) import: Option<Arc<str>>,
    /// What its logic sees.
    pub(super) requirements: Vec<Requirement>,
    pub(super) logic: Logic,
}

impl Element {
    fn is_named(&self, name: &str) -> bool {
        *self.info.name == *name || *self.variable == *name
    }
}

/// Something an element's logic sees by name.
#[derive(Clone)]
pub(super) struct Requirement {
    /// The name before the dot, for what is imported.
    pub(super) import: Option<Arc<str>>,
    /// The name.
    pub(super) name: Arc<str>,
    /// Which element.
    pub(super) number: usize,
}

/// What an element does.
pub(super) enum Logic {
    /// Takes a value of this type from outside.
    Input(Type),
    /// Has a value; none without a body.
    Decision(Body),
    /// Is a function, which this evaluates to.
    Knowledge(Body),
    /// Is a function that decides.
    Service(Service),
}

/// A decision service (DMN 1.5, 6.3.10).
pub(super) struct Service {
    /// Evaluates to the function.
    pub(super) function: Body,
    /// The elements its parameters stand for, with their types, in the order of the parameters.
    pub(super) parameters: Vec<(Requirement, Type)>,
    /// The type of what it gives.
    pub(super) result: Type,
    /// The decisions it gives, with their names.
    pub(super) outputs: Vec<Requirement>,
}
