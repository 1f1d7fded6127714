//! Processes: deploying models, decisions, forms and data schemas, and finding what was deployed.
//!
//! Must not know instances. What can't be executed is refused here, with every problem at once.
//!
//! **Invariant:** a deployment is stored whole or not at all; a version never changes.

mod check;
mod decisions;
mod deploy;
mod examples;
mod forms;
mod listing;
mod patterns;
mod storing;
mod storing_decisions;

pub use check::{FileProblem, Resource};
pub use decisions::read_decisions;
pub use deploy::{DeployError, DeployedDecision, DeployedProcess, Deployment, deploy, lint};
pub use examples::{EXAMPLES, Example, ExampleError, load_examples};
pub use forms::{
    ShownForm, find_form, find_form_source, find_form_version, resolve_form, start_form,
};
pub use listing::{
    DefinitionRow, ProcessName, ProcessRow, ResourceRow, ScheduleRow, count_active,
    count_completed, draw, find_data_table, find_definition, find_resource, list_definitions,
    list_names, list_processes, list_schedules, set_schedule_paused,
};
pub use patterns::{PATTERN_GROUPS, PATTERNS, Pattern, PatternGroup};
