//! The engine: how a process instance advances.
//!
//! [`decide`] takes a command to one instance and says what happens; [`apply`] is how events change
//! state. Both are pure: time, keys and limits are arguments. Must not know XML, storage, other
//! instances (they are reached by [`Effect`]s), or who sent a command.
//!
//! **Invariant:** folding [`apply`] over all events of an instance, from
//! [`ProcessInstance::empty`], gives exactly the instance.
//! **Invariant:** a [`Rejection`] leaves the instance untouched.

mod apply;
mod calls;
mod catching;
mod changes;
mod command;
mod compensation;
mod complex_gateway;
mod conditions;
mod context;
mod copies;
mod decide;
mod decisions;
mod effect;
mod elements;
mod errors;
mod escalations;
mod event;
mod event_keys;
mod expressions;
mod facts;
mod flows;
mod incidents;
mod instance;
mod jobs;
mod joins;
mod journal;
mod lifecycle;
mod loops;
mod mappings;
mod migration;
mod modification;
mod multi_instance;
mod reachability;
mod rejection;
mod restart;
mod signals;
mod starts;
mod subscriptions;
mod suspension;
mod timers;
mod triggers;
mod turn;
mod user_tasks;
mod variables;
mod waits;

pub use apply::apply;
pub use calls::{escalated, told};
pub use changes::{
    Activation, Instruction, Mapping, MigrateInstance, MoveSource, RepairIncident, ScopeVariables,
};
pub use command::{Command, CreateInstance, DateChange, UserTaskChanges};
pub use context::{KEY_STEP, Keys, Limits, Outcome, TurnContext};
pub use copies::{CopyPlan, GoOnAsCopy, copy_history};
pub use decide::decide;
pub use decisions::{Decisions, DeployedDecision};
pub use effect::{CallResult, Effect};
pub use event::{Event, IncidentKind, IncidentRaised, Step};
pub use facts::{
    AwaitedTrigger, CollectedTrigger, ConditionSubscribed, DecisionEvaluated, ElementActivating,
    InstanceCreated, InstanceMigrated, JobCreated, LoopStarted, Repetition, Role, SignalSubscribed,
    SubscriptionOpened, TaskForm, TimerScheduled, TriggerCollected, UserTaskCreated,
};
pub use instance::{
    Compensation, ConditionSubscription, ElementInstance, Held, Incident, InstanceState, Job,
    JobState, LoopProgress, Parent, Postponed, ProcessInstance, SignalSubscription, Subscription,
    Timer, UserTask, VariableMap,
};
pub use journal::{FORMAT, JournalError, decode, encode};
pub use lifecycle::Lifecycle;
pub use migration::{
    MigrationProblem, MigrationReason, Proposal, check_migration, named_anew, propose_migration,
};
pub use rejection::{ModificationProblem, Rejection, Target};
pub use restart::{Start, start_of};
pub use starts::{CameTrigger, matching_triggers, met_starts, needed_triggers};
pub use timers::{Due, first_due, next_due, timer_expression};
pub use variables::variables_at;
pub use waits::{Wait, WaitsFor, waits};
