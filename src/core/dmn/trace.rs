//! How an evaluation came to its values: which decisions were made and which rules matched.
//!
//! Must not know how a trace is stored or shown.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::core::feel::Value;

/// More tables are not recorded; nobody reads the trace of a table in a loop of thousands.
const TABLES_MAX: usize = 1_000;

/// The decisions and tables of one evaluation, in the order they were evaluated.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The decisions, each after those it required.
    pub decisions: Vec<DecisionTrace>,
    /// The tables, at most the first thousand.
    pub tables: Vec<TableTrace>,
}

/// A decision that was made.
#[derive(Clone, Debug)]
pub struct DecisionTrace {
    /// Its id in the file, where it has one.
    pub id: Option<Arc<str>>,
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: Value,
}

/// A table that was evaluated.
#[derive(Clone, Debug)]
pub struct TableTrace {
    /// The name of the decision or business knowledge model it belongs to.
    pub owner: Arc<str>,
    /// The table's id in the file, where it has one.
    pub id: Option<Arc<str>>,
    /// The hit policy, with the aggregator.
    pub hit_policy: &'static str,
    /// The inputs in the order of the columns.
    pub inputs: Vec<TestedInput>,
    /// The rules that matched, in the order of the table.
    pub rules: Vec<MatchedRule>,
    /// What the table gave.
    pub value: Value,
}

/// An input of a table.
#[derive(Clone, Debug)]
pub struct TestedInput {
    /// Its label, else its expression.
    pub label: Arc<str>,
    /// Its value.
    pub value: Value,
}

/// A rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedRule {
    /// Its number in the table, from 1.
    pub number: usize,
    /// Its id in the file, where it has one.
    pub id: Option<Arc<str>>,
    /// The tests the inputs fitted, in the order of the columns.
    pub tests: Vec<String>,
    /// What its author wrote beside it.
    pub annotations: Vec<String>,
}

impl Trace {
    /// The trace as JSON, to be stored and shown.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let decisions = self.decisions.iter().map(|decision| {
            json!({
                "id": decision.id.as_deref(),
                "name": &*decision.name,
                "value": decision.value.to_json(),
            })
        });
        json!({
            "decisions": decisions.collect::<Vec<_>>(),
            "tables": self.tables.iter().map(TableTrace::to_json).collect::<Vec<_>>(),
        })
    }
}

impl TableTrace {
    fn to_json(&self) -> Json {
        let inputs = self.inputs.iter();
        let inputs = inputs.map(|it| json!({"label": &*it.label, "value": it.value.to_json()}));
        let rules = self.rules.iter().map(|rule| {
            json!({
                "number": rule.number,
                "id": rule.id.as_deref(),
                "tests": rule.tests,
                "annotations": rule.annotations,
            })
        });
        json!({
            "owner": &*self.owner,
            "id": self.id.as_deref(),
            "hit_policy": self.hit_policy,
            "inputs": inputs.collect::<Vec<_>>(),
            "rules": rules.collect::<Vec<_>>(),
            "value": self.value.to_json(),
        })
    }
}

/// Collects a trace while an evaluation runs.
#[derive(Default)]
pub(super) struct Tracer(RefCell<Trace>);

impl Tracer {
    pub(super) fn add_table(&self, table: TableTrace) {
        let mut trace = self.0.borrow_mut();
        if trace.tables.len() < TABLES_MAX {
            trace.tables.push(table);
        }
    }

    pub(super) fn add_decision(&self, decision: DecisionTrace) {
        let mut trace = self.0.borrow_mut();
        if trace.decisions.len() < TABLES_MAX {
            trace.decisions.push(decision);
        }
    }

    pub(super) fn into_trace(self) -> Trace {
        self.0.into_inner()
    }
}
