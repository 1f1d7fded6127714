//! `flowstead signal`: broadcasts a signal on a server.
//!
//! Must not know who waits for it.

use clap::Args;
use serde_json::json;

use crate::cli::client::ServerFlags;
use crate::cli::listing::print_done;
use crate::cli::outcome::Outcome;
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
        let reached = data["instance_keys"].as_array().map_or(0, Vec::len);
        let message = format!("the signal {} reached {reached} instances", self.name);
        Ok(print_done(&data, self.server.json, &message))
    }
}
