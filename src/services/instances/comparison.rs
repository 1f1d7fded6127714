//! Two instances side by side: where their ways and their variables part.
//!
//! Must not know why they are compared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::Inspection;
use super::timeline::element_name;
use crate::core::engine::Event;

/// What differs between two instances.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Comparison {
    /// Elements that one of them went through more often, in the order of the model.
    pub elements: Vec<ElementDifference>,
    /// Variables of the outermost scopes that differ, by name.
    pub variables: Vec<VariableDifference>,
    /// How many variables are the same.
    pub same_variables: usize,
}

/// An element that one instance went through more often than the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementDifference {
    /// The element.
    pub element_id: String,
    /// Its name.
    pub name: String,
    /// How often each of the two began it.
    pub times: [u64; 2],
}

/// A variable that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableDifference {
    /// Its name.
    pub name: String,
    /// The value in each of the two; `None` where there is none.
    pub values: [Option<Value>; 2],
}

/// Compares two instances, as a rule of one process.
#[must_use]
pub fn compare(first: &Inspection, second: &Inspection) -> Comparison {
    let (variables, same_variables) = variables(first, second);
    Comparison { elements: elements(first, second), variables, same_variables }
}

fn elements(first: &Inspection, second: &Inspection) -> Vec<ElementDifference> {
    let times = [begun(first), begun(second)];
    let graphs = [&first.deployed.graph, &second.deployed.graph];
    let mut seen = HashSet::new();
    let ids = graphs.into_iter().flat_map(|graph| &graph.elements).map(|element| &*element.id);
    let ids = ids.filter(|id| seen.insert(*id));
    let difference = |id: &str| {
        let times = [0, 1].map(|of: usize| times[of].get(id).copied().unwrap_or(0));
        let graph = graphs.into_iter().find(|graph| graph.find(id).is_some());
        (times[0] != times[1]).then(|| ElementDifference {
            element_id: id.to_owned(),
            name: graph.map_or_else(|| id.to_owned(), |graph| element_name(graph, id)),
            times,
        })
    };
    ids.filter_map(difference).collect()
}

/// How often each element was begun.
fn begun(of: &Inspection) -> BTreeMap<&str, u64> {
    let mut begun = BTreeMap::new();
    for event in of.turns.iter().flat_map(|turn| &turn.events) {
        if let Event::ElementActivating(it) = event {
            *begun.entry(&*it.element_id).or_default() += 1;
        }
    }
    begun
}

fn variables(first: &Inspection, second: &Inspection) -> (Vec<VariableDifference>, usize) {
    let both = [first.instance.variables(), second.instance.variables()];
    let names: BTreeSet<&String> = both.iter().flatten().flat_map(|it| it.keys()).collect();
    let all = names.len();
    let difference = |name: &String| {
        let values = both.map(|of| of.and_then(|it| it.get(name)).cloned());
        (values[0] != values[1]).then(|| VariableDifference { name: name.clone(), values })
    };
    let differing: Vec<_> = names.into_iter().filter_map(difference).collect();
    let same = all - differing.len();
    (differing, same)
}
