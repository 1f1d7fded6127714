//! `flowstead decisions`: what is deployed to decide on a server, and deciding.
//!
//! Must not know how a decision is made.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::cli::client::ServerFlags;
use crate::cli::files::read_text;
use crate::cli::listing::{print_list, read_list};
use crate::cli::outcome::{Failure, Outcome, REFUSED};
use crate::cli::output::print_json;
use crate::cli::values::{count, version};
use crate::cli::variables::{Variable, object};

const FIELDS: [&str; 6] = ["decision_id", "name", "version", "version_tag", "kind", "deployed_at"];

/// What can be done with decisions.
#[derive(Debug, Subcommand)]
pub(crate) enum Decisions {
    /// List decisions, each by its latest version
    List(List),
    /// Evaluate a decision and print what it decides as JSON
    Evaluate(Evaluate),
}

/// The arguments of `decisions list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only with these words in the id or the name
    #[arg(long, value_name = "WORDS")]
    search: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = count)]
    limit: u32,
    #[command(flatten)]
    server: ServerFlags,
}

/// The arguments of `decisions evaluate`.
#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    /// Id of the decision
    #[arg(value_name = "ID")]
    decision_id: String,
    /// An input, such as amount=50; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    /// A file with a JSON object of inputs
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// A version other than the latest
    #[arg(long, value_parser = version)]
    version: Option<i64>,
    /// Print the whole evaluation, with the rules that matched
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    server: ServerFlags,
}

impl Decisions {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::List(list) => {
                let mut client = list.server.client()?;
                let (filter, limit) = ([("search", list.search)], list.limit as usize);
                let items = read_list(&mut client, "/api/v1/decisions", &filter, limit)?;
                Ok(print_list(&items, list.server.json, &FIELDS))
            }
            Self::Evaluate(evaluate) => evaluate.run(),
        }
    }
}

impl Evaluate {
    fn run(self) -> Outcome {
        let mut variables = match &self.context {
            Some(path) => inputs(path)?,
            None => serde_json::Map::new(),
        };
        variables.extend(object(self.variables));
        let id: String = form_urlencoded::byte_serialize(self.decision_id.as_bytes()).collect();
        let path = format!("/api/v1/decisions/{}/evaluate", id.replace('+', "%20"));
        let body = json!({ "version": self.version, "variables": variables });
        let data = self.server.client()?.post(&path, &body)?.data;
        if self.trace || self.server.json {
            print_json(&data);
        } else if let Json::String(why) = &data["failure"] {
            return Err(Failure::of(REFUSED, why));
        } else {
            print_json(&data["output"]);
        }
        Ok(std::process::ExitCode::SUCCESS)
    }
}

fn inputs(path: &std::path::Path) -> Result<serde_json::Map<String, Json>, Failure> {
    let text = read_text(path)?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::of(REFUSED, format!("{}: expected a JSON object: {error}", path.display()))
    })
}
