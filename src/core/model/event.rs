//! What events wait for and what they throw.
//!
//! Must not know subscriptions or timers that run: those are the engine's state.

use super::definition::ElementIndex;
use super::task::{Dynamic, FormReference, JobDefinition};
use crate::core::feel::Expression;

/// What a catching event waits for.
#[derive(Debug, Clone)]
pub enum EventTrigger {
    /// A message (BPMN 2.0, 10.5.5).
    Message(MessageDefinition),
    /// A point in time.
    Timer(TimerDefinition),
    /// An error; only boundary events and event sub-processes can catch one.
    Error {
        /// The code to catch; `None` catches every error.
        code: Option<String>,
    },
    /// An escalation; only boundary events and event sub-processes can catch one.
    Escalation {
        /// The code to catch; `None` catches every escalation.
        code: Option<String>,
    },
    /// A signal (BPMN 2.0, 10.5.5).
    Signal {
        /// Its name; fixed on a process's start event.
        name: Dynamic,
    },
    /// A condition over variables (10.5.5).
    Condition(ConditionDefinition),
    /// Compensation (10.7): never waited for, but found when something is to be undone.
    Compensation {
        /// At a boundary: the activity that undoes what the event is attached to.
        handler: Option<ElementIndex>,
    },
    /// The cancellation of a transaction; only a boundary event can catch it.
    Cancel,
    /// Several of the others (BPMN 2.0, 10.5.5: multiple and parallel multiple); never in another.
    Multiple {
        /// At least two, in document order.
        triggers: Vec<EventTrigger>,
        /// Whether all of them must come, each once, instead of any.
        needs_all: bool,
    },
}

impl EventTrigger {
    /// What is waited for: itself, or the triggers of a multiple event in document order.
    #[must_use]
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::Multiple { triggers, .. } => triggers,
            single => std::slice::from_ref(single),
        }
    }

    /// Whether several triggers must all come before the event happens.
    #[must_use]
    pub fn needs_all(&self) -> bool {
        matches!(self, Self::Multiple { needs_all: true, .. })
    }
}

/// A condition that an event waits for (`zeebe:conditionalFilter`).
#[derive(Debug, Clone)]
pub struct ConditionDefinition {
    /// Met when it is true.
    pub condition: Expression,
    /// Only changes of these variables count; those that the condition reads when `None`.
    pub variable_names: Option<Vec<String>>,
    /// Whether a variable that is new in its scope counts.
    pub sees_new: bool,
    /// Whether a new value of a variable counts.
    pub sees_changed: bool,
}

impl ConditionDefinition {
    /// Whether a change of a variable is a reason to look at the condition again.
    #[must_use]
    pub fn is_about(&self, name: &str, is_new: bool) -> bool {
        let counts = if is_new { self.sees_new } else { self.sees_changed };
        counts
            && match &self.variable_names {
                Some(names) => names.iter().any(|it| it == name),
                None => self.condition.variables().contains(name),
            }
    }
}

/// A message by name, and by correlation key where an instance waits for it.
#[derive(Debug, Clone)]
pub struct MessageDefinition {
    /// Name of the message, as the sender says it.
    pub name: Dynamic,
    /// Gives the key that must equal the sender's; `None` only on a process's start event.
    pub correlation_key: Option<Expression>,
}

/// When a timer fires (BPMN 2.0, 10.5.5). The values are ISO 8601 texts, cron for a cycle, or FEEL.
#[derive(Debug, Clone)]
pub enum TimerDefinition {
    /// At a date and time.
    Date(Dynamic),
    /// After a duration.
    Duration(Dynamic),
    /// Again and again: `R3/PT10M`, `R/PT1H`, or a cron expression.
    Cycle(Dynamic),
}

/// A start event of a process, a sub-process or an event sub-process.
#[derive(Debug, Clone)]
pub struct StartEvent {
    /// `None` starts with its scope.
    pub trigger: Option<EventTrigger>,
    /// In an event sub-process: whether it ends everything else in the scope.
    pub is_interrupting: bool,
    /// On a process's start event: the form that asks a person for the first variables.
    pub form: Option<FormReference>,
}

/// An event attached to an activity.
#[derive(Debug, Clone)]
pub struct BoundaryEvent {
    /// The activity.
    pub attached_to: ElementIndex,
    /// Whether the activity ends when the event is triggered.
    pub is_interrupting: bool,
    /// What it waits for.
    pub trigger: EventTrigger,
}

/// What an end event does beyond ending its path.
#[derive(Debug, Clone)]
pub enum EndEvent {
    /// Nothing.
    None,
    /// Throws an error to the enclosing scopes.
    Error {
        /// The code thrown.
        code: Dynamic,
    },
    /// Throws an escalation to the enclosing scopes.
    Escalation {
        /// The code thrown.
        code: Dynamic,
    },
    /// Throws a signal to everybody.
    Signal {
        /// Its name.
        name: Dynamic,
    },
    /// Undoes what was done in its scope, and waits for it.
    Compensation {
        /// What is undone; `None` is everything that can be.
        activity: Option<ElementIndex>,
    },
    /// Undoes the transaction it stands in and leaves it.
    Cancel,
    /// Ends everything in its scope (BPMN 2.0, 10.5.3).
    Terminate,
    /// Sends a message; sending is a job.
    Message(JobDefinition),
    /// Several of the others, all of which are thrown (10.5.5: multiple).
    Multiple(Vec<EndEvent>),
}
