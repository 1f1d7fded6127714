//! The only test binary. Each module is one area; a test in `tidy` checks that none is forgotten.
//!
//! The feature `all-suites` adds those that drive the command line, the connectors and a browser.

mod bpmn;
#[cfg(feature = "all-suites")]
mod browser;
#[cfg(feature = "all-suites")]
mod cli;
#[cfg(feature = "all-suites")]
mod connectors;
mod crash;
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
