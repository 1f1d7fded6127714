//! `flowstead evaluate-conditions`: starts on a server what the conditions of start events ask for.
//!
//! Must not know which processes wait for conditions.

use clap::Args;
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::listing::print_done;
use crate::cli::outcome::Outcome;
use crate::cli::variables::{Variable, object};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct EvaluateConditions {
    /// Only this process
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// A variable that the conditions see and the instances get; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    #[command(flatten)]
    server: ServerFlags,
}

impl EvaluateConditions {
    pub(crate) fn run(self) -> Outcome {
        let mut body = json!({ "variables": object(self.variables) });
        if let Some(process_id) = self.process {
            body["process_id"] = process_id.into();
        }
        let data = self.server.client()?.post("/api/v1/conditions/evaluate", &body)?.data;
        let started = data["instances"].as_array().map_or(0, Vec::len);
        let message = format!("the conditions of {started} start events were met");
        Ok(print_done(&data, self.server.json, &message))
    }
}
