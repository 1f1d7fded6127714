//! Time travel: an instance as it was after one of its turns, and what that turn changed.
//!
//! Must not change anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::diagram::{draw, overlays};
use super::rows::{self, InstanceRow};
use super::scopes::{Scope, scopes};
use super::timeline::{Naming, TimelineEntry, element_name, timeline};
use crate::core::engine::{Event, ProcessInstance, apply};
use crate::platform::store::{Sql, StoreError};
use crate::services::execution::{self, Definitions, Deployed, TurnRecord};

/// An instance as it was after a turn.
#[derive(Debug)]
pub struct Moment {
    /// Its row, as it is now.
    pub row: InstanceRow,
    /// The turns up to this one, oldest first; never empty.
    pub turns: Vec<TurnRecord>,
    /// Its state after them.
    pub instance: ProcessInstance,
    /// The definition it ran then.
    pub deployed: Arc<Deployed>,
    /// The model file of that definition.
    pub model: Arc<str>,
    /// Variables that the last of the turns changed.
    pub changed: Vec<VariableChange>,
}

/// A new value of a variable.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableChange {
    /// The scope that holds the variable.
    pub scope_key: i64,
    /// Name of the scope's element.
    pub scope: String,
    /// Name of the variable.
    pub name: String,
    /// The value before; `None` when it was new.
    pub before: Option<Value>,
    /// The value after.
    pub after: Value,
}

impl Moment {
    /// The turn it was after.
    #[must_use]
    pub fn turn(&self) -> &TurnRecord {
        &self.turns[self.turns.len() - 1]
    }

    /// The diagram as it was then, as SVG; empty when the model can't be drawn.
    #[must_use]
    pub fn diagram(&self) -> String {
        draw(&self.model, &overlays(&self.instance, &self.turns))
    }

    /// Variables by scope, as they were then.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        scopes(&self.deployed.graph, &self.instance)
    }

    /// The ids of everybody who had to do with its turns.
    #[must_use]
    pub fn people(&self) -> BTreeSet<&str> {
        super::timeline::people(&self.turns)
    }

    /// The ids of all groups that its user tasks named as candidates.
    #[must_use]
    pub fn groups(&self) -> BTreeSet<&str> {
        super::timeline::groups(&self.turns)
    }

    /// What the turn did, in words.
    #[must_use]
    pub fn told(&self, naming: &dyn Naming) -> Vec<TimelineEntry> {
        let turn = self.turn().turn;
        let mut told = timeline(&self.deployed.graph, &self.turns, naming);
        told.retain(|entry| entry.turn == turn);
        told
    }
}

/// An instance after a turn, after the last one when none is named; `None` when there is no such
/// instance or turn.
///
/// # Errors
/// `Corrupt` when its journal can't be read; those of the database.
pub(super) fn find(
    sql: &mut dyn Sql,
    definitions: &Definitions,
    key: i64,
    turn: Option<i64>,
) -> Result<Option<Moment>, StoreError> {
    let Some(row) = rows::find(sql, key)? else { return Ok(None) };
    let wanted = turn.unwrap_or(row.turn);
    if !(1..=row.turn).contains(&wanted) {
        return Ok(None);
    }
    let now = definitions.load(sql, row.definition_key)?;
    let turns = execution::list_turns_until(sql, &now, key, wanted)?;
    let Some((last, before)) = turns.split_last() else { return Ok(None) };
    let mut instance = ProcessInstance::empty();
    for event in before.iter().flat_map(|turn| &turn.events) {
        apply(&mut instance, event);
    }
    let earlier = instance.clone();
    last.events.iter().for_each(|event| apply(&mut instance, event));
    let deployed = definitions.load(sql, instance.definition_key)?;
    let model = rows::load_model(sql, instance.definition_key)?;
    let changed = changed(&deployed, &turns, &earlier);
    Ok(Some(Moment { row, turns, instance, deployed, model, changed }))
}

/// The last value counts when a turn sets a variable more than once.
fn changed(
    deployed: &Deployed,
    turns: &[TurnRecord],
    earlier: &ProcessInstance,
) -> Vec<VariableChange> {
    let elements = super::elements_by_key(turns);
    let mut changes: Vec<VariableChange> = Vec::new();
    for event in turns.last().iter().flat_map(|turn| &turn.events) {
        let Event::VariableSet { scope_key, name, value } = event else { continue };
        let known = changes.iter_mut().find(|it| it.scope_key == *scope_key && it.name == *name);
        if let Some(known) = known {
            known.after = value.clone();
            continue;
        }
        let scope = elements.get(scope_key).map_or("", |id| &**id);
        let before = earlier.elements.get(scope_key).and_then(|it| it.variables.get(name));
        changes.push(VariableChange {
            scope_key: *scope_key,
            scope: element_name(&deployed.graph, scope),
            name: name.clone(),
            before: before.cloned(),
            after: value.clone(),
        });
    }
    changes
}
