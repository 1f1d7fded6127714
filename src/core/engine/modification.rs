//! Modification: a person begins and ends elements of a running instance, as in Camunda 8.
//!
//! A plan is made of all instructions before the first event, so that a command is done whole or
//! refused whole. What begins exists before anything ends, so that no scope ends in between. A
//! scope in which nothing is left after that ends too, and with the outermost one the instance.
//! Must not know what the elements do.

use std::collections::BTreeSet;

use super::changes::{Activation, Instruction, MoveSource};
use super::compensation;
use super::effect::CallResult;
use super::event::Step;
use super::facts::Role;
use super::instance::VariableMap;
use super::lifecycle::Lifecycle;
use super::rejection::{ModificationProblem as Problem, Rejection};
use super::turn::Turn;
use super::variables::outward;
use crate::core::model::{ElementIndex, ElementKind, ProcessDefinition};

/// Carries out all instructions, or none.
pub(crate) fn modify(turn: &mut Turn<'_>, instructions: &[Instruction]) -> Result<(), Rejection> {
    let refused = |at: usize, problem| Rejection::CannotModify { instruction: at + 1, problem };
    if instructions.is_empty() {
        return Err(refused(0, Problem::Nothing));
    }
    let mut plan = Plan {
        turn,
        doomed: BTreeSet::new(),
        begun: Vec::new(),
        opened: Vec::new(),
        set: Vec::new(),
    };
    for (at, instruction) in instructions.iter().enumerate() {
        plan.doom(instruction).map_err(|problem| refused(at, problem))?;
    }
    for (at, instruction) in instructions.iter().enumerate() {
        plan.begin(instruction).map_err(|problem| refused(at, problem))?;
    }
    let ending = plan.ending();
    let ends_whole = ending.contains(&plan.turn.instance.key);
    if ends_whole && plan.turn.instance.parent.is_some() {
        return Err(refused(instructions.len() - 1, Problem::WouldEndCalled));
    }
    let (begun, set) = (plan.begun, plan.set);
    start(turn, &begun, &set);
    end(turn, &ending);
    if ends_whole {
        turn.conclude(CallResult::Terminated);
    }
    Ok(())
}

/// Where an element begins: in an open scope, or in one that begins with it.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Open(i64),
    /// Position in [`Plan::begun`].
    New(usize),
}

/// What is to happen.
struct Plan<'t, 'a> {
    turn: &'t Turn<'a>,
    /// Element instances to end, as the instructions name them.
    doomed: BTreeSet<i64>,
    begun: Vec<(ElementIndex, Place)>,
    /// Positions of scopes that begin only because something in them does.
    opened: Vec<usize>,
    set: Vec<(Place, VariableMap)>,
}

impl Plan<'_, '_> {
    fn definition(&self) -> &ProcessDefinition {
        self.turn.definition
    }

    /// Notes what an instruction ends.
    fn doom(&mut self, instruction: &Instruction) -> Result<(), Problem> {
        let keys = match instruction {
            Instruction::Activate(_) => return Ok(()),
            Instruction::Terminate { element_instance_key: key } => vec![self.open_key(*key)?],
            Instruction::TerminateAll { element_id } => self.instances_of(element_id)?,
            Instruction::Move { from, .. } => self.sources(from)?,
        };
        self.doomed.extend(keys);
        Ok(())
    }

    fn sources(&self, from: &MoveSource) -> Result<Vec<i64>, Problem> {
        match from {
            MoveSource::Instance(key) => Ok(vec![self.open_key(*key)?]),
            MoveSource::Element(element_id) => self.instances_of(element_id),
        }
    }

    fn open_key(&self, key: i64) -> Result<i64, Problem> {
        match self.turn.at(key) {
            None => Err(Problem::NoSuchInstance { key }),
            Some(at) if at.scope_key.is_none() => Err(Problem::IsProcess),
            Some(_) => Ok(key),
        }
    }

    /// The open instances of an element; of a multi-instance the whole of it.
    fn instances_of(&self, element_id: &str) -> Result<Vec<i64>, Problem> {
        let index = self.find(element_id)?;
        if index == ProcessDefinition::ROOT {
            return Err(Problem::IsProcess);
        }
        let open = self.turn.instance.elements.iter().filter(|(_, it)| {
            *it.element_id == *element_id && !matches!(it.role, Role::Inner { .. })
        });
        let keys: Vec<i64> = open.map(|(key, _)| *key).collect();
        if keys.is_empty() {
            return Err(Problem::NotOpen { element_id: element_id.to_owned() });
        }
        Ok(keys)
    }

    fn find(&self, element_id: &str) -> Result<ElementIndex, Problem> {
        let missing = || Problem::NoSuchElement { element_id: element_id.to_owned() };
        self.definition().find(element_id).ok_or_else(missing)
    }

    /// Notes what an instruction begins.
    fn begin(&mut self, instruction: &Instruction) -> Result<(), Problem> {
        match instruction {
            Instruction::Activate(activation) => self.begin_one(activation, None),
            Instruction::Move { from, to } => {
                for source in self.sources(from)? {
                    self.begin_one(to, Some(source))?;
                }
                Ok(())
            }
            Instruction::Terminate { .. } | Instruction::TerminateAll { .. } => Ok(()),
        }
    }

    fn begin_one(&mut self, to: &Activation, source: Option<i64>) -> Result<(), Problem> {
        let index = self.find(&to.element_id)?;
        if let Some(what) = not_to_begin(self.definition(), index) {
            return Err(Problem::CannotBegin { element_id: to.element_id.clone(), what });
        }
        let within = match (to.ancestor_key, source) {
            (Some(key), _) => Some(self.ancestor(key, index, &to.element_id)?),
            (None, Some(source)) => self.scope_of_source(source, index),
            (None, None) => None,
        };
        let place = self.scope_place(index, within)?;
        self.begun.push((index, place));
        let mut places = vec![Place::New(self.begun.len() - 1)];
        while let Some(outer) = self.outer(places[places.len() - 1]) {
            places.push(outer);
        }
        for given in &to.variables {
            let place = self.variable_place(&places, given.scope_id.as_deref(), to)?;
            self.set.push((place, given.variables.clone()));
        }
        Ok(())
    }

    /// The scope a place is in.
    fn outer(&self, place: Place) -> Option<Place> {
        match place {
            Place::New(at) => Some(self.begun[at].1),
            Place::Open(key) => self.turn.instance.elements.get(&key)?.scope_key.map(Place::Open),
        }
    }

    fn element_at(&self, place: Place) -> Option<&str> {
        match place {
            Place::New(at) => Some(&self.definition().element(self.begun[at].0).id),
            Place::Open(key) => Some(&self.turn.instance.elements.get(&key)?.element_id),
        }
    }

    fn variable_place(
        &self,
        places: &[Place],
        scope_id: Option<&str>,
        to: &Activation,
    ) -> Result<Place, Problem> {
        let Some(id) = scope_id else { return Ok(Place::Open(self.turn.instance.key)) };
        let found = places.iter().copied().find(|place| self.element_at(*place) == Some(id));
        found.ok_or_else(|| Problem::NoSuchScope {
            scope_id: id.to_owned(),
            element_id: to.element_id.clone(),
        })
    }

    /// An open scope that was named for an element.
    fn ancestor(&self, key: i64, index: ElementIndex, element_id: &str) -> Result<i64, Problem> {
        if self.ends_with(key) {
            return Err(Problem::ScopeEnds { key });
        }
        if self.can_hold(key, index) {
            return Ok(key);
        }
        Err(Problem::NotAScope { key, element_id: element_id.to_owned() })
    }

    /// The nearest scope around what is moved that can hold the target and stays.
    fn scope_of_source(&self, source: i64, index: ElementIndex) -> Option<i64> {
        let mut around = outward(self.turn.instance, source).skip(1).map(|(key, _)| key);
        around.find(|key| self.can_hold(*key, index) && !self.ends_with(*key))
    }

    /// Whether an element instance is at work and encloses an element, directly or not.
    fn can_hold(&self, key: i64, index: ElementIndex) -> bool {
        let Some(at) = self.turn.at(key) else { return false };
        let encloses = scopes_of(self.definition(), index).any(|scope| scope == at.index);
        encloses
            && at.role != Role::Body
            && at.lifecycle == Lifecycle::Activated
            && !compensation::is_back(at)
    }

    /// Whether an element instance ends by the instructions, itself or with a scope around it.
    fn ends_with(&self, key: i64) -> bool {
        outward(self.turn.instance, key).any(|(key, _)| self.doomed.contains(&key))
    }

    /// Where an element is to begin: the scope that was chosen, the only one that fits, or one
    /// that begins with it.
    fn scope_place(&mut self, index: ElementIndex, within: Option<i64>) -> Result<Place, Problem> {
        let scope = self.definition().element(index).parent.unwrap_or(ProcessDefinition::ROOT);
        if scope == ProcessDefinition::ROOT {
            let key = self.turn.instance.key;
            let is_at_work = self.can_hold(key, index);
            return if is_at_work { Ok(Place::Open(key)) } else { Err(Problem::NotBegun) };
        }
        if let Some(key) = within {
            let mut around = outward(self.turn.instance, key).map(|(key, _)| key);
            let here = |key: &i64| self.turn.at(*key).is_some_and(|at| at.index == scope);
            if let Some(key) = around.find(|key| here(key) && self.can_hold(*key, index)) {
                return Ok(Place::Open(key));
            }
            return self.new_scope(scope, within);
        }
        if let Some(key) = self.only_instance(scope, index)? {
            return Ok(Place::Open(key));
        }
        // One that was asked for itself begins as it always does, and is not for this.
        let planned = self.opened.iter().find(|at| self.begun[**at].0 == scope);
        match planned {
            Some(at) => Ok(Place::New(*at)),
            None => self.new_scope(scope, None),
        }
    }

    fn only_instance(
        &self,
        scope: ElementIndex,
        index: ElementIndex,
    ) -> Result<Option<i64>, Problem> {
        let id = &self.definition().element(scope).id;
        let open = self.turn.instance.elements.iter().filter(|(_, it)| it.element_id == *id);
        let mut fitting = open
            .map(|(key, _)| *key)
            .filter(|key| self.can_hold(*key, index) && !self.ends_with(*key));
        match (fitting.next(), fitting.next()) {
            (Some(_), Some(_)) => Err(Problem::SeveralScopes { scope_id: id.to_string() }),
            (only, _) => Ok(only),
        }
    }

    fn new_scope(&mut self, scope: ElementIndex, within: Option<i64>) -> Result<Place, Problem> {
        let element = self.definition().element(scope);
        if element.multi_instance.is_some() {
            return Err(Problem::InsideMultiInstance { scope_id: element.id.to_string() });
        }
        let outer = self.scope_place(scope, within)?;
        self.begun.push((scope, outer));
        self.opened.push(self.begun.len() - 1);
        Ok(Place::New(self.begun.len() - 1))
    }

    /// Everything that ends: what the instructions name, and scopes in which nothing is left.
    fn ending(&self) -> BTreeSet<i64> {
        let mut ending = self.doomed.clone();
        for key in &self.doomed {
            let mut next = self.turn.instance.elements.get(key).and_then(|it| it.scope_key);
            while let Some(scope_key) = next
                && !ending.contains(&scope_key)
                && self.is_left_empty(scope_key, &ending)
            {
                ending.insert(scope_key);
                next = self.turn.instance.elements.get(&scope_key).and_then(|it| it.scope_key);
            }
        }
        ending
    }

    fn is_left_empty(&self, scope_key: i64, ending: &BTreeSet<i64>) -> bool {
        let is_joining =
            self.turn.instance.elements.get(&scope_key).is_some_and(|it| !it.joins.is_empty());
        let is_entered = self.begun.iter().any(|(_, place)| *place == Place::Open(scope_key));
        !is_joining
            && !is_entered
            && self.turn.instance.children(scope_key).all(|key| ending.contains(&key))
    }
}

/// What an element is that nobody can begin, or nothing.
fn not_to_begin(definition: &ProcessDefinition, index: ElementIndex) -> Option<&'static str> {
    let element = definition.element(index);
    match element.kind {
        ElementKind::Process => Some("the process itself"),
        ElementKind::StartEvent(_) => Some("a start event"),
        ElementKind::BoundaryEvent(_) => Some("a boundary event"),
        ElementKind::EventSubProcess { .. } => {
            Some("an event sub-process, which begins by its event; begin an element inside it")
        }
        _ if element.is_for_compensation => Some("a compensation handler"),
        _ => None,
    }
}

/// The scopes around an element, from the inside out.
fn scopes_of(
    definition: &ProcessDefinition,
    index: ElementIndex,
) -> impl Iterator<Item = ElementIndex> + '_ {
    std::iter::successors(definition.element(index).parent, |scope| {
        definition.element(*scope).parent
    })
}

/// Creates everything before any of it is prepared, so that variables are there in time.
fn start(turn: &mut Turn<'_>, begun: &[(ElementIndex, Place)], set: &[(Place, VariableMap)]) {
    let mut keys: Vec<i64> = Vec::with_capacity(begun.len());
    let key_of = |keys: &[i64], place: Place| match place {
        Place::Open(key) => key,
        Place::New(at) => keys[at],
    };
    for (index, place) in begun {
        let key = turn.create_waiting(*index, key_of(&keys, *place));
        keys.push(key);
    }
    for (place, variables) in set {
        turn.set_local(key_of(&keys, *place), variables);
    }
    for ((_, place), key) in begun.iter().zip(&keys) {
        // A scope that is new prepares itself and then what it holds already.
        if let Place::Open(_) = place {
            turn.push(Step::Activate, *key);
        }
    }
}

fn end(turn: &mut Turn<'_>, ending: &BTreeSet<i64>) {
    for key in ending {
        // What stood inside something else that ended is gone already.
        let Some(at) = turn.at(*key) else { continue };
        turn.terminate(*key);
        if let Some(thrower) = at.compensates {
            compensation::undone(turn, thrower);
        }
        if let Some(scope_key) = at.scope_key {
            turn.settle(scope_key);
        }
    }
}
