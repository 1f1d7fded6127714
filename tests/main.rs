//! The only test binary. Each module is one area; a test in `tidy` checks that none is forgotten.

mod bpmn;
mod browser;
mod cli;
mod connectors;
mod crash;
mod decisions;
mod dmn;
mod elements;
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
