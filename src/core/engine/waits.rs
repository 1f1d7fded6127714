//! What each open part of an instance waits for, read off its state.
//!
//! Must not know words for people, workers or clocks.
//!
//! **Invariant:** an active instance of which nothing is found here is stuck for ever, which no
//! command leaves behind.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions;
use super::event::IncidentKind;
use super::instance::{ElementInstance, Held, JobState, ProcessInstance};
use super::lifecycle::Lifecycle;
use super::subscriptions::Awaits;
use crate::core::model::{ElementKind, ProcessDefinition};

/// Something an instance waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// Who waits; for a joining gateway the scope it stands in.
    pub element_instance_key: i64,
    /// The element that waits, or the event that would be triggered.
    pub element_id: Arc<str>,
    /// The element may go on without it: a boundary event or an event sub-process.
    pub is_by_the_way: bool,
    /// What would let it go on.
    pub for_what: WaitsFor,
}

/// What lets something go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitsFor {
    /// A worker's result.
    Job {
        /// The job.
        key: i64,
        /// Whether it can be taken.
        state: JobState,
    },
    /// A person's work.
    UserTask {
        /// The user task.
        key: i64,
    },
    /// A point in time.
    Timer {
        /// The timer.
        key: i64,
        /// Milliseconds UTC.
        due_at: i64,
    },
    /// A message.
    Message {
        /// The subscription.
        key: i64,
        /// Its name.
        name: String,
        /// The correlation key it must carry.
        correlation_key: String,
    },
    /// A signal.
    Signal {
        /// The subscription.
        key: i64,
        /// Its name.
        name: String,
    },
    /// A condition over variables.
    Condition {
        /// The wait.
        key: i64,
        /// The condition, in FEEL.
        condition: String,
    },
    /// A called instance to end.
    CalledInstance {
        /// The called instance.
        key: i64,
    },
    /// Other paths to arrive at a joining gateway.
    Paths {
        /// Sequence flows by which a path has arrived.
        arrived: Vec<Arc<str>>,
        /// Sequence flows by which none has arrived yet.
        missing: Vec<Arc<str>>,
    },
    /// Elements of an ad-hoc sub-process to be begun.
    Choice,
    /// A person to mend what went wrong.
    Incident {
        /// The incident.
        key: i64,
        /// What kind of trouble it is.
        kind: IncidentKind,
    },
}

/// Everything an active instance waits for, in the order in which the waiting elements began.
#[must_use]
pub fn waits(definition: &ProcessDefinition, instance: &ProcessInstance) -> Vec<Wait> {
    let mut waits = Vec::new();
    for (key, element) in &instance.elements {
        let reader = Reader { definition, instance, key: *key, element };
        waits.extend(instance.held(*key).filter_map(|held| reader.of_held(held)));
        waits.extend(reader.of_itself());
        waits.extend(element.joins.iter().map(|(id, arrived)| reader.of_join(id, arrived)));
    }
    waits
}

struct Reader<'a> {
    definition: &'a ProcessDefinition,
    instance: &'a ProcessInstance,
    key: i64,
    element: &'a ElementInstance,
}

impl Reader<'_> {
    fn wait(&self, element_id: &Arc<str>, for_what: WaitsFor) -> Wait {
        let is_by_the_way = matches!(
            self.kind_of(element_id),
            Some(ElementKind::BoundaryEvent(_) | ElementKind::StartEvent(_))
        );
        let (element_instance_key, element_id) = (self.key, element_id.clone());
        Wait { element_instance_key, element_id, is_by_the_way, for_what }
    }

    fn kind_of(&self, element_id: &str) -> Option<&ElementKind> {
        self.definition.find(element_id).map(|index| &self.definition.element(index).kind)
    }

    /// A job, a user task, a timer and so on, whatever the element instance holds.
    fn of_held(&self, held: Held) -> Option<Wait> {
        let (instance, own_id) = (self.instance, &self.element.element_id);
        Some(match held {
            Held::Job(key) => {
                let state = instance.jobs.get(&key)?.state;
                self.wait(own_id, WaitsFor::Job { key, state })
            }
            Held::UserTask(key) => self.wait(own_id, WaitsFor::UserTask { key }),
            Held::Timer(key) => {
                let it = instance.timers.get(&key)?;
                self.wait(&it.element_id, WaitsFor::Timer { key, due_at: it.due_at })
            }
            Held::Subscription(key) => {
                let it = instance.subscriptions.get(&key)?;
                let (name, correlation_key) = (it.message_name.clone(), it.correlation_key.clone());
                self.wait(&it.element_id, WaitsFor::Message { key, name, correlation_key })
            }
            Held::Signal(key) => {
                let it = instance.signals.get(&key)?;
                let name = it.signal_name.clone();
                self.wait(&it.element_id, WaitsFor::Signal { key, name })
            }
            Held::Condition(key) => {
                let it = instance.conditions.get(&key)?;
                let condition = self.condition_of(&it.element_id, it.part);
                self.wait(&it.element_id, WaitsFor::Condition { key, condition })
            }
            Held::Incident(key) => {
                let kind = instance.incidents.get(&key)?.kind;
                self.wait(own_id, WaitsFor::Incident { key, kind })
            }
        })
    }

    fn condition_of(&self, event_id: &str, part: Option<u32>) -> String {
        let event = self.definition.find(event_id);
        let awaits = event.map(|event| Awaits { event, part });
        let condition = awaits.and_then(|it| conditions::definition_of(self.definition, it));
        condition.map_or_else(String::new, |it| it.condition.source().to_owned())
    }

    /// What an element instance waits for without holding anything.
    fn of_itself(&self) -> Option<Wait> {
        let id = &self.element.element_id;
        if let Some(key) = self.element.child_key {
            return Some(self.wait(id, WaitsFor::CalledInstance { key }));
        }
        let is_idle_choice = matches!(self.kind_of(id), Some(ElementKind::AdHocSubProcess(_)))
            && self.element.lifecycle == Lifecycle::Activated
            && self.element.progress.is_none()
            && self.element.children == 0;
        is_idle_choice.then(|| self.wait(id, WaitsFor::Choice))
    }

    fn of_join(&self, gateway_id: &Arc<str>, waiting: &BTreeMap<Arc<str>, u32>) -> Wait {
        let arrived = waiting.keys().cloned().collect();
        let gateway = self.definition.find(gateway_id).map(|it| self.definition.element(it));
        let incoming = gateway.map_or(&[][..], |gateway| &gateway.incoming);
        let ids = incoming.iter().map(|flow| &self.definition.flow(*flow).id);
        let missing = ids.filter(|id| !waiting.contains_key(*id)).cloned().collect();
        self.wait(gateway_id, WaitsFor::Paths { arrived, missing })
    }
}
