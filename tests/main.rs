//! The only test binary. Each module is one area; a test in `tidy` checks that none is forgotten.
//!
//! The feature `all-suites` adds suites that have not been run at this state of the program: the
//! command line, the connectors, the instance pages and a browser. It goes once they pass.

mod bpmn;
#[cfg(feature = "all-suites")]
mod browser;
#[cfg(feature = "all-suites")]
mod cli;
#[cfg(feature = "all-suites")]
mod connectors;
mod crash;
mod dmn;
mod engine;
mod feel;
mod files;
mod forms;

mod http;
mod identity;
mod instances;
mod jobs;
mod pages;
mod platform;
mod search;
mod simulation;
mod store;
mod support;
mod tasks;
mod tidy;
