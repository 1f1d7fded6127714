//! What starts a process by itself: start events with a trigger, and elements that instantiate.
//!
//! Must not know who waits for a trigger while there is no instance.

use super::definition::{ElementIndex, FlowIndex, ProcessDefinition};
use super::element::ElementKind;
use super::event::{ConditionDefinition, EventTrigger, MessageDefinition, TimerDefinition};
use super::task::Dynamic;

/// One way to start a process by itself.
#[derive(Debug, Clone, Copy)]
pub struct ProcessStart<'d> {
    /// The element that begins then.
    pub element: ElementIndex,
    /// Which of its triggers, from 0.
    pub part: u32,
    /// What it waits for.
    pub trigger: StartTrigger<'d>,
}

/// What starts a process.
#[derive(Debug, Clone, Copy)]
pub enum StartTrigger<'d> {
    /// A message of this name.
    Message(&'d MessageDefinition),
    /// A point in time.
    Timer(&'d TimerDefinition),
    /// A signal of this name.
    Signal(&'d Dynamic),
    /// Variables that meet a condition.
    Condition(&'d ConditionDefinition),
}

impl ProcessDefinition {
    /// Everything that starts the process without a person: start events (BPMN 2.0, 10.5.2), instantiating receive tasks (10.3.3), and the events behind
    /// instantiating event-based gateways (10.6.6).
    #[must_use]
    pub fn starts(&self) -> Vec<ProcessStart<'_>> {
        let mut starts = Vec::new();
        for &child in &self.element(Self::ROOT).children {
            match &self.element(child).kind {
                ElementKind::EventBasedGateway(it) if it.is_instantiating => {
                    let flows = self.element(child).outgoing.iter();
                    for target in flows.map(|flow| self.flow(*flow).target) {
                        self.add_starts(target, &mut starts);
                    }
                }
                ElementKind::StartEvent(_) | ElementKind::InstantiatingReceiveTask(_) => {
                    self.add_starts(child, &mut starts);
                }
                _ => {}
            }
        }
        starts
    }

    fn add_starts<'d>(&'d self, element: ElementIndex, starts: &mut Vec<ProcessStart<'d>>) {
        let trigger = match &self.element(element).kind {
            ElementKind::ReceiveTask(message) | ElementKind::InstantiatingReceiveTask(message) => {
                let trigger = StartTrigger::Message(message);
                return starts.push(ProcessStart { element, part: 0, trigger });
            }
            ElementKind::StartEvent(start) => start.trigger.as_ref(),
            ElementKind::IntermediateCatchEvent(trigger) => Some(trigger),
            _ => None,
        };
        let parts = trigger.map_or(&[][..], EventTrigger::parts);
        starts.extend((0u32..).zip(parts).filter_map(|(part, it)| {
            Some(ProcessStart { element, part, trigger: start_trigger(it)? })
        }));
    }

    /// The instantiating event-based gateway that leads to an element, and the flow between them.
    #[must_use]
    pub fn instantiating_gateway(&self, index: ElementIndex) -> Option<(ElementIndex, FlowIndex)> {
        self.element(index).incoming.iter().find_map(|flow| {
            let source = self.flow(*flow).source;
            let kind = &self.element(source).kind;
            let instantiates =
                matches!(kind, ElementKind::EventBasedGateway(it) if it.is_instantiating);
            instantiates.then_some((source, *flow))
        })
    }
}

fn start_trigger(trigger: &EventTrigger) -> Option<StartTrigger<'_>> {
    match trigger {
        EventTrigger::Message(message) => Some(StartTrigger::Message(message)),
        EventTrigger::Timer(timer) => Some(StartTrigger::Timer(timer)),
        EventTrigger::Signal { name } => Some(StartTrigger::Signal(name)),
        EventTrigger::Condition(condition) => Some(StartTrigger::Condition(condition)),
        _ => None,
    }
}
