//! `flowstead instances`: process instances on a server.
//!
//! Must not know how they run.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use crate::cli::client::ServerFlags;
use crate::cli::listing::{print_done, print_list, print_thing, read_list};
use crate::cli::outcome::Outcome;
use crate::cli::output::{print_json, print_table};
use crate::cli::values::{count, key};
use crate::cli::variables::{Variable, object};
use crate::cli::{bulk, changes};

const WAIT_FIELDS: [&str; 6] = ["element", "kind", "waits_for", "since", "until", "released_by"];
const FIELDS: [&str; 7] =
    ["key", "process_id", "version", "state", "incidents", "places", "started_at"];

/// What can be done with instances.
#[derive(Debug, Subcommand)]
pub(crate) enum Instances {
    /// List instances, newest first
    List(List),
    /// Show an instance with its variables
    Show(One),
    /// Show what an instance waits for and what would release it
    Why(One),
    /// Go on with a copy of an instance from one of its turns; the original is kept
    Rewind(Rewind),
    /// Show where two instances differ
    Compare(Compare),
    /// End an instance and everything in it
    Cancel(One),
    /// Set variables of an instance
    Set(changes::Set),
    /// Begin, end and move elements of an instance
    Modify(changes::Modify),
    /// Let an instance go on in another version
    Migrate(changes::Migrate),
    /// Let an instance rest
    Suspend(One),
    /// Let a suspended instance go on
    Resume(One),
    /// Try again whatever raised the open incidents of an instance
    Retry(changes::Retry),
    /// Start another instance with the same start variables
    Restart(changes::Restart),
    /// Do something to many instances, tried dry first
    #[command(subcommand)]
    Bulk(bulk::Bulk),
}

/// The arguments of `instances list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only of this process
    #[arg(long, value_name = "ID")]
    process: Option<String>,
    /// Only in this state: active, suspended, stuck, completed or terminated
    #[arg(long)]
    state: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = count)]
    limit: u32,
    #[command(flatten)]
    server: ServerFlags,
}

/// The arguments of `instances rewind`.
#[derive(Debug, Args)]
pub(crate) struct Rewind {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    /// The last turn that the copy shares with it, from 1
    #[arg(long, value_name = "TURN")]
    to: i64,
    /// A variable to change; JSON, or else text
    #[arg(long = "var", value_name = "NAME=VALUE")]
    variables: Vec<Variable>,
    #[command(flatten)]
    server: ServerFlags,
}

/// The arguments of `instances compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Key of one instance
    #[arg(value_parser = key)]
    key: i64,
    /// Key of the other instance
    #[arg(value_parser = key)]
    with: i64,
    #[command(flatten)]
    server: ServerFlags,
}

/// An instance.
#[derive(Debug, Args)]
pub(crate) struct One {
    /// Key of the instance
    #[arg(value_parser = key)]
    key: i64,
    #[command(flatten)]
    server: ServerFlags,
}

impl Instances {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::List(list) => {
                let filter = [("process", list.process), ("state", list.state)];
                let mut client = list.server.client()?;
                let limit = list.limit as usize;
                let items = read_list(&mut client, "/api/v1/process-instances", &filter, limit)?;
                Ok(print_list(&items, list.server.json, &FIELDS))
            }
            Self::Show(one) => {
                let mut client = one.server.client()?;
                let path = format!("/api/v1/process-instances/{}", one.key);
                let mut data = client.get(&path, &[])?.data;
                let scopes = client.get(&format!("{path}/variables"), &[])?.data;
                data["variables"] = scopes[0]["variables"].clone();
                Ok(print_thing(&data, one.server.json))
            }
            Self::Why(One { key, server }) => {
                let path = format!("/api/v1/process-instances/{key}/waiting");
                let data = server.client()?.get(&path, &[])?.data;
                let waits = data.as_array().cloned().unwrap_or_default();
                Ok(print_list(&waits, server.json, &WAIT_FIELDS))
            }
            Self::Rewind(rewind) => rewind.run(),
            Self::Compare(compare) => compare.run(),
            Self::Cancel(one) => one.post("cancel", "canceled"),
            Self::Suspend(one) => one.post("suspend", "suspended"),
            Self::Resume(one) => one.post("resume", "resumed"),
            Self::Set(it) => it.run(),
            Self::Modify(it) => it.run(),
            Self::Migrate(it) => it.run(),
            Self::Retry(it) => it.run(),
            Self::Restart(it) => it.run(),
            Self::Bulk(it) => it.run(),
        }
    }
}

impl One {
    fn post(self, what: &str, done: &str) -> Outcome {
        let Self { key, server } = self;
        let path = format!("/api/v1/process-instances/{key}/{what}");
        let data = server.client()?.post(&path, &json!({}))?.data;
        Ok(print_done(&data, server.json, &format!("{done} instance {key}")))
    }
}

impl Rewind {
    fn run(self) -> Outcome {
        let path = format!("/api/v1/process-instances/{}/rewind", self.key);
        let body = json!({ "turn": self.to, "variables": object(self.variables) });
        let data = self.server.client()?.post(&path, &body)?.data;
        let copy = data["key"].as_str().unwrap_or_default();
        let message = format!("instance {copy} goes on from turn {} of {}", self.to, self.key);
        Ok(print_done(&data, self.server.json, &message))
    }
}

impl Compare {
    fn run(self) -> Outcome {
        let path = format!("/api/v1/process-instances/{}/compare", self.key);
        let query = [("with", self.with.to_string())];
        let data = self.server.client()?.get(&path, &query)?.data;
        if self.server.json {
            print_json(&data);
            return Ok(ExitCode::SUCCESS);
        }
        let (first, second) = (self.key.to_string(), self.with.to_string());
        let rows = |list: &str, id: &str, pair: &str| -> Vec<Vec<String>> {
            let items = data[list].as_array().cloned().unwrap_or_default();
            let cell = |value: &Json| if value.is_null() { "-".into() } else { value.to_string() };
            let row = |it: &Json| {
                let name = it[id].as_str().unwrap_or_default().to_owned();
                vec![name, cell(&it[pair][0]), cell(&it[pair][1])]
            };
            items.iter().map(row).collect()
        };
        print_table(&["times begun", &first, &second], &rows("elements", "name", "times"));
        print_table(&["variable", &first, &second], &rows("variables", "name", "values"));
        Ok(ExitCode::SUCCESS)
    }
}
