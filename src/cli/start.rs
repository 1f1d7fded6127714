//! `flowstead start`: starts an instance of a process on a server.
//!
//! Must not know what the process does.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_line};
use crate::cli::values::version;
use crate::cli::variables::{Variable, object};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// Id of the process
    process_id: String,
    /// A version; the latest when not given
    #[arg(long, value_parser = version)]
    version: Option<i64>,
    /// A variable to start with; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Start {
    pub(crate) fn run(self) -> Outcome {
        let mut body =
            json!({ "process_id": self.process_id, "variables": object(self.variables) });
        if let Some(version) = self.version {
            body["version"] = version.into();
        }
        let data = self.server.client()?.post("/api/v1/process-instances", &body)?.data;
        if self.server.json {
            print_json(&data);
        } else {
            let key = data["key"].as_str().unwrap_or_default();
            let (id, version) = (data["process_id"].as_str().unwrap_or_default(), &data["version"]);
            print_line(&format!("started instance {key} of {id} version {version}"));
        }
        Ok(ExitCode::SUCCESS)
    }
}
