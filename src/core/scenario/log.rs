//! What has happened in a scenario so far, in the words in which it is asked for.
//!
//! Must not know what was expected.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::core::engine::{Event, Role};
use crate::core::world::Record;

/// The elements and sequence flows that were reached, by process.
pub type Reached = BTreeMap<Arc<str>, ReachedProcess>;

/// What was reached of one process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReachedProcess {
    /// Ids of elements that were begun.
    pub elements: BTreeSet<Arc<str>>,
    /// Ids of sequence flows that were taken.
    pub flows: BTreeSet<Arc<str>>,
}

#[derive(Default)]
pub(super) struct Log {
    /// Element instances with the process instance they belong to.
    elements: HashMap<i64, (i64, Arc<str>)>,
    /// Elements in the order in which they were begun, each with its process instance.
    pub(super) begun: Vec<(i64, Arc<str>)>,
    /// Elements in the order in which they ended.
    pub(super) ended: Vec<Ended>,
    /// Messages of incidents.
    pub(super) incidents: HashMap<i64, String>,
    pub(super) reached: Reached,
}

pub(super) struct Ended {
    pub(super) instance_key: i64,
    pub(super) element_id: Arc<str>,
    pub(super) is_completed: bool,
}

impl Log {
    /// Notes what has happened in an instance of a process.
    pub(super) fn note(&mut self, record: Record, process_id: &Arc<str>) {
        let instance_key = record.instance_key;
        match record.event {
            Event::ElementActivating(facts) => {
                let reached = self.reached.entry(process_id.clone()).or_default();
                reached.elements.insert(facts.element_id.clone());
                // A repeated activity counts as often as it is done, and not once more as a whole.
                if facts.role != Role::Body && facts.key != instance_key {
                    self.elements.insert(facts.key, (instance_key, facts.element_id.clone()));
                    self.begun.push((instance_key, facts.element_id));
                }
            }
            Event::ElementCompleted { key } => self.end(key, true),
            Event::ElementTerminated { key } => self.end(key, false),
            Event::SequenceFlowTaken { flow_id, .. } => {
                self.reached.entry(process_id.clone()).or_default().flows.insert(flow_id);
            }
            Event::IncidentRaised(incident) => {
                self.incidents.insert(incident.key, incident.message);
            }
            _ => {}
        }
    }

    fn end(&mut self, key: i64, is_completed: bool) {
        if let Some((instance_key, element_id)) = self.elements.remove(&key) {
            self.ended.push(Ended { instance_key, element_id, is_completed });
        }
    }

    /// The elements of an instance that completed, or were terminated, in order.
    pub(super) fn ended(
        &self,
        instance_key: i64,
        is_completed: bool,
    ) -> impl Iterator<Item = &str> + '_ {
        let ended = self.ended.iter();
        let meant = ended
            .filter(move |it| it.instance_key == instance_key && it.is_completed == is_completed);
        meant.map(|it| &*it.element_id)
    }

    /// The way all instances took, for people: elements in the order in which they ended.
    pub(super) fn path(&self) -> Vec<String> {
        let told = self.ended.iter().map(|it| {
            if it.is_completed { it.element_id.to_string() } else { format!("{}×", it.element_id) }
        });
        told.collect()
    }
}
