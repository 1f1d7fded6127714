//! An instance's diagram: the model's drawing with where the instance is and where it went.
//!
//! Must not know where the journal or the model is kept.

use std::collections::BTreeMap;

use super::timeline::elements_by_key;
use crate::core::bpmn::{self, Limits, svg};
use crate::core::engine::{Event, ProcessInstance};
use crate::services::execution::TurnRecord;

/// States of all elements, out of the journal and the open state.
#[must_use]
pub fn overlays(instance: &ProcessInstance, turns: &[TurnRecord]) -> svg::Overlays {
    let elements = elements_by_key(turns);
    let mut overlays = svg::Overlays::default();
    let mut completed: BTreeMap<&str, u64> = BTreeMap::new();
    for event in turns.iter().flat_map(|turn| &turn.events) {
        match event {
            Event::SequenceFlowTaken { flow_id, .. } => {
                overlays.taken_flows.insert(flow_id.to_string());
            }
            Event::ElementCompleted { key } => {
                if let Some(element_id) = elements.get(key) {
                    *completed.entry(element_id).or_default() += 1;
                }
            }
            _ => {}
        }
    }
    let mut active: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, element) in instance.elements.iter().filter(|(key, _)| **key != instance.key) {
        *active.entry(&element.element_id).or_default() += 1;
    }
    for (element_id, count) in completed {
        let overlay = overlays.elements.entry(element_id.to_owned()).or_default();
        overlay.is_completed = true;
        overlay.count = (count > 1).then_some(count);
    }
    for (element_id, count) in active {
        let overlay = overlays.elements.entry(element_id.to_owned()).or_default();
        overlay.is_active = true;
        overlay.count = (count > 1).then_some(count);
    }
    for incident in instance.incidents.values() {
        if let Some(element) = instance.elements.get(&incident.element_instance_key) {
            let id = element.element_id.to_string();
            overlays.elements.entry(id).or_default().is_stuck = true;
        }
    }
    overlays
}

/// The drawing as SVG; empty when the model can't be drawn.
#[must_use]
pub fn draw(model: &str, overlays: &svg::Overlays) -> String {
    let diagram = bpmn::read_diagram(model, &Limits::default());
    diagram.map_or_else(|_| String::new(), |diagram| svg::render(&diagram, overlays))
}
