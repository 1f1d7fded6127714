//! `flowstead signal`: broadcasts a signal on a server.
//!
//! Must not know who waits for it.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_line};
use crate::cli::variables::{Variable, object};

/// The arguments.
#[derive(Debug, Args)]
pub(crate) struct Signal {
    /// Name of the signal, as in the model
    name: String,
    /// A variable that the signal carries; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    #[command(flatten)]
    server: ServerFlags,
}

impl Signal {
    pub(crate) fn run(self) -> Outcome {
        let body = json!({ "name": self.name, "variables": object(self.variables) });
        let data = self.server.client()?.post("/api/v1/signals", &body)?.data;
        if self.server.json {
            print_json(&data);
        } else {
            let reached = data["instance_keys"].as_array().map_or(0, Vec::len);
            print_line(&format!("the signal {} reached {reached} instances", self.name));
        }
        Ok(ExitCode::SUCCESS)
    }
}
