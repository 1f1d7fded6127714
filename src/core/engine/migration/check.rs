//! Whether an instance can go on in another version, and every reason why not.
//!
//! Must not change anything.

use std::collections::{BTreeMap, BTreeSet};
use std::mem::discriminant;
use std::sync::Arc;

use crate::core::engine::changes::Mapping;
use crate::core::engine::compensation;
use crate::core::engine::facts::Role;
use crate::core::engine::instance::{Compensation, ElementInstance, ProcessInstance};
use crate::core::engine::subscriptions::awaited;
use crate::core::engine::triggers::trigger_of;
use crate::core::model::{
    Element, ElementIndex, ElementKind, EventTrigger, FlowIndex, LoopItems, ProcessDefinition,
};

/// One reason why an instance can't go on in another version, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{element_id}': {reason}")]
pub struct MigrationProblem {
    /// The element of the old version.
    pub element_id: Arc<str>,
    /// One open instance of it, where it is about what is open.
    pub element_instance_key: Option<i64>,
    /// Why.
    pub reason: MigrationReason,
}

/// Reasons why an element can't become another one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrationReason {
    /// The mapping names an element the old version doesn't have.
    #[error("the old version has no such element")]
    Unknown,
    /// The new version has no element with this id.
    #[error("the new version has no such element")]
    Gone,
    /// The mapping names an element the new version doesn't have.
    #[error("the new version has no element '{target_id}'")]
    NoTarget {
        /// The id given.
        target_id: Arc<str>,
    },
    /// The process itself is not mapped.
    #[error("the process itself always becomes itself and is not to be mapped")]
    IsProcess,
    /// Another kind of element.
    #[error("it is a {expected}, but '{target_id}' is a {found}")]
    OtherKind {
        /// What it would become.
        target_id: Arc<str>,
        /// What it is.
        expected: &'static str,
        /// What the target is.
        found: &'static str,
    },
    /// An event that waits for something else.
    #[error("'{target_id}' waits for something else")]
    OtherTrigger {
        /// What it would become.
        target_id: Arc<str>,
    },
    /// Only one of the two undoes another activity, or can be undone by one.
    #[error("'{target_id}' is undone, or undoes, in another way")]
    OtherUndoing {
        /// What it would become.
        target_id: Arc<str>,
    },
    /// One is a multi-instance or loop of another sort than the other, or only one of them is.
    #[error("'{target_id}' is repeated in another way")]
    OtherRepetition {
        /// What it would become.
        target_id: Arc<str>,
    },
    /// Two elements would become one that can be only one of them.
    #[error("'{other_id}' becomes '{target_id}' already")]
    Twice {
        /// What both would become.
        target_id: Arc<str>,
        /// The other one.
        other_id: Arc<str>,
    },
    /// Something is open there and it is not said what becomes of it.
    #[error("it is at work, but the mapping does not say what it becomes")]
    NotMapped,
    /// Its completed work can be undone and it is not said what becomes of it.
    #[error("its work can still be undone, but the mapping does not say what it becomes")]
    NotUndoable,
    /// It would leave the scope it is in.
    #[error("it would move into another scope: '{target_id}' is in '{found}', not in '{expected}'")]
    OtherScope {
        /// What it would become.
        target_id: Arc<str>,
        /// The scope it must be in.
        expected: Arc<str>,
        /// The scope the target is in.
        found: Arc<str>,
    },
    /// A path waits at a join, and the flow it came by has no counterpart.
    #[error("a path waits on its sequence flow '{flow_id}', which '{target_id}' does not have")]
    NoFlow {
        /// What it would become.
        target_id: Arc<str>,
        /// The sequence flow.
        flow_id: Arc<str>,
    },
    /// An event would be waited for by something else.
    #[error("'{host_id}' waits for it, but '{target_id}' does not belong to what that becomes")]
    OtherHost {
        /// What it would become.
        target_id: Arc<str>,
        /// What waits for it.
        host_id: Arc<str>,
    },
    /// What a new event waits for can't be computed.
    #[error("what the new event '{event_id}' waits for can't be computed: {message}")]
    CannotWait {
        /// The event of the new version.
        event_id: Arc<str>,
        /// Why.
        message: String,
    },
    /// The version given is of another process.
    #[error("an instance of '{expected}' can't become one of '{found}'")]
    OtherProcess {
        /// The instance's process.
        expected: Arc<str>,
        /// The process of the version given.
        found: Arc<str>,
    },
    /// It runs that version already.
    #[error("it runs version {version} already")]
    SameVersion {
        /// The version.
        version: i32,
    },
}

/// Every reason why an instance can't go on in a new version by a mapping; empty when it can.
#[must_use]
pub fn check_migration(
    old: &ProcessDefinition,
    new: &ProcessDefinition,
    instance: &ProcessInstance,
    mapping: &Mapping,
) -> Vec<MigrationProblem> {
    let mut check =
        Check { old, new, instance, mapping, problems: Vec::new(), seen: BTreeSet::new() };
    if old.id != new.id {
        let (expected, found) = (old.id.clone(), new.id.clone());
        check.report(&old.id, None, MigrationReason::OtherProcess { expected, found });
        return check.problems;
    }
    check.pairs();
    check.open();
    check.problems
}

struct Check<'c> {
    old: &'c ProcessDefinition,
    new: &'c ProcessDefinition,
    instance: &'c ProcessInstance,
    mapping: &'c Mapping,
    problems: Vec<MigrationProblem>,
    /// Elements with a problem already: one each is enough.
    seen: BTreeSet<Arc<str>>,
}

impl Check<'_> {
    fn report(&mut self, element_id: &Arc<str>, key: Option<i64>, reason: MigrationReason) {
        if self.seen.insert(element_id.clone()) {
            let element_id = element_id.clone();
            self.problems.push(MigrationProblem { element_id, element_instance_key: key, reason });
        }
    }

    /// What is wrong with the mapping whatever is open.
    fn pairs(&mut self) {
        let mut targets: BTreeMap<&Arc<str>, &Arc<str>> = BTreeMap::new();
        for (source, target) in self.mapping {
            let problem = self.pair_problem(source, target);
            let other = targets.insert(target, source);
            let is_shared = other.filter(|_| !self.may_share(target));
            let twice = is_shared.map(|other| MigrationReason::Twice {
                target_id: target.clone(),
                other_id: other.clone(),
            });
            if let Some(reason) = problem.or(twice) {
                self.report(source, None, reason);
            }
        }
    }

    fn pair_problem(&self, source: &Arc<str>, target: &Arc<str>) -> Option<MigrationReason> {
        let Some(from) = self.old.find(source) else { return Some(MigrationReason::Unknown) };
        let Some(to) = self.new.find(target) else {
            return Some(MigrationReason::NoTarget { target_id: target.clone() });
        };
        if from == ProcessDefinition::ROOT {
            return Some(MigrationReason::IsProcess);
        }
        kind_problem((self.old, from), (self.new, to))
    }

    /// Activities that hold nothing may be merged into one.
    fn may_share(&self, target: &Arc<str>) -> bool {
        let Some(index) = self.new.find(target) else { return true };
        let kind = &self.new.element(index).kind;
        !kind.is_scope() && kind.name().ends_with("task") && !is_waiting_kind(kind)
    }

    /// What is open and can't go on.
    fn open(&mut self) {
        for (key, it) in &self.instance.elements {
            self.element(*key, it);
            self.records(*key, &it.compensations);
            self.joins(*key, it);
            self.events(*key, it);
        }
    }

    /// What an element becomes; the process itself becomes itself.
    fn target(&self, element_id: &str) -> Option<ElementIndex> {
        if *element_id == *self.old.id {
            return Some(ProcessDefinition::ROOT);
        }
        self.new.find(self.mapping.get(element_id)?)
    }

    fn element(&mut self, key: i64, it: &ElementInstance) {
        let Some(target) = self.target(&it.element_id) else {
            return self.report(&it.element_id, Some(key), MigrationReason::NotMapped);
        };
        let scope = it.scope_key.and_then(|key| self.instance.elements.get(&key));
        let is_inner = matches!(it.role, Role::Inner { .. });
        let Some(scope) = scope.filter(|_| !is_inner) else { return };
        let Some(expected) = self.target(&scope.element_id) else { return };
        if let Some(reason) = self.scope_problem(target, expected) {
            self.report(&it.element_id, Some(key), reason);
        }
    }

    fn scope_problem(
        &self,
        target: ElementIndex,
        expected: ElementIndex,
    ) -> Option<MigrationReason> {
        let element = self.new.element(target);
        let found = element.parent.filter(|found| *found != expected)?;
        Some(MigrationReason::OtherScope {
            target_id: element.id.clone(),
            expected: self.new.element(expected).id.clone(),
            found: self.new.element(found).id.clone(),
        })
    }

    fn records(&mut self, scope_key: i64, records: &[Compensation]) {
        for record in records {
            if let Some(reason) = self.record_problem(&record.element_id) {
                self.report(&record.element_id, Some(scope_key), reason);
            }
            self.records(scope_key, &record.inner);
        }
    }

    /// What can be undone must be undone alike: by a handler, or from the inside.
    fn record_problem(&self, element_id: &str) -> Option<MigrationReason> {
        let Some(target) = self.target(element_id) else {
            return Some(MigrationReason::NotUndoable);
        };
        let source = self.old.find(element_id)?;
        let had = compensation::handler(self.old, source).is_some();
        let has = compensation::handler(self.new, target).is_some();
        let target_id = self.new.element(target).id.clone();
        (had != has).then_some(MigrationReason::OtherUndoing { target_id })
    }

    fn joins(&mut self, scope_key: i64, scope: &ElementInstance) {
        for (gateway_id, flow_ids) in waiting_gateways(scope) {
            let Some(target) = self.target(gateway_id) else {
                self.report(gateway_id, Some(scope_key), MigrationReason::NotMapped);
                continue;
            };
            let expected = self.target(&scope.element_id);
            if let Some(reason) = expected.and_then(|it| self.scope_problem(target, it)) {
                self.report(gateway_id, Some(scope_key), reason);
            }
            let mut used = BTreeSet::new();
            for flow_id in flow_ids {
                let flow = flow_in(self.old, flow_id, gateway_id, self.new, target, self.mapping);
                if flow.is_none_or(|flow| !used.insert(flow)) {
                    let target_id = self.new.element(target).id.clone();
                    let flow_id = flow_id.clone();
                    let reason = MigrationReason::NoFlow { target_id, flow_id };
                    self.report(gateway_id, Some(scope_key), reason);
                }
            }
        }
    }

    /// Mapped events must be waited for by what their host becomes.
    fn events(&mut self, key: i64, it: &ElementInstance) {
        let Some(host) = self.old.find(&it.element_id) else { return };
        let Some(target_host) = self.target(&it.element_id) else { return };
        let there = awaited(self.new, target_host, it.role);
        for event in awaited(self.old, host, it.role) {
            let id = &self.old.element(event).id;
            let Some(target) = self.target(id) else { continue };
            if !there.contains(&target) {
                let target_id = self.new.element(target).id.clone();
                let host_id = it.element_id.clone();
                self.report(id, Some(key), MigrationReason::OtherHost { target_id, host_id });
            }
        }
    }
}

/// The gateways at which paths wait, or that wait for their reset, with the flows that matter.
pub(super) fn waiting_gateways(
    scope: &ElementInstance,
) -> BTreeMap<&Arc<str>, BTreeSet<&Arc<str>>> {
    let mut gateways: BTreeMap<&Arc<str>, BTreeSet<&Arc<str>>> = BTreeMap::new();
    for (gateway_id, waiting) in &scope.joins {
        gateways.entry(gateway_id).or_default().extend(waiting.keys());
    }
    for (gateway_id, used) in &scope.resets {
        gateways.entry(gateway_id).or_default().extend(used);
    }
    gateways
}

/// Kinds of activities that wait by themselves for something with a name of its own.
fn is_waiting_kind(kind: &ElementKind) -> bool {
    matches!(kind, ElementKind::ReceiveTask(_))
}

/// The incoming flow of a gateway of the new version that a flow of the old one becomes: the one
/// with its id, or the only one from what its source becomes.
pub(super) fn flow_in(
    old: &ProcessDefinition,
    flow_id: &str,
    gateway_id: &str,
    new: &ProcessDefinition,
    target: ElementIndex,
    mapping: &Mapping,
) -> Option<FlowIndex> {
    let incoming = &new.element(target).incoming;
    if let Some(same) = incoming.iter().find(|flow| *new.flow(**flow).id == *flow_id) {
        return Some(*same);
    }
    let gateway = old.element(old.find(gateway_id)?);
    let flow = gateway.incoming.iter().find(|flow| *old.flow(**flow).id == *flow_id)?;
    let source = mapping.get(&old.element(old.flow(*flow).source).id)?;
    let from_source = |flow: &&FlowIndex| new.element(new.flow(**flow).source).id == *source;
    let mut fitting = incoming.iter().filter(from_source);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Some(*only),
        _ => None,
    }
}

/// An element of a version.
type Place<'d> = (&'d ProcessDefinition, ElementIndex);

/// Why an element can't become another one by what the two are.
pub(super) fn kind_problem(
    (old, source): Place<'_>,
    (new, target): Place<'_>,
) -> Option<MigrationReason> {
    let (from, to) = (old.element(source), new.element(target));
    let target_id = to.id.clone();
    if discriminant(&from.kind) != discriminant(&to.kind) {
        let (expected, found) = (from.kind.name(), to.kind.name());
        return Some(MigrationReason::OtherKind { target_id, expected, found });
    }
    if from.is_for_compensation != to.is_for_compensation {
        return Some(MigrationReason::OtherUndoing { target_id });
    }
    if !is_same_trigger((old, source), (new, target)) {
        return Some(MigrationReason::OtherTrigger { target_id });
    }
    if !is_same_repetition(from, to) {
        return Some(MigrationReason::OtherRepetition { target_id });
    }
    None
}

/// The triggers of a multiple event are told apart by their places.
fn is_same_trigger((old, source): Place<'_>, (new, target): Place<'_>) -> bool {
    let (from, to) = (&old.element(source).kind, &new.element(target).kind);
    if let (ElementKind::EndEvent(a), ElementKind::EndEvent(b)) = (from, to) {
        return discriminant(a) == discriminant(b);
    }
    match (trigger_of(old, source), trigger_of(new, target)) {
        (Some(a), Some(b)) => {
            let kinds =
                |it: &EventTrigger| -> Vec<_> { it.parts().iter().map(discriminant).collect() };
            discriminant(a) == discriminant(b)
                && a.needs_all() == b.needs_all()
                && kinds(a) == kinds(b)
        }
        (None, None) => true,
        _ => false,
    }
}

fn is_same_repetition(from: &Element, to: &Element) -> bool {
    match (&from.multi_instance, &to.multi_instance) {
        (None, None) => true,
        (Some(a), Some(b)) => {
            let is_loop = |items: &LoopItems| matches!(items, LoopItems::While(_));
            a.is_sequential == b.is_sequential && is_loop(&a.items) == is_loop(&b.items)
        }
        _ => false,
    }
}
