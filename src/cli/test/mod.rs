//! `flowstead test`: scenarios of processes, in memory and under a virtual clock, with no server.
//!
//! Must not know what a scenario may say nor how it is played: that is the core's.

mod coverage;
mod junit;
mod loading;
mod playing;
mod record;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Subcommand};

use crate::cli::outcome::{Failure, Outcome, REFUSED, UNREADABLE};
use crate::cli::output::print_json;

use coverage::Coverage;
use loading::load;
use playing::{WorkerOfTests, play_all};

/// What stands at the end of the help.
const FORM: &str = "A scenario file ends in .test.yaml:
  deploy: [order.bpmn, order.form]     # beside it; NAME.bpmn when not given
  jobs:                                # by element id or job type
    charge-card:
      - fail: no connection            # a list is used up one after the other
      - complete: { paid: true }       # also error: CODE, never: true, after: PT1H
  calls: { ship: { complete: {} } }    # called processes that are only played
  start: { process: order, variables: { total: \"= 3 * 40\" } }
  steps:                               # start, message, signal, complete, job, wait, until,
    - complete: check_order            # resolve, set, cancel, activate, expect
      variables: { ok: true }
    - message: packed
      key: A-17
    - wait: PT2D                       # timers that are due fire in their order
  expect:
    state: completed                   # also path, active, completed, terminated, never,
    variables: { total: \"= > 100\" }    # conditions, incidents, instances
Texts that begin with = are FEEL. A file may hold several scenarios under `scenarios`.";

/// The arguments.
#[derive(Debug, Args)]
#[command(after_help = FORM, args_conflicts_with_subcommands = true)]
pub(crate) struct Test {
    #[command(subcommand)]
    command: Option<Command>,
    /// Scenario files, or folders to look through; the current folder when not given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only scenarios with this in their name
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Write the results as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write a page that shows what was never reached
    #[arg(long, value_name = "DIR")]
    coverage: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What else can be done with scenarios.
#[derive(Debug, Subcommand)]
enum Command {
    /// Write a scenario from a finished instance of a server
    Record(record::Record),
}

impl Test {
    pub(crate) fn run(mut self) -> Outcome {
        if let Some(Command::Record(record)) = self.command {
            return record.run();
        }
        if self.paths.is_empty() {
            self.paths.push(PathBuf::from("."));
        }
        let began = Instant::now();
        let suites = load(&self.paths)?;
        let results = play_all(&suites, self.only.as_deref(), &WorkerOfTests);
        let elapsed = began.elapsed();
        let coverage = Coverage::measure(&suites, &results);
        if let Some(path) = &self.junit {
            write(path, &junit::render(&suites, &results, elapsed))?;
        }
        if let Some(folder) = &self.coverage {
            coverage.write(folder).map_err(|error| Failure::new(UNREADABLE, error))?;
        }
        if self.json {
            print_json(&report::json(&suites, &results, &coverage));
        } else {
            let is_thorough = self.coverage.is_some();
            report::print(&suites, &results, elapsed, &coverage, is_thorough);
        }
        let broken = suites.iter().filter(|suite| !suite.problems.is_empty()).count();
        let failed = results.iter().filter(|it| !it.verdict.failures.is_empty()).count();
        if results.is_empty() && broken == 0 {
            let message = "there is no scenario, expected files ending in .test.yaml";
            return Err(Failure::of(REFUSED, message));
        }
        let is_passed = broken + failed == 0;
        Ok(if is_passed { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) })
    }
}

fn write(path: &std::path::Path, content: &str) -> Result<(), Failure> {
    let written = std::fs::write(path, content);
    written.map_err(|error| {
        Failure::of(UNREADABLE, format!("can't write {}: {error}", path.display()))
    })
}
