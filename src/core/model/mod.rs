//! The executable process graph and its vocabulary, whatever language a model was written in.
//!
//! Front ends (`core::bpmn`) compile into these types and report [`Problem`]s; the engine runs
//! them. Must not know XML, the engine's state, or storage.
//!
//! **Invariant:** indexes inside a [`ProcessDefinition`] are valid for that definition only, and a
//! definition given out by a front end is complete: every reference has been resolved.

mod definition;
mod element;
mod event;
mod listener;
mod problem;
mod starts;
mod task;

pub use definition::{Element, ElementIndex, FlowIndex, ProcessDefinition, SequenceFlow};
pub use element::{
    AdHocDefinition, CallActivity, ComplexBehavior, ElementKind, EventBasedGateway, LoopBehavior,
    LoopCharacteristics, LoopItems, StandardLoop, ThrownEvent,
};
pub use event::{
    BoundaryEvent, ConditionDefinition, EndEvent, EventTrigger, MessageDefinition, StartEvent,
    TimerDefinition,
};
pub use listener::{Listeners, TaskListener, TaskListenerEvent};
pub use problem::{Problem, Severity};
pub use starts::{ProcessStart, StartTrigger};
pub use task::{
    Binding, CalledDecision, DataRules, Dynamic, FormReference, IoMapping, JobDefinition, Mapping,
    ScriptDefinition, UserTaskDefinition, VariablePath,
};
