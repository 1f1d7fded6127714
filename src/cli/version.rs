//! `flowstead version`: which program this is.
//!
//! Must not know any server.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::output::{print_json, print_line};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Version {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Version {
    pub(crate) fn run(&self) -> ExitCode {
        let version = env!("CARGO_PKG_VERSION");
        if self.json {
            print_json(&json!({ "version": version }));
        } else {
            print_line(&format!("flowstead {version}"));
        }
        ExitCode::SUCCESS
    }
}
