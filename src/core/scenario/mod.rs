//! Scenarios: tests that people write for their processes, as YAML.
//!
//! A scenario says what is deployed, how work is answered, what happens from outside, and what is
//! expected. It is played in a [`crate::core::world::World`] under a virtual clock. Must not know
//! files, servers or how a verdict is shown.

mod acting;
mod expect;
mod format;
mod given;
mod log;
mod parse;
mod play;
mod reading;
mod recorder;
mod recording;
mod steps;
mod work;
mod writing;
mod yaml;

pub use format::{Deployed, Scenario, ScenarioFile};
pub use log::{Reached, ReachedProcess};
pub use play::{Done, Failure, Verdict, Worker};
pub use recording::{NotRecordable, RecordedTurn, Recording};
