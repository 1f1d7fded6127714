//! Which element of a new version each element of an old one most likely is.
//!
//! A pure function of two definitions. Must not know instances.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::{MigrationReason, kind_problem};
use crate::core::engine::changes::Mapping;
use crate::core::model::{ElementIndex, ProcessDefinition};

/// A mapping and what it leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Elements of the old version and what they become.
    pub mapping: Mapping,
    /// Elements that have no counterpart, and why; they matter only where something is open.
    pub left_out: Vec<(Arc<str>, MigrationReason)>,
}

/// Maps elements by id and kind; one whose id is gone, to the only new element of its kind and name
/// in the same scope.
#[must_use]
pub fn propose_migration(old: &ProcessDefinition, new: &ProcessDefinition) -> Proposal {
    let mut proposal = Proposal::default();
    let mut taken: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut unknown = Vec::new();
    for source in elements(old) {
        let id = &old.element(source).id;
        match new.find(id).map(|target| kind_problem((old, source), (new, target))) {
            Some(None) => {
                taken.insert(id.clone());
                proposal.mapping.insert(id.clone(), id.clone());
            }
            Some(Some(reason)) => proposal.left_out.push((id.clone(), reason)),
            None => unknown.push(source),
        }
    }
    for source in unknown {
        let id = old.element(source).id.clone();
        match by_name(old, source, new, &proposal.mapping, &taken) {
            Some(target) => {
                let target = new.element(target).id.clone();
                taken.insert(target.clone());
                proposal.mapping.insert(id, target);
            }
            None => proposal.left_out.push((id, MigrationReason::Gone)),
        }
    }
    proposal
}

/// All elements but the process itself, outer ones before those inside them.
fn elements(definition: &ProcessDefinition) -> impl Iterator<Item = ElementIndex> + '_ {
    (1u32..).map(ElementIndex).take(definition.elements.len().saturating_sub(1))
}

fn by_name(
    old: &ProcessDefinition,
    source: ElementIndex,
    new: &ProcessDefinition,
    mapping: &Mapping,
    taken: &BTreeSet<Arc<str>>,
) -> Option<ElementIndex> {
    let name = old.element(source).name.as_ref().filter(|name| !name.is_empty())?;
    let scope = scope_in(old, source, new, mapping)?;
    let mut fitting = elements(new).filter(|target| {
        let element = new.element(*target);
        element.name.as_ref() == Some(name)
            && element.parent == Some(scope)
            && !taken.contains(&element.id)
            && old.find(&element.id).is_none()
            && kind_problem((old, source), (new, *target)).is_none()
    });
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// What the scope of an element becomes.
fn scope_in(
    old: &ProcessDefinition,
    source: ElementIndex,
    new: &ProcessDefinition,
    mapping: &Mapping,
) -> Option<ElementIndex> {
    let scope = old.element(source).parent?;
    if scope == ProcessDefinition::ROOT {
        return Some(ProcessDefinition::ROOT);
    }
    new.find(mapping.get(&old.element(scope).id)?)
}
