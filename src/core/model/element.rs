//! The kinds of elements and what each kind needs to be executed.
//!
//! Must not know how an element is executed: that is the engine's.

use super::definition::ElementIndex;
use super::event::{BoundaryEvent, EndEvent, EventTrigger, MessageDefinition, StartEvent};
use super::task::{
    Binding, CalledDecision, Dynamic, JobDefinition, ScriptDefinition, UserTaskDefinition,
};
use crate::core::feel::Expression;

/// Everything the engine can execute, one variant a kind.
#[derive(Debug, Clone)]
pub enum ElementKind {
    /// The process itself: the outermost scope (BPMN 2.0, 10.2).
    Process,
    /// Embedded sub-process (10.3.5).
    SubProcess,
    /// Transaction (10.3.5): a sub-process that can be cancelled.
    Transaction,
    /// Ad-hoc sub-process (10.3.5).
    AdHocSubProcess(AdHocDefinition),
    /// Event sub-process (10.3.5): starts when its start event is triggered in the parent scope.
    EventSubProcess {
        /// Its only start event, which holds the trigger.
        start: ElementIndex,
    },
    /// Start event (10.5.2).
    StartEvent(StartEvent),
    /// Intermediate catch event (10.5.4): waits for its trigger.
    IntermediateCatchEvent(EventTrigger),
    /// Intermediate throw event without a trigger: passes at once.
    IntermediateThrowEvent,
    /// Intermediate message throw event; sending is a job.
    MessageThrowEvent(JobDefinition),
    /// Intermediate escalation throw event.
    EscalationThrowEvent {
        /// The code thrown.
        code: Dynamic,
    },
    /// Intermediate signal throw event.
    SignalThrowEvent {
        /// Name of the signal.
        name: Dynamic,
    },
    /// Intermediate compensation throw event: undoes what was done in its scope, and waits for it.
    CompensationThrowEvent {
        /// What is undone; `None` is everything that can be.
        activity: Option<ElementIndex>,
    },
    /// Intermediate multiple throw event: all of its results are thrown.
    MultipleThrowEvent(Vec<EndEvent>),
    /// Link throw event: the path goes on at a link catch event of the same scope (10.5.5).
    LinkThrowEvent {
        /// The link catch event.
        target: ElementIndex,
    },
    /// Link catch event: begins where a link throw event led to.
    LinkCatchEvent,
    /// Boundary event (10.5.4).
    BoundaryEvent(BoundaryEvent),
    /// End event (10.5.3).
    EndEvent(EndEvent),
    /// Service task: a job.
    ServiceTask(JobDefinition),
    /// Send task: a job.
    SendTask(JobDefinition),
    /// Script task: FEEL inside the turn, or a job.
    ScriptTask(ScriptDefinition),
    /// Business rule task: a decision, made inside the turn.
    BusinessRuleTask(CalledDecision),
    /// User task: work for a person.
    UserTask(UserTaskDefinition),
    /// Receive task: waits for a message.
    ReceiveTask(MessageDefinition),
    /// Receive task whose message starts the process (10.3.3).
    InstantiatingReceiveTask(MessageDefinition),
    /// Manual task: done outside the system, passes at once.
    ManualTask,
    /// Task without a type: passes at once.
    UndefinedTask,
    /// Call activity: another process as a child.
    CallActivity(CallActivity),
    /// Exclusive gateway (10.6.2).
    ExclusiveGateway,
    /// Parallel gateway (10.6.4).
    ParallelGateway,
    /// Inclusive gateway (10.6.3).
    InclusiveGateway,
    /// Event-based gateway (10.6.6): waits for the events behind it.
    EventBasedGateway(EventBasedGateway),
    /// Complex gateway (10.6.5).
    ComplexGateway {
        /// When it opens; without one, the first path that arrives opens it.
        activation_condition: Option<Expression>,
    },
}

/// How an event-based gateway begins and when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventBasedGateway {
    /// Whether an event behind it starts the process.
    pub is_instantiating: bool,
    /// Whether all events behind it must come instead of the first; only when it instantiates.
    pub needs_all: bool,
}

/// Multi-instance marker (BPMN 2.0, 10.3.8, with `zeebe:loopCharacteristics`).
#[derive(Debug, Clone)]
pub struct LoopCharacteristics {
    /// One after the other instead of all at once.
    pub is_sequential: bool,
    /// How many inner instances there are.
    pub items: LoopItems,
    /// Local variable that holds the item.
    pub input_element: Option<String>,
    /// Variable that collects the results, in the order of the input.
    pub output_collection: Option<String>,
    /// The result of one inner instance.
    pub output_element: Option<Expression>,
    /// Checked after each inner instance; true ends the whole.
    pub completion_condition: Option<Expression>,
    /// Which events it throws as inner instances complete.
    pub behavior: LoopBehavior,
}

/// Which events a multi-instance throws, for its boundary events or others to catch (BPMN 2.0,
/// 10.3.8, table 10.28).
#[derive(Debug, Clone, Default)]
pub enum LoopBehavior {
    /// None at all: only the completion of all inner instances counts.
    #[default]
    All,
    /// One whenever an inner instance completes.
    None(ThrownEvent),
    /// One when the first inner instance completes.
    One(ThrownEvent),
    /// Whenever an inner instance completes: those whose condition is true.
    Complex(Vec<ComplexBehavior>),
}

/// An event that a multi-instance throws under a condition.
#[derive(Debug, Clone)]
pub struct ComplexBehavior {
    /// Checked in the inner instance that completes.
    pub condition: Expression,
    /// What is thrown.
    pub event: ThrownEvent,
}

/// An event that is thrown without an element of its own.
#[derive(Debug, Clone)]
pub enum ThrownEvent {
    /// A signal, by its name.
    Signal(Dynamic),
    /// An escalation, by its code.
    Escalation(Dynamic),
    /// An error, by its code.
    Error(Dynamic),
}

/// How often an activity is repeated.
#[derive(Debug, Clone)]
pub enum LoopItems {
    /// Gives a list; one inner instance an item.
    Collection(Expression),
    /// Gives the number of inner instances (BPMN 2.0, 10.3.8).
    Cardinality(Expression),
    /// As long as it goes on (BPMN 2.0, 10.3.7).
    While(StandardLoop),
}

/// A standard loop; it has a condition, a maximum, or both.
#[derive(Debug, Clone)]
pub struct StandardLoop {
    /// Goes on while it is true.
    pub condition: Option<Expression>,
    /// Whether the condition is tested before the first time too.
    pub tests_before: bool,
    /// At most so many times.
    pub maximum: Option<u32>,
}

/// What an ad-hoc sub-process begins and when it is done (`zeebe:adHoc`).
#[derive(Debug, Clone)]
pub struct AdHocDefinition {
    /// Gives the list of the ids of the elements to begin.
    pub active_elements: Option<Expression>,
    /// Checked when a path inside ends; without one it is done when nothing is left.
    pub completion_condition: Option<Expression>,
    /// Whether what is still at work ends when the condition is met.
    pub cancels_remaining: bool,
    /// Whether one begins only when nothing else is at work (BPMN 2.0, 10.3.5).
    pub is_sequential: bool,
    /// Variable that collects the results of the paths inside, in the order in which they end.
    pub output_collection: Option<String>,
    /// The result of one path.
    pub output_element: Option<Expression>,
    /// A worker chooses what begins, instead of a list.
    pub job: Option<JobDefinition>,
}

/// What a call activity calls (`zeebe:calledElement`).
#[derive(Debug, Clone)]
pub struct CallActivity {
    /// Id of the called process.
    pub process_id: Dynamic,
    /// Which version of it is called.
    pub binding: Binding,
    /// Whether all variables visible to the caller are given to the child.
    pub propagates_all_parent_variables: bool,
    /// Whether all of the child's variables come back when there are no output mappings.
    pub propagates_all_child_variables: bool,
}

impl ElementKind {
    /// Whether it holds other elements.
    #[must_use]
    pub fn is_scope(&self) -> bool {
        matches!(
            self,
            Self::Process
                | Self::SubProcess
                | Self::Transaction
                | Self::AdHocSubProcess(_)
                | Self::EventSubProcess { .. }
        )
    }

    /// BPMN's name of the kind, as in `bpmn:userTask`, in the form people read.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::SubProcess => "sub-process",
            Self::Transaction => "transaction",
            Self::AdHocSubProcess(_) => "ad-hoc sub-process",
            Self::EventSubProcess { .. } => "event sub-process",
            Self::StartEvent(_) => "start event",
            Self::IntermediateCatchEvent(_) => "intermediate catch event",
            Self::IntermediateThrowEvent
            | Self::MessageThrowEvent(_)
            | Self::EscalationThrowEvent { .. }
            | Self::SignalThrowEvent { .. }
            | Self::CompensationThrowEvent { .. }
            | Self::MultipleThrowEvent(_) => "intermediate throw event",
            Self::LinkThrowEvent { .. } => "link throw event",
            Self::LinkCatchEvent => "link catch event",
            Self::BoundaryEvent(_) => "boundary event",
            Self::EndEvent(_) => "end event",
            Self::ServiceTask(_) => "service task",
            Self::SendTask(_) => "send task",
            Self::ScriptTask(_) => "script task",
            Self::BusinessRuleTask(_) => "business rule task",
            Self::UserTask(_) => "user task",
            Self::ReceiveTask(_) | Self::InstantiatingReceiveTask(_) => "receive task",
            Self::ManualTask => "manual task",
            Self::UndefinedTask => "task",
            Self::CallActivity(_) => "call activity",
            Self::ExclusiveGateway => "exclusive gateway",
            Self::ParallelGateway => "parallel gateway",
            Self::InclusiveGateway => "inclusive gateway",
            Self::EventBasedGateway(_) => "event-based gateway",
            Self::ComplexGateway { .. } => "complex gateway",
        }
    }
}
