//! What a scenario file says, once it is read.
//!
//! Must not know YAML, nor how a scenario is played.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::given::{Given, Test};
use crate::core::engine::InstanceState;
use crate::core::feel::Expression;

/// A file of scenarios that share what is deployed.
#[derive(Debug)]
pub struct ScenarioFile {
    /// What is deployed: paths relative to the file.
    pub deploy: Vec<Deployed>,
    /// At least one.
    pub scenarios: Vec<Scenario>,
}

/// A file that a scenario needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// Relative to the scenario file.
    pub path: String,
    /// Where it is named, from 1.
    pub line: u32,
    /// Where it is named, from 1.
    pub column: u32,
}

/// One scenario.
#[derive(Debug)]
pub struct Scenario {
    /// What people call it; unique in its file.
    pub name: String,
    /// Where it begins in the file, from 1.
    pub line: u32,
    /// When it begins.
    pub(super) at: Timestamp,
    pub(super) zone: TimeZone,
    /// Answers of workers by element id or job type.
    pub(super) jobs: BTreeMap<String, Answers>,
    /// Answers of processes that are not really called, by process id.
    pub(super) calls: BTreeMap<String, Answers>,
    pub(super) steps: Vec<Step>,
}

/// How work is answered.
#[derive(Debug, Clone)]
pub(super) enum Answers {
    /// The same way each time.
    Always(Answer),
    /// One after the other; then no more.
    Each(Vec<Answer>),
}

/// One answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) line: u32,
    pub(super) path: String,
    pub(super) outcome: AnswerOutcome,
    /// How long the work takes.
    pub(super) after_ms: i64,
    /// What the work must be given.
    pub(super) with: Vec<(String, Test)>,
}

#[derive(Debug, Clone)]
pub(super) enum AnswerOutcome {
    Complete(Given),
    Fail {
        message: String,
        retries: Option<i32>,
        variables: Given,
    },
    Error {
        code: String,
        message: String,
        variables: Given,
    },
    /// It is not done.
    Never,
}

/// One thing that happens from outside, or that is expected.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: u32,
    pub(super) path: String,
    /// The process it is about.
    pub(super) process: Option<String>,
    /// It must be refused, with these words in the reason.
    pub(super) refused: Option<String>,
    pub(super) action: Action,
}

#[derive(Debug)]
pub(super) enum Action {
    Start { variables: Given, event: Option<String> },
    Complete { element_id: String, variables: Given, by: Option<String>, pick: Pick },
    Job { name: String, answer: Answer, pick: Pick },
    Message { name: String, key: Given, variables: Given, keep_ms: i64 },
    Signal { name: String, variables: Given },
    Wait { ms: i64 },
    Until { at: Timestamp },
    Call { process_id: String, answer: Answer, pick: Pick },
    Resolve { element_id: String, variables: Given, retries: Option<i32> },
    Set { variables: Given, element_id: Option<String>, is_local: bool },
    Cancel,
    Activate { element_ids: Vec<String>, within: String },
    Expect(Box<Expectation>),
}

/// Which one of several: the oldest one for which the condition holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Pick {
    pub(super) condition: Option<Expression>,
}

/// What is expected of an instance.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Expectation {
    pub(super) state: Option<InstanceState>,
    pub(super) completed: Option<Counts>,
    pub(super) terminated: Option<Counts>,
    pub(super) active: Option<Counts>,
    /// Elements that were never begun.
    pub(super) never: Vec<String>,
    /// Elements that completed in this order, others between them.
    pub(super) path: Vec<String>,
    pub(super) variables: Vec<(String, Test)>,
    pub(super) conditions: Vec<Expression>,
    pub(super) incidents: Option<Vec<ExpectedIncident>>,
    /// How many instances of processes there are.
    pub(super) instances: Vec<(String, usize)>,
}

impl Expectation {
    /// Whether nothing is said of any single instance.
    pub(super) fn is_about_instances_only(&self) -> bool {
        let others = Self { instances: Vec::new(), ..Self::default() };
        !self.instances.is_empty() && others == Self { instances: Vec::new(), ..self.clone() }
    }
}

/// Elements, how often each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Counts {
    /// Each at least as often as it is named.
    Named(Vec<String>),
    /// Each exactly so often.
    Exact(Vec<(String, usize)>),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ExpectedIncident {
    pub(super) element_id: String,
    /// Words in its message.
    pub(super) message: Option<String>,
}
